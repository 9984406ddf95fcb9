"""Arrival windows: promised from the panel, kept by drag and drop, broken by administrators with a reason."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.conftest import Open
from tests.e2e.office import ADMINISTRATOR, COORDINATOR, Api
from tests.e2e.stories import story
from tests.e2e.test_board import Wanted, block, card, drag, keep, lane, start_of
from tests.e2e.test_pages import OVERFLOW, PICTURES, SIZES, barriers

HOUR = 60


@pytest.fixture
def wanted_job(api: Api) -> Wanted:
    """A job whose best candidate offers windows, and can also start hours away from them: long work leaves no room."""
    for _ in api.models:
        job = api.new_job()
        if job["duration"] <= "04:00:00" and windows(api, job):
            return Wanted(api, job)
        api.post(f"jobs/{job['id']}/cancel/", reason="No windows for this test")
    raise LookupError("No job will do.")


def windows(api: Api, job: Any) -> list[Any]:
    """The windows that the best candidate offers."""
    answer = api.get(f"jobs/{job['id']}/recommendations/", windows=3)
    offered: list[Any] = answer["recommendations"][0]["arrival_windows"]
    return offered


def offered_window(api: Api, wanted_job: Wanted) -> tuple[str, str]:
    """Start and end of the first window that the best candidate offers."""
    window = windows(api, wanted_job.job)[0]
    return window["start"], window["end"]


def bracket(page: Page, wanted_job: Wanted) -> Locator:
    """The bracket around the booking; while a job is carried, the lane has one more."""
    return lane(page, wanted_job).locator("span.promise")


def far_from(minute: int) -> int:
    """A minute of the working day that is hours away."""
    return minute + 3 * HOUR if minute < 12 * HOUR else minute - 4 * HOUR


def test_a_window_is_promised_in_the_panel_and_kept_on_the_board(visit: Open, api: Api, wanted_job: Wanted) -> None:
    start, end = offered_window(api, wanted_job)
    page = visit(f"/#job-{wanted_job.job['id']}", COORDINATOR)
    first = page.get_by_role("article", name="Rank 1:")
    assert barriers(page) == []
    keep(page, "windows-offered")
    first.locator(f"[data-promise^='{start.removesuffix('Z')}']").click()
    expect(
        page.get_by_role("paragraph").filter(has_text="Only starts in this window can be booked now.")
    ).to_be_visible()
    assert api.job(wanted_job.job["id"])["window_start"] == start

    page = visit(wanted_job.board, COORDINATOR)
    minute = wanted_job.minute(start)
    drag(page, card(page, wanted_job), lane(page, wanted_job), far_from(minute), drop=False)
    expect(page.locator(".float")).to_contain_text("The customer was promised an arrival on")
    expect(lane(page, wanted_job).locator("div.promise")).to_have_class("promise broken")
    keep(page, "windows-refused")
    page.mouse.up()
    assert api.job(wanted_job.job["id"])["status"] == "open"

    drag(page, card(page, wanted_job), lane(page, wanted_job), minute)
    expect(block(page, wanted_job)).to_have_attribute("data-from", str(minute))
    expect(bracket(page, wanted_job)).to_have_attribute("data-to", str(wanted_job.minute(end)))
    expect(bracket(page, wanted_job)).to_have_class("promise")
    assert barriers(page) == []
    keep(page, "windows-kept")


def test_an_administrator_breaks_a_window_with_a_reason(visit: Open, api: Api, wanted_job: Wanted) -> None:
    start, end = offered_window(api, wanted_job)
    api.post(f"jobs/{wanted_job.job['id']}/window/", start=start, end=end)
    api.post("assignments/", job=wanted_job.job["id"], contractor=wanted_job.contractor["id"], start=start)
    page = visit(wanted_job.board, ADMINISTRATOR)
    minute = far_from(wanted_job.minute(start))
    drag(page, block(page, wanted_job), lane(page, wanted_job), minute)
    dialog = page.get_by_role("dialog", name="outside its arrival window?")
    expect(dialog).to_contain_text("The customer was promised an arrival on")
    keep(page, "windows-reason")
    dialog.get_by_label("Reason").fill("The customer agreed by phone")
    dialog.get_by_role("button", name="Break the window").click()
    expect(bracket(page, wanted_job)).to_have_class("promise broken")
    moved = datetime.fromisoformat(start_of(api, wanted_job))
    assert abs(moved - datetime.fromisoformat(start)) > timedelta(hours=2)
    (booking,) = api.bookings(wanted_job.job)
    assert booking["window_break_reason"] == "The customer agreed by phone"
    keep(page, "windows-broken")


def test_a_window_is_promised_on_the_recommend_page(visit: Open, api: Api, wanted_job: Wanted) -> None:
    start, _end = offered_window(api, wanted_job)
    page = visit(f"/admin/jobs/job/{wanted_job.job['id']}/recommend/", COORDINATOR)
    with story("promise an offered arrival window on Recommend", page) as promise:
        promise.click(page.get_by_role("article", name="Rank 1:").get_by_role("button", name="Promise").first)
        expect(page.get_by_text("Only starts in this window are offered now.")).to_be_visible()
    assert api.job(wanted_job.job["id"])["window_start"] == start


@pytest.mark.parametrize("size", SIZES)
def test_the_pages_with_a_window_fit(visit: Open, api: Api, wanted_job: Wanted, size: str) -> None:
    start, end = offered_window(api, wanted_job)
    job = f"/admin/jobs/job/{wanted_job.job['id']}"
    recommend = visit(f"{job}/recommend/", COORDINATOR, viewport=SIZES[size])
    check(recommend, f"windows-recommend-{size}")
    api.post(f"jobs/{wanted_job.job['id']}/window/", start=start, end=end)
    booking = api.post("assignments/", job=wanted_job.job["id"], contractor=wanted_job.contractor["id"], start=start)
    assignment = f"/admin/assignments/assignment/{booking['id']}"
    day = wanted_job.local(start).date()
    paths = {
        "job": f"{job}/change/",
        "reassign": f"{assignment}/reassign/?outside_window=on",
        "reschedule": f"{assignment}/reschedule/?outside_window=on",
        "replace": f"/admin/assignments/assignment/replace/?id={booking['id']}&outside_windows=1",
        "move-day": f"/admin/assignments/assignment/move-day/?day={day}&contractor={wanted_job.contractor['id']}",
        "board": wanted_job.board,
        "board-week": f"{wanted_job.board}&days=7",
        "day-sheet": f"/day-sheets/{wanted_job.contractor['id']}/?day={day}",
    }
    for name, path in paths.items():
        check(visit(path, ADMINISTRATOR, viewport=SIZES[size]), f"windows-{name}-{size}")


def check(page: Page, name: str) -> None:
    page.wait_for_load_state("networkidle")
    PICTURES.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=PICTURES / f"{name}.png", full_page=True)
    assert page.evaluate(OVERFLOW) <= 0, name
    assert barriers(page) == [], name
