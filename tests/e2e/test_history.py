"""A change of a job appears in its history and in the history of all records."""

import re
from typing import Any

from playwright.sync_api import Page, expect

from tests.e2e.conftest import Open
from tests.e2e.office import ADMINISTRATOR, COORDINATOR, MANAGER


def newest(page: Page) -> Any:
    return page.locator(".history > li").first


def test_a_change_is_found_with_who_and_from_what_to_what(visit: Open, job: Any) -> None:
    page = visit(f"/admin/jobs/job/{job['id']}/change/", COORDINATOR)
    page.get_by_label("Special requirements").fill("Mind the <b>dog</b>")
    page.get_by_role("button", name="Save and continue editing").click()
    page.locator(f"a[href^='/admin/jobs/job/{job['id']}/history/']").first.click()
    expect(page.get_by_role("heading", name="History")).to_be_visible()
    expect(newest(page)).to_contain_text("Casey Coordinator")
    expect(newest(page)).to_contain_text("in the back office")
    expect(newest(page).locator(".history-lines")).to_contain_text("– → to Mind the <b>dog</b>")
    newest(page).get_by_text("details").click()
    expect(newest(page)).to_contain_text(f"POST /admin/jobs/job/{job['id']}/change/")
    expect(page.locator(".history > li").last).to_contain_text("through the API")

    page.get_by_role("link", name="Search this history").click()
    expect(page.get_by_text(f"Only {job['job_number']}")).to_be_visible()
    page.get_by_label("Field").select_option(label="Special requirements")
    page.get_by_role("button", name="Show").click()
    expect(page.locator(".history > li")).to_have_count(1)
    page.get_by_label("Action").select_option(label="Deleted")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_text("No changes match these filters.")).to_be_visible()
    page.go_back()
    expect(page.locator(".history > li")).to_have_count(1)
    page.get_by_role("link", name="Clear").click()
    expect(page).to_have_url(re.compile(r"/admin/history/$"))


def test_pages_of_fifty(visit: Open) -> None:
    page = visit("/admin/history/", MANAGER)
    first = newest(page).inner_text()
    page.get_by_role("link", name="Older").click()
    expect(page.get_by_role("link", name="Newest")).to_be_visible()
    assert newest(page).inner_text() != first
    page.get_by_role("link", name="Newest").click()
    expect(newest(page)).to_contain_text(first.splitlines()[0])


def test_accounts_are_in_it_for_administrators_alone(visit: Open) -> None:
    for email, offered in ((ADMINISTRATOR, 1), (COORDINATOR, 0)):
        page = visit("/admin/history/", email)
        expect(page.get_by_label("Records").locator("option", has_text="Users")).to_have_count(offered)
