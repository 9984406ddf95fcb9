"""The board's clock, views of several days, blocks with their card and menu, and the day sheet."""

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.conftest import Open
from tests.e2e.office import COORDINATOR, MANAGER, Api
from tests.e2e.test_board import Wanted, block, keep, open_filters, start_of
from tests.e2e.test_pages import OVERFLOW, SIZES, barriers

NEW_YORK = {
    "latitude": 40.7128,
    "longitude": -74.006,
    "address": "11 Broadway",
    "city": "New York",
    "state": "NY",
    "zip_code": "10004",
}


@pytest.fixture
def booked(api: Api, job: Any) -> Wanted:
    """A job with a booking in the first free slot of its best candidate."""
    target = Wanted(api, job)
    api.assign_best(job)
    return target


def status_of(api: Api, target: Wanted) -> str:
    """The status of the latest booking of the job."""
    return str(max(api.bookings(target.job), key=lambda booking: booking["created_at"])["status"])


def menu(page: Page, target: Wanted) -> Locator:
    return page.get_by_role("menu", name=target.job["job_number"])


def test_a_booking_is_confirmed_with_the_keyboard(visit: Open, api: Api, booked: Wanted) -> None:
    page = visit(booked.board, COORDINATOR)
    block(page, booked).focus()
    card = page.locator(".hover-card")
    expect(card).to_contain_text(booked.job["job_number"])
    expect(card).to_contain_text(booked.job["location"]["address"])
    page.keyboard.press("Escape")
    expect(card).to_have_count(0)
    page.keyboard.press("Shift+F10")
    expect(menu(page, booked).get_by_role("menuitem").first).to_be_focused()
    assert barriers(page) == []
    keep(page, "menu")
    page.keyboard.press("End")
    expect(menu(page, booked).get_by_role("menuitem", name="Select")).to_be_focused()
    page.keyboard.press("Home")
    page.keyboard.press("Enter")
    expect(page.locator(".toast")).to_contain_text(f"{booked.job['job_number']} with")
    expect(block(page, booked)).to_have_class("block confirmed")
    assert status_of(api, booked) == "confirmed"
    expect(block(page, booked)).to_be_focused()


def test_a_booking_is_canceled_by_right_click_and_booked_again(visit: Open, api: Api, booked: Wanted) -> None:
    page = visit(booked.board, COORDINATOR)
    block(page, booked).click(button="right")
    menu(page, booked).get_by_role("menuitem", name="Cancel booking…").click()
    question = page.get_by_role("dialog")
    expect(question).to_contain_text(booked.job["job_number"])
    question.get_by_role("button", name="Cancel booking").click()  # not without a reason
    expect(question).to_be_visible()
    question.get_by_label("Reason").fill("The truck broke down")
    assert barriers(page) == []
    keep(page, "cancel")
    question.get_by_role("button", name="Cancel booking").click()
    expect(block(page, booked)).to_have_count(0)
    assert status_of(api, booked) == "cancelled"

    page.get_by_role("button", name="Undo").click()
    expect(block(page, booked)).to_have_count(1)
    assert status_of(api, booked) == "pending"
    assert start_of(api, booked) == booked.starts[0]


def test_a_booking_is_rescheduled_from_the_button_of_its_block(visit: Open, api: Api, booked: Wanted) -> None:
    page = visit(booked.board, COORDINATOR)
    block(page, booked).focus()
    page.keyboard.press("Tab")
    button = page.get_by_role("button", name=f"Actions for {booked.job['job_number']}")
    expect(button).to_be_focused()
    page.keyboard.press("Enter")
    menu(page, booked).get_by_role("menuitem", name="Reschedule…").click()
    question = page.get_by_role("dialog")
    start = question.get_by_label("Start")
    expect(start).to_have_value(booked.starts[0])
    assert barriers(page) == []
    start.select_option(index=1)
    keep(page, "reschedule")
    question.get_by_role("button", name="Reschedule").click()
    expect(page.locator(".toast")).to_contain_text("was rescheduled")
    expect(block(page, booked)).to_have_attribute("data-from", str(booked.minute(booked.starts[1])))
    assert start_of(api, booked) == booked.starts[1]


def selected(page: Page, booking: Any) -> Locator:
    return page.locator(f".block.selected[data-assignment='{booking['id']}']")


