"""The Recommend page of a job: candidates, reasons of other contractors, and one booking after repeated requests."""

from typing import Any

from playwright.sync_api import Page, Route, expect

from tests.e2e.conftest import Open
from tests.e2e.office import COORDINATOR, NONE_OF_A_NAME, Api


def path_of(job: Any) -> str:
    return f"/admin/jobs/job/{job['id']}/recommend/"


def ask(page: Page, words: str) -> None:
    """Ask about a contractor with the keyboard."""
    field = page.get_by_role("combobox", name="Why not this contractor?")
    field.fill(words)
    field.press("Enter")
    page.wait_for_url("**q=*")


def lose_the_answer(route: Route) -> None:
    """The server gets the request; its answer never arrives."""
    route.fetch(max_redirects=0)
    route.abort("aborted")


class TestWhyNot:
    def test_names_the_rules_that_fail(self, visit: Open, api: Api, job: Any) -> None:
        others = api.listed("contractors/", status="active")
        other = next(contractor for contractor in others if contractor["type"] not in {job["type"], "multi"})
        reasons = api.get(f"jobs/{job['id']}/recommendations/{other['id']}/")["reasons"]
        assert "wrong-type" in [reason["code"].replace("_", "-") for reason in reasons]

        page = visit(path_of(job), COORDINATOR)
        ask(page, other["email"])
        answer = page.get_by_role("region", name="Why not this contractor?")
        expect(answer.get_by_role("heading")).to_have_text(f"Why not {other['name']}?")
        expect(answer.get_by_role("listitem")).to_have_count(len(reasons))
        for reason in reasons:
            expect(answer).to_contain_text(reason["message"])
        expect(answer.get_by_role("button")).to_have_count(0)
        expect(page.get_by_role("article", name="Rank 1:")).to_be_visible()  # the ranking stays

    def test_gives_the_rank_of_one_who_can(self, visit: Open, api: Api, job: Any) -> None:
        second = api.candidates(job)[1]["contractor"]
        page = visit(path_of(job), COORDINATOR)
        ask(page, api.get(f"contractors/{second['id']}/")["email"])
        answer = page.get_by_role("region", name="Why not this contractor?")
        expect(answer).to_contain_text(f"{second['name']} can take this job")
        expect(answer.get_by_role("article", name=f"Rank 2: {second['name']}")).to_be_visible()

    def test_says_that_no_contractor_has_that_name(self, visit: Open, job: Any) -> None:
        page = visit(path_of(job), COORDINATOR)
        ask(page, NONE_OF_A_NAME)
        expect(page.get_by_text("No contractor has this name or email address.")).to_be_visible()


class TestAssign:
    def test_a_double_click_is_one_booking_and_back_does_not_offer_another(
        self, visit: Open, api: Api, job: Any
    ) -> None:
        page = visit(path_of(job), COORDINATOR)
        page.get_by_role("button", name="Assign").first.dblclick()
        expect(page.get_by_role("button", name="Confirm")).to_be_visible()
        assert api.bookings(job) == []  # its second half is no answer to the question
        page.get_by_role("button", name="Confirm").dblclick()
        page.wait_for_url("**/assignments/assignment/**")
        (booking,) = api.bookings(job)
        expect(page.get_by_role("heading", level=1)).to_contain_text(booking["contractor_name"])

        page.go_back()
        expect(page.get_by_role("link", name="Open the assignment")).to_be_visible()
        expect(page.get_by_text(f"This job is assigned: {booking['contractor_name']}")).to_be_visible()
        expect(page.get_by_role("article")).to_have_count(0)
        expect(page.get_by_role("button", name="Assign")).to_have_count(0)
        page.get_by_role("link", name="Open the assignment").click()
        page.wait_for_url(f"**/assignments/assignment/{booking['id']}/change/")

    def test_a_second_click_when_the_first_answer_was_lost_leads_to_the_booking(
        self, visit: Open, api: Api, job: Any
    ) -> None:
        page = visit(path_of(job), COORDINATOR)
        page.get_by_role("button", name="Assign").first.click()
        page.route("**/recommend/", lose_the_answer, times=1)
        with page.expect_event("requestfailed"):
            page.get_by_role("button", name="Confirm").click(no_wait_after=True)
        (booking,) = api.bookings(job)
        page.get_by_role("button", name="Confirm").click()
        page.wait_for_url(f"**/assignments/assignment/{booking['id']}/change/")
        expect(page.get_by_text("has already been assigned this way")).to_be_visible()
        assert api.bookings(job) == [booking]

    def test_the_same_choice_in_a_second_tab_leads_to_the_booking(self, visit: Open, api: Api, job: Any) -> None:
        first = visit(path_of(job), COORDINATOR)
        second = first.context.new_page()
        second.goto(path_of(job))
        for tab in (first, second):
            tab.get_by_role("button", name="Assign").first.click()
            tab.get_by_role("button", name="Confirm").click()
            tab.wait_for_url("**/assignments/assignment/**")
        expect(second.get_by_text("has already been assigned this way")).to_be_visible()
        assert len(api.bookings(job)) == 1

    def test_another_choice_in_a_second_tab_is_refused_and_changes_nothing(
        self, visit: Open, api: Api, job: Any
    ) -> None:
        first = visit(path_of(job), COORDINATOR)
        second = first.context.new_page()
        second.goto(path_of(job))
        first.get_by_role("article", name="Rank 1:").get_by_role("button", name="Assign").click()
        first.get_by_role("button", name="Confirm").click()
        first.wait_for_url("**/assignments/assignment/**")
        (booking,) = api.bookings(job)

        second.get_by_role("article", name="Rank 2:").get_by_role("button", name="Assign").click()
        second.get_by_role("button", name="Confirm").click()
        expect(second.get_by_text("Not assigned.")).to_be_visible()
        expect(second.get_by_role("link", name="Open the assignment").first).to_be_visible()
        assert api.bookings(job) == [booking]
