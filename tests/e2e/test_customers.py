"""A customer calls: found by the last four digits, given another job; two records of one customer are merged."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Open
from tests.e2e.office import BASE, COORDINATOR, Api
from tests.e2e.test_office import JOBS
from tests.e2e.test_pages import OVERFLOW, PICTURES, SIZES, barriers

CUSTOMERS = "/admin/customers/customer/"


def look(page: Page, name: str) -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=PICTURES / f"customers-{name}.png", full_page=True)
    assert barriers(page) == []


def someone() -> tuple[str, str]:
    """A name and a number that no other test has."""
    number = uuid4().int % 10**7
    return f"Zoë O’Brien {number}", f"(512) {200 + number // 10**4 % 700}-{number % 10**4:04d}"


def job_of(api: Api, name: str, phone: str) -> Any:
    body = {"type": "tile", "duration": "02:00:00", "location": BASE, "customer_name": name, "customer_phone": phone}
    return api.post("jobs/", **body, desired_date=(datetime.now(UTC) + timedelta(days=5)).isoformat())


def test_a_caller_is_found_by_the_last_four_digits(visit: Open, api: Api) -> None:
    name, phone = someone()
    customer = job_of(api, name, phone)["customer"]
    page = visit(f"{JOBS}add/", COORDINATOR)
    page.locator("#id_customer_phone").press_sequentially(phone[-4:])
    option = page.get_by_role("option", name=name)
    expect(option).to_contain_text("last job: Tile")
    look(page, "suggested")
    option.click()
    expect(page.locator("#id_customer_name")).to_have_value(name)
    expect(page.locator("#id_customer_phone")).to_have_value(phone)
    expect(page.locator("#id_zip_code")).to_have_value(f"{BASE['zip_code']}")
    page.locator("#id_type").select_option("tile")
    day = datetime.now(UTC) + timedelta(days=6)
    page.locator("#id_desired_date").fill(f"{day:%b} {day.day} 10am")
    page.locator("#id_duration").fill("2 h")
    page.get_by_role("button", name="Save and rank contractors").click()
    page.wait_for_url("**/recommend/")
    assert len([job for job in api.listed("jobs/", search=phone) if job["customer"] == customer]) == 2
    page.goto(page.url.split("/admin/")[0] + f"{CUSTOMERS}{customer}/change/")
    page.get_by_role("tab", name="Jobs").or_(page.get_by_role("link", name="Jobs 2")).first.click()
    look(page, "jobs")


def test_two_records_are_merged_after_a_question(visit: Open, api: Api) -> None:
    (name, phone), (_other, other_phone) = someone(), someone()
    kept, double = job_of(api, name, phone)["customer"], job_of(api, f"{name} Jr", other_phone)["customer"]
    page = visit(f"{CUSTOMERS}{kept}/change/", COORDINATOR)
    page.get_by_role("link", name="Merge …").click()
    expect(page.get_by_text(f"Which record is the same customer as {name}?")).to_be_visible()
    page.locator(".select2-selection").click()
    page.locator(".select2-search__field").fill(other_phone[-4:])
    page.locator(".select2-results__option", has_text=f"{name} Jr").click()
    look(page, "merge")
    page.get_by_role("button", name="Merge").click()
    expect(page.get_by_text(f"The other record was merged into {name}.")).to_be_visible()
    assert api.get(f"customers/{double}/")["merged_into"] == kept
    assert {job["customer"] for job in api.listed("jobs/", search=name.split()[-1])} == {kept}


def test_the_header_finds_a_customer(visit: Open, api: Api) -> None:
    name, phone = someone()
    customer = job_of(api, name, phone)["customer"]
    page = visit("/admin/", COORDINATOR)
    page.keyboard.press("/")
    page.keyboard.type(f"obrien {phone[-4:]}")
    page.get_by_role("option", name=name).filter(has_text=phone).click()
    page.wait_for_url(f"**{CUSTOMERS}{customer}/change/")


@pytest.mark.parametrize("size", ["telephone", "desk"])
def test_the_pages_fit(visit: Open, api: Api, size: str) -> None:
    name, phone = someone()
    customer = job_of(api, name, phone)["customer"]
    for path, picture in ((CUSTOMERS, "list"), (f"{CUSTOMERS}{customer}/change/", "page"), (f"{CUSTOMERS}add/", "new")):
        page = visit(path, COORDINATOR, viewport=SIZES[size])
        assert page.evaluate(OVERFLOW) <= 0
        look(page, f"{picture}-{size}")