def test_several_bookings_move_to_another_day_and_back(visit: Open, api: Api) -> None:
    word = f"Several{datetime.now(UTC):%H%M%S%f}"
    crews = [api.new_contractor(name=f"{word} {number}") for number in (1, 2)]
    bookings = [api.book(crew) for crew in crews]
    zone = ZoneInfo(crews[0]["time_zone"])
    start = datetime.fromisoformat(bookings[0]["time_slot"]["start"]).astimezone(zone)
    page = visit(f"/?day={start.date()}&q={word}", COORDINATOR)
    blocks = [page.locator(f".block[data-assignment='{booking['id']}']") for booking in bookings]
    blocks[0].click(modifiers=["Control"])
    blocks[1].click(modifiers=["Shift"])
    bar = page.get_by_role("region", name="Selected bookings")
    expect(bar).to_contain_text("2 bookings selected")
    assert barriers(page) == []
    keep(page, "selection")
    bar.get_by_role("button", name="Move to another day…").click()
    question = page.get_by_role("dialog")
    tomorrow = start.date() + timedelta(days=1)
    expect(question.get_by_label("Day")).to_have_value(str(tomorrow))
    expect(question.locator(".answers li")).to_have_count(2)
    expect(question).to_contain_text("the same time")
    assert barriers(page) == []
    keep(page, "move-several")
    question.get_by_role("button", name="Move").click()
    expect(page.locator(".toast")).to_contain_text("2 of 2 bookings were moved.")
    for shown in blocks:
        expect(shown).to_have_count(0)
    moved = [api.get(f"assignments/{booking['id']}/")["time_slot"]["start"] for booking in bookings]
    days = {datetime.fromisoformat(moment).astimezone(zone).date() for moment in moved}
    assert days == {tomorrow}
    page.get_by_role("button", name="Undo").click()
    for shown in blocks:
        expect(shown).to_have_count(1)


def test_several_bookings_are_reassigned_on_one_page_and_back(visit: Open, api: Api) -> None:
    word = f"Reassigned{datetime.now(UTC):%H%M%S%f}"
    bookings = [api.book(api.new_contractor(name=f"{word} {number}")) for number in (1, 2)]
    api.new_contractor()
    start = datetime.fromisoformat(bookings[0]["time_slot"]["start"]).astimezone(ZoneInfo("America/Chicago"))
    page = visit(f"/?day={start.date()}&q={word}", COORDINATOR)
    blocks = [page.locator(f".block[data-assignment='{booking['id']}']") for booking in bookings]
    blocks[0].click(modifiers=["Control"])
    blocks[1].click(modifiers=["Shift"])
    page.get_by_role("region", name="Selected bookings").get_by_role("button", name="Reassign…").click()
    expect(page.get_by_text("2 live bookings are selected.")).to_be_visible()
    assert barriers(page) == []
    keep(page, "reassign-several")
    page.get_by_role("button", name="Reassign or move selected").first.click()
    page.wait_for_url(f"**/?day={start.date()}&q={word}")
    for booking in bookings:
        assert api.get(f"assignments/{booking['id']}/")["status"] == "cancelled"
        (live,) = [each for each in api.bookings({"id": booking["job"]}) if each["status"] != "cancelled"]
        assert live["contractor"] != booking["contractor"]


def test_several_bookings_are_canceled_with_the_keyboard(visit: Open, api: Api) -> None:
    crew = api.new_contractor()
    bookings = [api.book(crew) for _ in range(2)]
    start = datetime.fromisoformat(bookings[0]["time_slot"]["start"]).astimezone(ZoneInfo(crew["time_zone"]))
    page = visit(f"/?day={start.date()}&q={quote(crew['name'])}", COORDINATOR)
    page.locator(f".block[data-assignment='{bookings[0]['id']}']").focus()
    page.keyboard.press("Control+Space")
    expect(selected(page, bookings[0])).to_have_count(1)
    page.locator(f".block[data-assignment='{bookings[1]['id']}']").focus()
    page.keyboard.press("Shift+F10")
    page.get_by_role("menuitem", name="Select", exact=True).press("Enter")
    expect(selected(page, bookings[1])).to_have_count(1)
    api.post(f"assignments/{bookings[0]['id']}/cancel/", reason="Faster than the page")
    page.get_by_role("button", name="Cancel bookings…").click()
    question = page.get_by_role("dialog")
    question.get_by_label("Reason").fill("Storm")
    question.get_by_role("button", name="Cancel bookings").click()
    expect(page.locator(".block")).to_have_count(0)
    assert {api.get(f"assignments/{booking['id']}/")["status"] for booking in bookings} == {"cancelled"}


def test_a_manager_may_open_and_copy(visit: Open, booked: Wanted) -> None:
    page = visit(f"{booked.board.partition('&q=')[0]}&q={quote(booked.contractor['name'])}", MANAGER)
    block(page, booked).click(button="right")
    expect(menu(page, booked).get_by_role("menuitem")).to_have_text(["Open booking", "Copy job number"])
    page.keyboard.press("Escape")
    expect(menu(page, booked)).to_have_count(0)
    expect(block(page, booked)).not_to_contain_text(booked.job["location"]["address"])


