"""The back-office for coordinators: selection in two steps, moved bookings, saved views, and shortcuts."""

import re
from typing import Any

from playwright.sync_api import Page, Route, expect

from tests.e2e.conftest import Open
from tests.e2e.office import COORDINATOR, Api
from tests.e2e.test_pages import OVERFLOW, PICTURES, SIZES, barriers
from tests.e2e.test_recommend import path_of

JOBS, ASSIGNMENTS = "/admin/jobs/job/", "/admin/assignments/assignment/"
FOCUSED = "document.activeElement.closest('article')?.getAttribute('aria-label') ?? document.activeElement.id"


def card(page: Page, rank: int) -> Any:
    return page.get_by_role("article", name=f"Rank {rank}:")


def look(page: Page, name: str) -> None:
    """Save a screenshot of a state and check its accessibility."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=PICTURES / f"office-{name}.png")
    assert barriers(page) == []


class TestChoosing:
    def test_asks_before_it_assigns_and_can_be_left(self, visit: Open, api: Api, job: Any) -> None:
        page = visit(path_of(job), COORDINATOR)
        second = card(page, 2)
        second.locator(".slots label").nth(1).click()
        second.get_by_role("button", name="Assign").click()
        second.get_by_label("Why not the first of the ranking?").fill("Has the key")
        confirm = second.get_by_role("button", name="Confirm")
        look(page, "confirm")
        page.keyboard.press("Escape")
        expect(second.get_by_role("button", name="Assign")).to_be_focused()
        assert api.bookings(job) == []

        second.get_by_role("button", name="Assign").click()
        expect(confirm).to_be_focused()
        second.get_by_label("Why not the first of the ranking?").press("Enter")
        page.wait_for_url("**/assignments/assignment/**")
        expect(page.get_by_text("Reason for this choice: Has the key")).to_be_visible()
        (booking,) = api.bookings(job)
        assert booking["rank"] == 2
        assert booking["override_reason"] == "Has the key"

    def test_without_scripts_the_question_is_a_page(self, visit: Open, api: Api, job: Any) -> None:
        page = visit(path_of(job), COORDINATOR)
        page.route("**/selection.js", lambda route: route.abort())
        page.reload()
        card(page, 1).get_by_role("button", name="Assign").click()
        expect(page.get_by_role("button", name="Confirm")).to_be_visible()
        look(page, "confirm-page")
        assert api.bookings(job) == []
        page.get_by_role("button", name="Confirm").click()
        page.wait_for_url("**/assignments/assignment/**")
        assert len(api.bookings(job)) == 1

    def test_another_question_changes_the_ranking_in_place_and_back_brings_the_first(
        self, visit: Open, job: Any
    ) -> None:
        page = visit(path_of(job), COORDINATOR)
        count = page.get_by_role("article").count()
        page.evaluate("window.mark = 'the same page'")
        results = page.get_by_label("Results")
        results.fill("1")
        results.press("Tab")
        page.wait_for_url("**max_results=1*")
        expect(page.get_by_role("article")).to_have_count(1)
        expect(page.locator("#ranking-status")).to_contain_text("1 candidate: ")
        assert page.evaluate("window.mark") == "the same page"
        page.reload()
        expect(page.get_by_role("article")).to_have_count(1)  # the address says it all
        page.go_back()
        expect(page.get_by_role("article")).to_have_count(count)
        expect(page.get_by_label("Results")).not_to_have_value("1")

    def test_a_lost_line_is_told_and_the_ranking_stays(self, visit: Open, job: Any) -> None:
        page = visit(path_of(job), COORDINATOR)
        count = page.get_by_role("article").count()

        def cut(route: Route) -> None:
            route.abort("connectionfailed")

        page.route("**max_results=3*", cut)
        page.get_by_label("Results").fill("3")
        page.get_by_label("Results").press("Tab")
        expect(page.get_by_role("alert")).to_contain_text("could not be updated")
        expect(page.get_by_role("article")).to_have_count(count)

    def test_whom_one_means_while_one_types(self, visit: Open, api: Api, job: Any) -> None:
        last = api.candidates(job)[-1]["contractor"]
        page = visit(path_of(job), COORDINATOR)
        field = page.get_by_role("combobox", name="Why not this contractor?")
        field.press_sequentially(last["name"][:-1])
        option = page.locator(f"[role=option][data-contractor='{last['id']}']")
        expect(option).to_be_visible()
        look(page, "people")
        while option.get_attribute("aria-selected") != "true":
            field.press("ArrowDown")
        assert field.get_attribute("aria-activedescendant") == option.get_attribute("id")
        field.press("Enter")
        page.wait_for_url(f"**contractor={last['id']}*")
        answer = page.get_by_role("region", name="Why not this contractor?")
        expect(answer).to_contain_text(f"{last['name']} can take this job")
        expect(field).to_be_focused()
        answer.get_by_role("button", name="Assign").click()
        answer.get_by_role("button", name="Confirm").click()
        page.wait_for_url("**/assignments/assignment/**")
        assert api.bookings(job)[0]["contractor"] == last["id"]


class TestTwoCoordinators:
    def test_the_second_is_told_who_was_faster(self, visit: Open, api: Api, job: Any) -> None:
        page = visit(path_of(job), COORDINATOR)
        card(page, 2).get_by_role("button", name="Assign").click()
        booking = api.assign_best(job)
        card(page, 2).get_by_role("button", name="Confirm").click()
        message = page.get_by_text("Not assigned.")
        expect(message).to_contain_text(f"assigned {job['job_number']} to {booking['contractor_name']}")
        expect(message).to_contain_text("just now")
        page.get_by_role("link", name="Open the assignment").first.click()
        page.wait_for_url(f"**/assignments/assignment/{booking['id']}/change/")
        assert api.bookings(job) == [booking]

    def test_so_is_who_reassigns_second(self, visit: Open, api: Api, job: Any) -> None:
        booking = api.assign_best(job)
        page = visit(f"{ASSIGNMENTS}{booking['id']}/reassign/", COORDINATOR)
        last = page.get_by_role("article").last
        taken = {booking["contractor_name"], last.get_by_role("heading").inner_text()}
        other = next(candidate for candidate in api.candidates(job) if candidate["contractor"]["name"] not in taken)
        last.get_by_role("button", name="Reassign to").click()
        start = other["available_time_slots"][0]["start"]
        new = api.post(f"assignments/{booking['id']}/reassign/", contractor=other["contractor"]["id"], start=start)
        last.get_by_role("button", name="Confirm").click()
        expect(page.get_by_text(f"assigned {job['job_number']} to {new['contractor_name']}")).to_be_visible()
        live = [row["id"] for row in api.bookings(job) if row["status"] == "pending"]
        assert live == [new["id"]]


class TestMoving:
    def test_reassigns_from_the_job_to_a_ranked_contractor_and_returns(self, visit: Open, api: Api, job: Any) -> None:
        booking = api.assign_best(job)
        page = visit(f"{JOBS}{job['id']}/change/", COORDINATOR)
        page.get_by_role("link", name="Reassign").click()
        expect(page.get_by_text(f"{booking['contractor_name']}, the current contractor")).to_be_visible()
        expect(page.get_by_role("article", name=booking["contractor_name"])).to_have_count(0)
        best = page.get_by_role("article").first
        name = best.get_by_role("heading").inner_text()
        look(page, "reassign")
        best.get_by_role("button", name=f"Reassign to {name}").click()
        best.get_by_role("button", name="Confirm").click()
        page.wait_for_url(f"**{JOBS}{job['id']}/change/")
        expect(page.get_by_text(f"{job['job_number']} is reassigned to {name}")).to_be_visible()
        assert {row["status"] for row in api.bookings(job)} == {"pending", "cancelled"}

    def test_reschedules_to_a_slot_of_another_day(self, visit: Open, api: Api, job: Any) -> None:
        booking = api.assign_best(job)
        page = visit(f"{ASSIGNMENTS}{booking['id']}/reschedule/", COORDINATOR)
        days = page.get_by_role("navigation", name="Days")
        free = days.get_by_role("link").filter(has_text=re.compile(r"\d free")).filter(has_not_text="now").first
        free.click()
        page.wait_for_url("**day=*")
        expect(page.locator("#ranking-status")).to_contain_text("free")
        look(page, "reschedule")
        slot = page.locator("#ranking .slots label").first
        hours = slot.inner_text()
        slot.click()
        page.get_by_role("button", name="Reschedule").click()
        expect(page.locator(".confirm-step")).to_contain_text(hours)
        page.get_by_role("button", name="Confirm").click()
        page.wait_for_url(f"**{booking['id']}/change/")
        expect(page.get_by_text("is rescheduled")).to_contain_text(hours)
        (moved,) = api.bookings(job)
        assert moved["time_slot"] != booking["time_slot"]


class TestLists:
    def test_a_view_of_ones_own(self, visit: Open) -> None:
        page = visit(f"{JOBS}?status__exact=open&priority__exact=urgent", COORDINATOR)
        page.get_by_text("Save this view").click()
        page.get_by_label("Name of the view").fill("Urgent and open")
        page.get_by_role("button", name="Save", exact=True).click()
        expect(page.get_by_text("The view “Urgent and open” was saved.")).to_be_visible()
        page.goto(JOBS)
        look(page, "views")
        page.get_by_role("link", name="Urgent and open").click()
        page.wait_for_url("**priority__exact=urgent*")
        expect(page.get_by_role("link", name="Urgent and open")).to_have_attribute("aria-current", "page")
        page.get_by_text("Rename or delete").click()
        page.get_by_role("button", name="Delete").click()
        expect(page.get_by_role("link", name="Urgent and open")).to_have_count(0)

    def test_from_day_to_day_with_the_keyboard(self, visit: Open, api: Api, job: Any) -> None:
        day = job["desired_date"][:10]
        page = visit(JOBS, COORDINATOR)
        page.get_by_role("button", name="Filters").press("Enter")
        range_of = page.get_by_role("group", name="By desired dates, from and to")
        range_of.get_by_label("From").fill(day)
        range_of.get_by_label("To").fill(day)
        look(page, "days")
        range_of.get_by_label("To").press("Enter")
        page.wait_for_url(f"**desired_from={day}&desired_to={day}*")
        expect(page.get_by_text(job["job_number"])).to_be_visible()
        page.goto(f"{JOBS}?desired_to=2020-01-01")
        expect(page.get_by_text(job["job_number"])).to_have_count(0)

    def test_many_at_once_are_told_of_row_by_row(self, visit: Open, api: Api, job: Any) -> None:
        booking = api.assign_best(job)
        page = visit(f"{ASSIGNMENTS}?q={job['job_number']}", COORDINATOR)
        for expected in ("Confirmed: 1.", "Failed: 1."):
            page.locator("input.action-select").first.check()
            page.locator("select[name=action]").select_option("confirm_selected")
            page.get_by_role("button", name="Run").click()
            expect(page.get_by_text(expected)).to_be_visible()
        row = page.get_by_role("row").filter(has_text="cannot become confirmed")
        expect(row).to_contain_text("You confirmed the booking")
        look(page, "outcomes")
        row.get_by_role("link", name=job["job_number"]).click()
        page.wait_for_url(f"**/{booking['id']}/change/")


class TestKeys:
    def test_go_everywhere(self, visit: Open) -> None:
        page = visit("/admin/", COORDINATOR)
        for key, path in (("j", JOBS), ("a", ASSIGNMENTS), ("c", "/admin/contractors/contractor/"), ("h", "/admin/")):
            page.keyboard.press("g")
            page.keyboard.press(key)
            page.wait_for_url(f"**{path}")

    def test_a_new_job_from_everywhere(self, visit: Open) -> None:
        for path in ("/", "/admin/", "/admin/contractors/contractor/"):
            page = visit(path, COORDINATOR)
            expect(page.get_by_role("link", name="New job")).to_be_visible()
            page.keyboard.press("n")
            page.wait_for_url(f"**{JOBS}add/")

    def test_a_new_record_of_the_list(self, visit: Open) -> None:
        page = visit("/admin/contractors/contractor/", COORDINATOR)
        page.keyboard.press("Shift+N")
        page.wait_for_url("**/admin/contractors/contractor/add/")

    def test_pick_and_assign_a_candidate(self, visit: Open, api: Api, job: Any) -> None:
        page = visit(path_of(job), COORDINATOR)
        page.keyboard.press("2")
        assert page.evaluate(FOCUSED).startswith("Rank 2:")
        page.keyboard.press("a")
        expect(card(page, 2).get_by_role("button", name="Confirm")).to_be_focused()
        page.keyboard.press("Enter")
        page.wait_for_url("**/assignments/assignment/**")
        assert api.bookings(job)[0]["rank"] == 2

    def test_are_only_letters_where_one_types(self, visit: Open, job: Any) -> None:
        page = visit(path_of(job), COORDINATOR)
        page.keyboard.press("w")
        page.keyboard.type("ga?2n/")
        expect(page.get_by_role("combobox", name="Why not this contractor?")).to_have_value("ga?2n/")
        assert path_of(job) in page.url
        expect(page.get_by_role("dialog")).to_have_count(0)

    def test_are_listed_and_can_be_switched_off(self, visit: Open) -> None:
        page = visit(JOBS, COORDINATOR)
        page.keyboard.press("?")
        dialog = page.get_by_role("dialog", name="Keyboard shortcuts")
        expect(dialog).to_be_visible()
        look(page, "keys")
        dialog.get_by_role("checkbox").uncheck()
        page.keyboard.press("Escape")
        expect(dialog).to_be_hidden()
        page.reload()
        for key in ("?", "/", "n"):
            page.keyboard.press(key)
        expect(dialog).to_be_hidden()
        assert page.url.endswith(JOBS)
        assert page.evaluate("document.activeElement === document.body")
        # They come back by the same way, which needs no key.
        page.locator("summary", has_text="More").click()
        page.get_by_role("link", name="Keyboard shortcuts").click()
        dialog.get_by_role("checkbox").check()
        dialog.get_by_role("button", name="Close").click()
        page.keyboard.press("/")
        assert page.evaluate("document.activeElement.id") == "find"


def test_the_second_step_fits_a_telephone(visit: Open, job: Any) -> None:
    page = visit(path_of(job), COORDINATOR, viewport=SIZES["telephone"])
    card(page, 1).get_by_role("button", name="Assign").click()
    expect(card(page, 1).get_by_role("button", name="Confirm")).to_be_visible()
    assert page.evaluate(OVERFLOW) <= 0
    look(page, "confirm-telephone")
