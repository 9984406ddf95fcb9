"""A coordinator's morning: open tasks, an urgent assignment, and a contractor on sick leave."""

from typing import Any

from playwright.sync_api import Page, expect

from tests.e2e.conftest import Open
from tests.e2e.office import COORDINATOR, MANAGER, Api
from tests.e2e.test_pages import PICTURES, barriers
from tests.e2e.test_recommend import path_of


def matter(page: Page, title: str) -> Any:
    return page.get_by_role("region", name=title)


def test_an_urgent_job_is_found_at_home_and_assigned(visit: Open, api: Api, job: Any) -> None:
    page = visit("/admin/", COORDINATOR)
    urgent = matter(page, "Urgent jobs without a contractor")
    expect(urgent).to_be_visible()
    urgent.get_by_role("link", name="Urgent jobs without a contractor").click()
    page.get_by_role("link", name=job["job_number"]).first.click()
    page.get_by_role("link", name="Recommend").first.click()
    page.wait_for_url(f"**{path_of(job)}")
    page.get_by_role("article", name="Rank 1:").get_by_role("button", name="Assign").click()
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_text(f"{job['job_number']} is assigned to")).to_be_visible()
    assert api.job(job["id"])["status"] == "assigned"


def test_a_contractor_calls_in_sick(visit: Open, api: Api, job: Any) -> None:
    booking = api.assign_best(job)
    slot, name = booking["time_slot"], booking["contractor_name"]
    api.post(f"contractors/{booking['contractor']}/absences/", start=slot["start"], end=slot["end"], kind="sickness")

    page = visit("/admin/", COORDINATOR)
    conflicts = matter(page, "Bookings with conflicts")
    expect(conflicts).to_contain_text("is absent at that time.")
    assert barriers(page) == []
    PICTURES.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=PICTURES / "home-with-a-conflict.png", full_page=True)
    # Home lists the first conflicts only, and the demo data has some, also of contractors whom this test books.
    conflicts.get_by_role("link", name="Bookings with conflicts").click()
    page.wait_for_url("**/assignments/assignment/?**")
    all_conflicts = page.url
    row = page.get_by_role("row").filter(has_text=job["job_number"])
    row.get_by_role("link").first.click()
    expect(page.get_by_text(f"{name} is absent at that time.").first).to_be_visible()

    page.goto(f"/#job-{job['id']}")
    best = page.locator(f"[data-candidate]:not([data-candidate='{booking['contractor']}'])").first
    other, contractor = best.get_by_role("heading").inner_text(), best.get_attribute("data-candidate")
    best.get_by_role("button", name=f"Reassign {other}").click()
    question = page.get_by_role("dialog")
    expect(question.or_(page.locator(".toast")).first).to_be_visible()
    if question.is_visible():  # the contractor who is ill ranks first at another time; the reason is optional
        page.keyboard.press("Enter")
    expect(page.locator(".toast")).to_contain_text(f"{job['job_number']} was reassigned to {other}.")
    live = [row["contractor"] for row in api.bookings(job) if row["status"] == "pending"]
    assert live == [contractor]

    page.goto(all_conflicts)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(row).to_have_count(0)


def test_a_manager_reads_the_reports(visit: Open) -> None:
    page = visit("/admin/", MANAGER)
    page.get_by_role("link", name="Reports").first.click()
    expect(page.get_by_text("First in the ranking chosen")).to_be_visible()
    assert barriers(page) == []
    page.screenshot(path=PICTURES / "reports.png", full_page=True)
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV: all contractors by week").click()
    assert download.value.path().read_text().startswith("\ufeffcontractor,week,")
