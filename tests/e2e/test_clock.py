"""A user reads all times with a 12-hour or a 24-hour clock."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Open
from tests.e2e.office import COORDINATOR, MANAGER
from tests.e2e.test_pages import SIZES, barriers, keep_a_picture

TWELVE, TWENTY_FOUR = "12-hour, such as 2:30 PM", "24-hour, such as 14:30"
HALF = re.compile(r"\d [AP]M\b")


def choose(page: Page, label: str) -> None:
    page.get_by_label(label).check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Your settings were saved.")).to_be_visible()


@pytest.fixture
def settings_page(visit: Open) -> Iterator[Page]:
    """The settings of the manager, whose clock is 12-hour again after the test."""
    page = visit("/admin/my-settings/", MANAGER)
    yield page
    page.goto("/admin/my-settings/")
    choose(page, TWELVE)


@pytest.mark.parametrize("size", SIZES)
def test_a_user_switches_to_24_hours(visit: Open, settings_page: Page, size: str) -> None:
    choose(settings_page, TWENTY_FOUR)
    page = visit("/", MANAGER, viewport=SIZES[size])
    expect(page.locator(".axis .hour").first).to_have_text(re.compile(r"^\s*\d\d\s*$"))
    expect(page.locator(".jobs .facts").first).to_have_text(re.compile(r"\d\d:\d\d [A-Z]{3}"))
    assert not HALF.search(page.locator("main").inner_text())
    assert barriers(page) == []
    keep_a_picture(page, f"live-24-hours-{size}")
    page = visit("/admin/assignments/assignment/", MANAGER, viewport=SIZES[size])
    assert not HALF.search(page.locator("#result_list").inner_text())
    other = visit("/", COORDINATOR)
    expect(other.locator(".axis .hour").first).to_have_text(re.compile(r"^\s*\d+ [AP]M\s*$"))
    expect(other.locator(".jobs .facts").first).to_have_text(re.compile(r"\d:\d\d [AP]M [A-Z]{3}"))


def test_activity_says_how_long_ago_and_when(visit: Open) -> None:
    page = visit("/", COORDINATOR)
    time = page.locator(".feed time").first
    expect(time).to_have_text(re.compile(r"^(just now|\d+ (min|h|days?) ago)$"))
    expect(time).to_have_attribute("title", re.compile(r"^\w{3}, \w{3} \d+, \d+:\d\d [AP]M$"))
