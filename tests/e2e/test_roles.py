"""Forbidden actions are hidden and rejected, by role."""

from typing import Any

from playwright.sync_api import Page, expect

from tests.e2e.conftest import Open
from tests.e2e.office import ADMINISTRATOR, COORDINATOR, MANAGER, Api
from tests.e2e.test_recommend import path_of

USERS = "/admin/accounts/user/"
# What the page's own form would send, had it a button.
SEND_THE_FORM = """async () => {
  const form = document.querySelector("article form[data-asks]");
  const data = new FormData(form);
  data.set("start", form.querySelector("input[name=start]").value);
  data.set("confirmed", "1");
  return (await fetch(form.action, { method: "POST", body: data })).status;
}"""


def users_link(page: Page) -> Any:
    return page.locator(f"a[href='{USERS}']")


def status(page: Page, path: str) -> int | None:
    answer = page.goto(path)
    return answer.status if answer else None


def test_a_manager_sees_the_ranking_but_cannot_assign(visit: Open, api: Api, job: Any) -> None:
    page = visit(path_of(job), MANAGER)
    expect(page.get_by_role("article", name="Rank 1:")).to_be_visible()
    expect(page.get_by_role("button", name="Assign")).to_have_count(0)
    assert page.evaluate(SEND_THE_FORM) == 403
    assert api.bookings(job) == []
    assert api.job(job["id"])["status"] == "open"


def test_the_same_request_books_for_a_coordinator(visit: Open, api: Api, job: Any) -> None:
    page = visit(path_of(job), COORDINATOR)
    assert page.evaluate(SEND_THE_FORM) == 200
    assert len(api.bookings(job)) == 1


def test_users_are_shown_to_administrators_alone(visit: Open) -> None:
    administrator = visit("/admin/", ADMINISTRATOR)
    expect(users_link(administrator).first).to_be_attached()
    assert status(administrator, USERS) == 200
    for email in (COORDINATOR, MANAGER):
        page = visit("/admin/", email)
        expect(page.get_by_role("link", name="Contractors").first).to_be_attached()
        expect(users_link(page)).to_have_count(0)
        assert status(page, USERS) == 403
        expect(page.get_by_text(ADMINISTRATOR)).to_have_count(0)