def test_all_rows_are_on_one_clock(visit: Open, api: Api) -> None:
    word = f"Clock{datetime.now(UTC):%H%M%S%f}"
    texan = [api.new_contractor(name=f"{word} Texas {number}") for number in (1, 2)]
    yorker = api.new_contractor(name=f"{word} York", location=NEW_YORK)
    bookings = [api.book(contractor) for contractor in (texan[0], yorker)]
    start = datetime.fromisoformat(bookings[0]["time_slot"]["start"]).astimezone(ZoneInfo(texan[0]["time_zone"]))
    page = visit(f"/?day={start.date()}&q={word}", COORDINATOR)
    board = page.locator("[data-part=board]")
    expect(board).to_have_attribute("data-clock", texan[0]["time_zone"])
    expect(page.locator(f"[data-lane='{yorker['id']}'] .offset")).to_have_text("+1 h")
    # Both begin when their shift does, at 8:00 on their own clocks: an hour apart.
    blocks = [page.locator(f"[data-key='{booking['id']}']") for booking in bookings]
    starts = [int(str(block.get_attribute("data-from"))) for block in blocks]
    assert starts[0] - starts[1] == 60
    expect(page.locator("[data-heading]").first).to_contain_text("times in")
    keep(page, "one-clock")

    open_filters(page)
    page.get_by_label("Clock of the board").select_option("local")
    expect(board).to_have_attribute("data-clock", "local")
    expect(page.locator(".offset")).to_have_count(0)
    expect(blocks[0]).to_have_attribute("data-from", str(blocks[1].get_attribute("data-from")))


def test_the_line_of_the_current_time_moves(visit: Open, api: Api) -> None:
    crew = api.new_contractor()
    # Time stands still until it is moved: at ten o'clock in Austin.
    now = datetime.now(ZoneInfo("America/Chicago")).replace(hour=10, minute=0, second=0, microsecond=0)

    def stop_clock(page: Page) -> None:
        page.clock.install(time=now)
        page.clock.pause_at(now + timedelta(seconds=1))

    page = visit(f"/?day={now.date()}&q={quote(crew['name'])}", COORDINATOR, prepare=stop_clock)
    line = page.locator(".now")
    expect(line).to_have_count(1)
    before = line.evaluate("line => parseFloat(line.style.left)")
    page.clock.run_for(60 * 60 * 1000)
    page.wait_for_function("before => parseFloat(document.querySelector('.now').style.left) > before + 5", arg=before)


def test_a_job_is_dragged_to_another_day_of_the_week(visit: Open, api: Api) -> None:
    crew = api.new_contractor()
    booking = api.book(crew, days=10)
    job = api.job(booking["job"])
    zone = ZoneInfo(crew["time_zone"])
    start = datetime.fromisoformat(booking["time_slot"]["start"]).astimezone(zone)
    page = visit(f"/?day={start.date()}&days=7&q={quote(crew['name'])}", COORDINATOR)
    block = page.locator(f".block[data-number='{job['job_number']}']")
    expect(page.locator(".axis .day")).to_have_count(7)
    box, track = block.bounding_box(), page.locator(".lane .track").bounding_box()
    assert box
    assert track
    # To the same time of another day of this week.
    step = (1 if start.weekday() < 6 else -1) * track["width"] / 7
    page.mouse.move(box["x"] + 3, box["y"] + 6)
    page.mouse.down()
    page.mouse.move(box["x"] + 20, box["y"] + 6, steps=3)
    expect(page.locator(".lane.can")).to_have_count(1)
    page.mouse.move(box["x"] + 3 + step, box["y"] + 6, steps=4)
    keep(page, "week")
    page.mouse.up()
    expect(page.locator(".toast")).to_contain_text("was rescheduled")
    moved = next(each for each in api.bookings(job) if each["status"] == "pending")
    there = datetime.fromisoformat(moved["time_slot"]["start"]).astimezone(zone)
    assert there.date() == start.date() + timedelta(days=1 if start.weekday() < 6 else -1)
    page.get_by_label("Days to show").select_option("3")
    expect(page.locator(".axis .day")).to_have_count(3)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("days", ["3", "7"])
def test_several_days_fit(visit: Open, booked: Wanted, size: str, days: str) -> None:
    page = visit(f"/?days={days}", COORDINATOR, viewport=SIZES[size])
    expect(page.locator("[data-lane]").first).to_be_visible()
    assert page.evaluate(OVERFLOW) <= 0
    assert barriers(page) == []
    keep(page, f"{days}-days-{size}")


