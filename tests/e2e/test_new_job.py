"""The telephone story: a new job, from the call to the booking, with the keyboard alone and on a phone."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Open
from tests.e2e.office import BASE, COORDINATOR, Api
from tests.e2e.stories import story
from tests.e2e.test_office import JOBS
from tests.e2e.test_pages import OVERFLOW, PICTURES, SIZES, barriers

ADD = f"{JOBS}add/"
LINE = f"{BASE['address']}, {BASE['city']}, {BASE['state']} {BASE['zip_code']}"


def day_of_the_call() -> str:
    """A day next week, as a customer would say it."""
    day = datetime.now(UTC) + timedelta(days=6)
    return f"{day:%b} {day.day}"


def look(page: Page, name: str) -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=PICTURES / f"new-job-{name}.png", full_page=True)
    assert barriers(page) == []


def understood(page: Page, name: str) -> Any:
    return page.locator(f"#id_{name}-understood")


def test_from_the_call_to_the_booking_without_a_click(visit: Open, api: Api) -> None:
    api.new_contractor(skills=["Ceramic"])
    page = visit("/", COORDINATOR)
    with story("New job to booked on the telephone, by keyboard", page) as hand:
        hand.press("n")
        page.wait_for_url(f"**{ADD}")
        expect(page.locator("#id_customer_name")).to_be_focused()
        hand.type("Grace Hill")
        hand.tab_to("customer_phone")
        hand.type("5125550187")
        hand.tab_to("place_line")
        hand.type(LINE)
        expect(page.locator("#id_city")).to_have_value("Austin")
        hand.tab_to("type")
        hand.type("t")
        hand.tab_to("desired_date")
        hand.type(f"{day_of_the_call()} 10am")
        expect(understood(page, "desired_date")).to_contain_text(day_of_the_call())
        hand.tab_to("duration")
        hand.type("1h30")
        expect(understood(page, "duration")).to_have_text("1 h 30 min")
        hand.tab_to("required_skills")
        hand.type("cermic")
        hand.press("Tab")
        fix = page.get_by_role("button", name="Use “Ceramic”")
        expect(fix).to_be_visible()
        look(page, "typed")
        fix.focus()
        hand.press("Enter")
        expect(page.locator("#id_required_skills")).to_have_value("Ceramic")
        hand.press("Enter")
        page.wait_for_url("**/recommend/")
        expect(page.get_by_role("article", name="Rank 1:")).to_be_visible()
        hand.press("a")
        expect(page.get_by_role("button", name="Confirm").first).to_be_focused()
        hand.press("Enter")
        page.wait_for_url("**/assignments/assignment/**")
    assert hand.clicks == 0
    (job,) = [job for job in api.listed("jobs/", search="Grace Hill") if job["required_skills"] == ["Ceramic"]]
    assert (job["status"], job["duration"], job["customer_phone"]) == ("assigned", "01:30:00", "(512) 555-0187")
    assert [booking["rank"] for booking in api.bookings(job)] == [1]
    api.post(f"jobs/{job['id']}/cancel/", reason="End of this test")


def test_an_earlier_customer_fills_in_the_form(visit: Open, api: Api) -> None:
    name = api.new_contractor()["name"].replace("Crew", "Customer")
    desired = (datetime.now(UTC) + timedelta(days=5)).isoformat()
    body = {"type": "tile", "duration": "02:00:00", "location": BASE, "customer_phone": "(512) 555-0188"}
    api.post("jobs/", **body, desired_date=desired, customer_name=name)
    page = visit(ADD, COORDINATOR)
    field = page.get_by_role("combobox", name="Customer name")
    field.press_sequentially(name)
    expect(page.get_by_role("option", name=name)).to_be_visible()
    look(page, "customers")
    field.press("ArrowDown")
    field.press("Enter")
    expect(page.locator("#id_customer_phone")).to_have_value("(512) 555-0188")
    expect(page.locator("#id_place_line")).to_have_value(LINE)
    expect(page.locator("#id_zip_code")).to_have_value(f"{BASE['zip_code']}")
    assert page.url.endswith(ADD)


def test_a_doubtful_date_is_told_beside_the_field_and_nothing_is_lost(visit: Open) -> None:
    page = visit(ADD, COORDINATOR)
    page.locator("#id_customer_name").fill("Grace Hill")
    page.locator("#id_place_line").fill(LINE)
    page.locator("#id_desired_date").fill("next mon 9am")
    page.locator("#id_duration").focus()
    expect(understood(page, "desired_date")).to_contain_text("“next Monday” can be")
    look(page, "doubtful")
    page.get_by_role("button", name="Save and rank contractors").click()
    expect(page.get_by_text("“next Monday” can be").first).to_be_visible()
    expect(page.locator("#id_customer_name")).to_have_value("Grace Hill")
    expect(page.locator("#id_desired_date")).to_have_value("next mon 9am")
    expect(page.locator("#id_city")).to_have_value("Austin")
    look(page, "refused")


def test_corrected_parts_change_the_line(visit: Open) -> None:
    page = visit(ADD, COORDINATOR)
    page.locator("#id_place_line").press_sequentially(LINE)
    expect(page.locator("#id_city")).to_have_value("Austin")
    page.locator("#id_city").fill("Rollingwood")
    expect(page.locator("#id_place_line")).to_have_value(LINE.replace("Austin", "Rollingwood"))
    expect(understood(page, "place_line")).to_contain_text("The usual city of ZIP code 78701 is Austin.")


@pytest.mark.parametrize("size", ["telephone"])
def test_the_form_fits_a_telephone(visit: Open, size: str) -> None:
    page = visit("/admin/", COORDINATOR, viewport=SIZES[size])
    page.get_by_role("link", name="New job").click()
    page.wait_for_url(f"**{ADD}")
    page.locator("#id_place_line").fill(LINE)
    page.locator("#id_desired_date").fill(f"{day_of_the_call()} 2")
    page.locator("#id_duration").fill("90 min")
    expect(understood(page, "desired_date")).to_contain_text("Read as PM.")
    assert page.evaluate(OVERFLOW) <= 0
    look(page, size)


def test_hours_of_a_contractor_are_typed_in_one_line(visit: Open) -> None:
    page = visit("/admin/contractors/contractor/add/", COORDINATOR)
    page.get_by_label("Working hours of the week").fill("Mon-Fri 7-3:30, Sat 9-1")
    page.get_by_role("button", name="Fill in").click()
    expect(page.get_by_text("The hours of Monday, Tuesday")).to_be_visible()
    expect(page.locator("[name=working_hours-0-end_time]")).to_have_value("15:30")
    look(page, "hours")


def test_the_list_keeps_its_filters(visit: Open, job: Any) -> None:
    filtered = f"{JOBS}?status__exact=open&q={job['job_number']}"
    page = visit(filtered, COORDINATOR)
    expect(page.get_by_role("heading", level=1)).to_contain_text("1 job")
    page.locator("#result_list").get_by_role("link", name=job["job_number"]).first.click()
    page.locator("a[href*='/recommend/']").first.click()
    page.wait_for_url("**/recommend/**")
    page.locator("#header-inner").get_by_role("link", name="Jobs").click()
    page.wait_for_url(f"**{filtered}")


def test_several_jobs_are_moved_and_the_bar_covers_no_row(visit: Open, api: Api, job: Any) -> None:
    page = visit(f"{JOBS}?q={job['job_number']}", COORDINATOR)
    page.locator("input.action-select").first.check()
    look(page, "selected")
    page.locator("select[name=action]").select_option("prioritize_selected")
    page.get_by_role("button", name="Run").click()
    page.get_by_label("Priority").select_option("low")
    page.get_by_role("button", name="Set the priority").click()
    expect(page.get_by_text("Changed: 1.")).to_be_visible()
    assert api.job(job["id"])["priority"] == "low"
