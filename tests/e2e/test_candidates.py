"""The candidates of a job as the first rows of the board: from the panel, by *Place*, and by drag and drop."""

import re
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import Open
from tests.e2e.office import COORDINATOR, Api
from tests.e2e.test_board import Wanted, block, card, drag, keep, lane, start_of
from tests.e2e.test_pages import barriers

SHOWN_ROWS = """() => [...document.querySelectorAll("[data-lane]")]
  .filter((lane) => lane.offsetParent).map((lane) => lane.dataset.lane)"""


@pytest.fixture
def wanted_job(api: Api, job: Any) -> Wanted:
    return Wanted(api, job)


def suggested(api: Api, wanted_job: Wanted) -> datetime:
    return datetime.fromisoformat(api.candidates(wanted_job.job)[0]["suggested_time_slot"]["start"])


@pytest.mark.parametrize("width", [1280, 1920])
def test_they_are_the_first_rows_while_the_panel_is_open(visit: Open, api: Api, wanted_job: Wanted, width: int) -> None:
    page = visit("/?type=carpet", COORDINATOR, viewport={"width": width, "height": 800})
    board = page.locator("[data-part=board]")
    before = page.evaluate(SHOWN_ROWS)
    day = str(board.get_attribute("data-day"))
    start = suggested(api, wanted_job)
    page.get_by_role("link", name=f"Recommend {wanted_job.job['job_number']}").click()
    ranked = [candidate["contractor"]["id"] for candidate in api.candidates(wanted_job.job)]
    page.wait_for_function(f"ranked => ({SHOWN_ROWS})().join() === ranked.join()", arg=ranked)
    clock = ZoneInfo(str(board.get_attribute("data-clock")))
    expect(board).to_have_attribute("data-day", str(start.astimezone(clock).date()))
    first = page.locator("[data-candidates] [data-lane]").first
    expect(first.locator(".rank")).to_contain_text("1")
    expect(first.locator(".offered")).to_be_visible()
    assert barriers(page) == []
    keep(page, f"candidates-{width}")
    page.get_by_role("button", name="Show all contractors").click()
    assert len(page.evaluate(SHOWN_ROWS)) > len(ranked)
    page.get_by_role("button", name="Show candidates only").click()
    page.get_by_role("button", name="Close").click()
    expect(board).to_have_attribute("data-day", day)
    page.wait_for_function(f"before => ({SHOWN_ROWS})().join() === before.join()", arg=before)
    expect(page.locator("select[name=type]")).to_have_value("carpet")
    expect(page).to_have_url(re.compile(r"[?&]type=carpet$"))


def test_a_booking_in_the_panel_is_at_the_desired_time_and_marked(visit: Open, api: Api, wanted_job: Wanted) -> None:
    start = suggested(api, wanted_job)
    page = visit(f"/#job-{wanted_job.job['id']}", COORDINATOR)
    page.get_by_role("article", name="Rank 1:").get_by_role("button", name="Assign").click()
    marked = page.locator(f".block[aria-current][data-number='{wanted_job.job['job_number']}']")
    expect(marked).to_be_in_viewport()
    assert datetime.fromisoformat(start_of(api, wanted_job)) == start
    keep(page, "booked")


@pytest.mark.parametrize("width", [375, 1280])
def test_the_reason_for_another_than_the_first_is_asked(visit: Open, api: Api, wanted_job: Wanted, width: int) -> None:
    page = visit(f"/#job-{wanted_job.job['id']}", COORDINATOR, viewport={"width": width, "height": 800})
    assign = page.get_by_role("article", name="Rank 2:").get_by_role("button", name="Assign")
    expect(assign).to_be_visible()
    keep(page, f"panel-{width}")
    assign.click()
    question = page.get_by_role("dialog")
    expect(question.get_by_label("Reason (optional)")).to_be_focused()
    assert barriers(page) == []
    keep(page, f"reason-{width}")
    page.keyboard.press("Escape")
    expect(question).to_have_count(0)
    expect(assign).to_be_focused()
    expect(page.get_by_role("complementary", name="Job")).to_be_visible()
    assert api.bookings(wanted_job.job) == []
    assign.click()
    question.get_by_label("Reason (optional)").fill("Has the key")
    page.keyboard.press("Enter")
    expect(page.locator(".toast")).to_contain_text("was assigned to")
    (booking,) = api.bookings(wanted_job.job)
    assert (booking["rank"], booking["override_reason"]) == (2, "Has the key")


def test_a_drop_on_another_than_the_first_asks_too(visit: Open, api: Api, job: Any) -> None:
    second = Wanted(api, job, place=1)
    page = visit(second.board, COORDINATOR)
    drag(page, card(page, second), lane(page, second), second.minute(second.starts[0]))
    question = page.get_by_role("dialog")
    question.get_by_role("button", name="Keep as it is").click()
    expect(card(page, second)).to_be_visible()
    assert api.bookings(job) == []
    drag(page, card(page, second), lane(page, second), second.minute(second.starts[0]))
    question.get_by_label("Reason (optional)").fill("A regular customer")
    question.get_by_role("button", name="Assign to").click()
    expect(block(page, second)).to_have_attribute("aria-current", "true")
    assert api.bookings(job)[0]["override_reason"] == "A regular customer"


def test_place_starts_at_the_best_candidate_and_the_desired_time(visit: Open, api: Api, wanted_job: Wanted) -> None:
    page = visit("/?type=carpet", COORDINATOR)
    start = suggested(api, wanted_job)
    place = page.get_by_role("button", name=f"Place {wanted_job.job['job_number']}")
    place.press("Enter")
    expect(page.locator(".lane:has(.ghost)")).to_have_attribute("data-lane", wanted_job.contractor["id"])
    keep(page, "place")
    page.keyboard.press("Escape")
    expect(page.locator("[data-candidates], .ghost")).to_have_count(0)
    expect(place).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".ghost")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.locator(".toast")).to_contain_text(f"was assigned to {wanted_job.contractor['name']}")
    assert datetime.fromisoformat(start_of(api, wanted_job)) == start


def test_another_start_is_named_on_the_button_and_in_the_message(visit: Open, api: Api, wanted_job: Wanted) -> None:
    page = visit(f"/#job-{wanted_job.job['id']}", COORDINATOR)
    first = page.get_by_role("article", name="Rank 1:")
    first.get_by_role("combobox").select_option(index=len(wanted_job.starts) - 1)
    assign = first.get_by_role("button", name="Assign")
    apart = re.compile(r"(\d+ (h|min|days?) ?)+(earlier|later) than desired")
    expect(assign).to_contain_text(apart)
    assign.click()
    expect(page.locator(".toast")).to_contain_text(apart)
    assert start_of(api, wanted_job) == wanted_job.starts[-1]