@pytest.mark.parametrize("days", ["3", "7"])
def test_several_days_are_a_list_that_can_be_read_on_a_phone(visit: Open, api: Api, days: str) -> None:
    crew = api.new_contractor()
    booking = api.book(crew)
    start = datetime.fromisoformat(booking["time_slot"]["start"]).astimezone(ZoneInfo(crew["time_zone"]))
    page = visit(f"/?day={start.date()}&days={days}&q={quote(crew['name'])}", COORDINATOR, viewport=SIZES["telephone"])
    block = page.locator(f".block[data-assignment='{booking['id']}']")
    expect(page.locator(".axis")).to_be_hidden()
    expect(page.locator(".list-day")).to_have_text(f"{start:%a, %b} {start.day}")
    expect(block.locator(".where")).to_contain_text("100 Congress Avenue, Austin")
    expect(block.locator(".when")).to_be_visible()
    box = block.bounding_box()
    assert box
    assert box["width"] > 280
    assert box["height"] >= 40
    assert block.evaluate("block => block.scrollWidth <= block.clientWidth")
    assert page.evaluate(OVERFLOW) <= 0
    assert barriers(page) == []
    block.press("Shift+F10")
    expect(page.get_by_role("menuitem", name="Confirm")).to_be_focused()
    keep(page, f"{days}-days-list")


def test_a_job_of_an_hour_can_be_read_at_1280(visit: Open, api: Api) -> None:
    crew = api.new_contractor()
    target = datetime.now(UTC).replace(hour=18, minute=0, second=0, microsecond=0) + timedelta(days=2)
    job = api.post(
        "jobs/",
        type="tile",
        desired_date=target.isoformat(),
        duration="01:00:00",
        location=crew["location"],
        customer_name="Alexandra Montgomery",
    )
    slots = api.get(f"contractors/{crew['id']}/availability/", job=job["id"])["available_time_slots"]
    api.post("assignments/", job=job["id"], contractor=crew["id"], start=slots[0]["start"])
    day = datetime.fromisoformat(slots[0]["start"]).astimezone(ZoneInfo(crew["time_zone"])).date()
    page = visit(f"/?day={day}&q={quote(crew['name'])}", COORDINATOR)
    block = page.locator(f".block[data-number='{job['job_number']}']")
    expect(block.locator(".what")).to_contain_text("Alexandra Montgomery")
    expect(block.locator(".where")).to_contain_text("100 Congress Avenue, Austin")
    boxes = [block.locator(part).bounding_box() for part in (".what", ".where")]
    for box in boxes:
        assert box
        assert box["width"] > 45
        assert box["height"] >= 14
    page.get_by_text("Legend", exact=True).click()
    expect(page.get_by_text("conflict: the rules would reject this booking today").last).to_be_visible()
    assert barriers(page) == []
    keep(page, "one-hour")


def test_the_numbers_follow_the_rows(visit: Open, api: Api) -> None:
    crew = api.new_contractor()
    booking = api.book(crew)
    day = datetime.fromisoformat(booking["time_slot"]["start"]).astimezone(ZoneInfo(crew["time_zone"])).date()
    page = visit(f"/?day={day}&q={quote(crew['name'])}", COORDINATOR)
    expect(page.get_by_role("status").first).to_have_text("Live")
    bookings, pending = page.locator("[data-count='']"), page.locator("[data-count=pending]")
    expect(bookings).to_have_text("1")
    expect(pending).to_have_text("1")
    expect(page.locator("[data-booked-share]")).to_have_text("22%")  # two hours of nine
    api.post(f"assignments/{booking['id']}/confirm/")
    expect(pending).to_have_text("0")
    api.post(f"assignments/{booking['id']}/cancel/", reason="Not needed")
    expect(bookings).to_have_text("0")
    expect(page.locator("[data-booked-share]")).to_have_text("0%")


@pytest.mark.parametrize("size", SIZES)
def test_the_day_sheet_is_one_click_from_the_row(visit: Open, api: Api, booked: Wanted, size: str) -> None:
    page = visit(booked.board, COORDINATOR, viewport=SIZES[size])
    page.get_by_role("link", name=f"Day sheet, {booked.contractor['name']}").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(booked.contractor["name"])
    job = page.get_by_role("article").filter(has_text=booked.job["job_number"])
    expect(job).to_contain_text(booked.job["location"]["address"])
    assert page.evaluate(OVERFLOW) <= 0
    assert barriers(page) == []
    keep(page, f"day-sheet-{size}")
    page.evaluate("window.print = () => document.body.dataset.printed = 'yes'")
    page.get_by_role("button", name="Print").click()
    expect(page.locator("body")).to_have_attribute("data-printed", "yes")
    page.emulate_media(media="print")
    expect(page.get_by_role("button", name="Print")).to_be_hidden()
    expect(job).to_be_visible()
