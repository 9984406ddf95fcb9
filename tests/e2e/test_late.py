"""Work that takes longer than booked: reported on the board, and shown on what follows that day."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.conftest import Open
from tests.e2e.office import COORDINATOR, Api
from tests.e2e.test_board import keep
from tests.e2e.test_pages import OVERFLOW, SIZES, barriers

NEW_YORK = {
    "latitude": 40.7128,
    "longitude": -74.006,
    "address": "11 Broadway",
    "city": "New York",
    "state": "NY",
    "zip_code": "10004",
}
HONOLULU = {
    "latitude": 21.3069,
    "longitude": -157.8583,
    "address": "530 South King Street",
    "city": "Honolulu",
    "state": "HI",
    "zip_code": "96813",
}


class Day:
    """Two confirmed bookings of a contractor, the first one in a moment, where the day is not about to end."""

    def __init__(self, api: Api) -> None:
        in_new_york = datetime.now(ZoneInfo("America/New_York")).hour
        site, zone = (NEW_YORK, "America/New_York") if 1 <= in_new_york < 19 else (HONOLULU, "Pacific/Honolulu")
        hours = [
            {"day_of_week": day, "start_time": start, "end_time": end}
            for day in range(7)
            for start, end in (("00:00", "16:00"), ("16:00", "00:00"))
        ]
        self.contractor = api.new_contractor(location=site, working_hours=hours)
        first = (datetime.now(UTC) + timedelta(minutes=10)).replace(second=0, microsecond=0)
        self.bookings = [self._book(api, start) for start in (first, first + timedelta(minutes=35))]
        self.address = f"/?day={first.astimezone(ZoneInfo(zone)).date()}&q={self.contractor['email']}&clock={zone}"

    def _book(self, api: Api, start: datetime) -> Any:
        job = api.post(
            "jobs/",
            type="tile",
            desired_date=start.isoformat(),
            duration="00:30:00",
            location=self.contractor["location"],
        )
        booked = api.post("assignments/", job=job["id"], contractor=self.contractor["id"], start=start.isoformat())
        return api.post(f"assignments/{booked['id']}/confirm/")

    def blocks(self, page: Page) -> list[Locator]:
        return [page.locator(f".block[data-assignment='{booking['id']}']") for booking in self.bookings]


@pytest.mark.parametrize("size", SIZES)
def test_a_late_booking_is_reported_and_delays_the_next(visit: Open, api: Api, size: str) -> None:
    day = Day(api)
    page = visit(day.address, COORDINATOR, SIZES[size])
    first, second = day.blocks(page)
    entry = page.get_by_role("menuitem", name="Running late")
    # News of the bookings can replace the block between its focus and the key.
    for _ in range(3):
        first.press("Shift+F10")
        with suppress(AssertionError):
            expect(entry).to_be_visible(timeout=5_000)
            break
    entry.press("Enter")
    question = page.get_by_role("dialog")
    typed = question.get_by_role("textbox")
    expect(typed).to_be_focused()
    typed.press_sequentially("soon")
    page.keyboard.press("Enter")
    expect(question.get_by_role("status")).to_contain_text("25 min, 1 h 30 min or 3:30 PM")
    assert barriers(page) == []
    typed.fill("25 min")
    expect(question.get_by_role("status")).to_contain_text("25 min late")
    keep(page, f"late-question-{size}")
    page.keyboard.press("Enter")
    expect(question).to_have_count(0)
    expect(first.locator(".delay")).to_have_text("late by 25 min")
    # Five minutes of the delay are taken up by the time between the bookings.
    expect(second.locator(".delay")).to_have_text("late by 20 min")
    expect(second).to_have_class("block confirmed late")
    assert barriers(page) == []
    assert page.evaluate(OVERFLOW) == 0
    keep(page, f"late-{size}")
    (reported,) = [row for row in api.bookings({"id": day.bookings[0]["job"]}) if row["late_until"]]
    end = datetime.fromisoformat(reported["time_slot"]["end"])
    assert datetime.fromisoformat(reported["late_until"]) - end == timedelta(minutes=25)

    page.keyboard.press("u")
    expect(page.locator(".delay")).to_have_count(0)
    assert api.get(f"assignments/{reported['id']}/")["late_until"] is None


def test_the_card_and_the_day_sheet_say_how_late(visit: Open, api: Api) -> None:
    day = Day(api)
    until = datetime.fromisoformat(day.bookings[0]["time_slot"]["end"]) + timedelta(minutes=45)
    api.post(f"assignments/{day.bookings[0]['id']}/running-late/", until=until.isoformat())
    page = visit(day.address, COORDINATOR)
    first, second = day.blocks(page)
    first.hover()
    expect(page.locator(".hover-card")).to_contain_text("45 min late")
    second.focus()
    expect(page.locator(".hover-card")).to_contain_text("late by 40 min, because the booking before is late")
    page.get_by_role("link", name="Day sheet").click()
    expect(page.get_by_role("main")).to_contain_text("Late by 40 min, because the booking before is late")
    assert barriers(page) == []
    keep(page, "late-sheet")
