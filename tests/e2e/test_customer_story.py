"""The story of a customer: a call, a promised window, a booking in it, the messages, and a rating by link."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Open
from tests.e2e.office import ADMINISTRATOR, COORDINATOR, Api
from tests.e2e.stories import story
from tests.e2e.test_board import drag
from tests.e2e.test_office import JOBS
from tests.e2e.test_pages import OVERFLOW, PICTURES, SIZES, barriers

CUSTOMERS = "/admin/customers/customer/"
HALF_HOUR = timedelta(minutes=30)
# The last minute of the contractor's day on the board.
LAST_MINUTE = 23 * 60
# Two towns in which none of the demo's contractors work. At any moment, the day of one of them has hours left.
EL_PASO = {
    "latitude": 31.7619,
    "longitude": -106.485,
    "address": "300 North Campbell Street",
    "city": "El Paso",
    "state": "TX",
    "zip_code": "79901",
}
HONOLULU = {
    "latitude": 21.3069,
    "longitude": -157.8583,
    "address": "530 South King Street",
    "city": "Honolulu",
    "state": "HI",
    "zip_code": "96813",
}
ZONES = {"El Paso": "America/Denver", "Honolulu": "Pacific/Honolulu"}


@dataclass(frozen=True)
class Scene:
    """A contractor who works day and night, a customer at the same place, and a window later today."""

    contractor: Any
    customer: Any
    place: dict[str, Any]
    window: datetime

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(ZONES[self.place["city"]])

    def minute(self, moment: datetime) -> int:
        there = moment.astimezone(self.zone)
        return there.hour * 60 + there.minute

    @property
    def board(self) -> str:
        """The board of the day with the contractor's row alone."""
        return f"/?day={self.window.astimezone(self.zone).date()}&q={self.contractor['email']}"


def look(page: Page, name: str) -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=PICTURES / f"story-{name}.png", full_page=True)
    assert barriers(page) == []


@pytest.fixture
def scene(api: Api) -> Scene:
    now = datetime.now(UTC)
    place = HONOLULU if now.hour < 7 else EL_PASO
    halves = (("00:00", "12:00"), ("12:00", "23:30"))
    hours = [{"day_of_week": day, "start_time": start, "end_time": end} for day in range(7) for start, end in halves]
    contractor = api.new_contractor(location=place, working_hours=hours)
    # Contractors of the demo without a service radius can do the job too. The best rating keeps this one in the list.
    api.post(f"contractors/{contractor['id']}/rate/", rating=5)
    number = uuid4().int % 10**7
    phone = f"(808) {200 + number // 10**4 % 700}-{number % 10**4:04d}"
    customer = api.post(
        "customers/", name=f"Zoë O’Brien {number}", email=f"zoe{number}@example.com", phones=[{"number": phone}]
    )
    start = now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1, minutes=30)
    return Scene(contractor, customer | {"phone": phone}, place, start)


def test_a_call_becomes_a_rated_visit(visit: Open, api: Api, scene: Scene) -> None:
    job = promised_job(visit, api, scene)
    booked_in_the_window(visit, api, scene, job)
    moved_inside_and_refused_outside(visit, api, scene, job)
    link = messages_are_seen(visit, api, scene, job)
    rated_by_link(visit, api, scene, job, link)


def promised_job(visit: Open, api: Api, scene: Scene) -> Any:
    """The caller is found by the last four digits; the new job has a window at once."""
    name, phone = scene.customer["name"], scene.customer["phone"]
    page = visit(f"{JOBS}add/", COORDINATOR)
    with story("a customer calls: new job with an arrival window", page) as caller:
        page.locator("#id_customer_phone").focus()
        caller.type(phone[-4:])
        caller.click(page.get_by_role("option", name=name))
        expect(page.locator("#id_customer_name")).to_have_value(name)
        for field in ("address", "city", "zip_code"):
            caller.fill(page.locator(f"#id_{field}"), scene.place[field])
        page.locator("#id_state").select_option(scene.place["state"])
        page.locator("#id_type").select_option("tile")
        there = scene.window.astimezone(scene.zone)
        caller.fill(page.locator("#id_desired_date"), f"{there:%Y-%m-%d %H:%M}")
        caller.fill(page.locator("#id_duration"), "30 min")
        caller.fill(page.locator("#id_window_start"), f"{there:%Y-%m-%d %H:%M}")
        page.locator("#id_window_length").select_option("60")
        caller.click(page.get_by_role("button", name="Save and rank contractors"))
        page.wait_for_url("**/recommend/")
    expect(page.get_by_text("Only starts in the promised arrival window are offered:")).to_be_visible()
    look(page, "ranked")
    (job,) = api.listed("jobs/", search=phone)
    assert datetime.fromisoformat(job["window_start"]) == scene.window
    return job


def booked_in_the_window(visit: Open, api: Api, scene: Scene, job: Any) -> None:
    page = visit(f"{JOBS}{job['id']}/recommend/", COORDINATOR)
    with story("book a candidate in the window", page) as booking:
        candidate = page.get_by_role("article", name=scene.contractor["name"])
        booking.click(candidate.get_by_role("button", name="Assign"))
        booking.click(candidate.get_by_role("button", name="Confirm"))
        page.wait_for_url("**/assignments/assignment/**/change/**")
    (made,) = api.bookings(job)
    start = datetime.fromisoformat(made["time_slot"]["start"])
    assert scene.window <= start <= scene.window + timedelta(hours=1)
    look(page, "booked")


def moved_inside_and_refused_outside(visit: Open, api: Api, scene: Scene, job: Any) -> None:
    page = visit(scene.board, COORDINATOR)
    block = page.locator(f".block[data-number='{job['job_number']}']")
    row = page.locator(f"[data-lane='{scene.contractor['id']}']")
    inside = scene.minute(scene.window + 2 * HALF_HOUR)
    drag(page, block, row, inside)
    expect(block).to_have_attribute("data-from", str(inside))
    look(page, "moved")
    later = scene.minute(scene.window) + 180
    drag(page, block, row, later if later < LAST_MINUTE else scene.minute(scene.window) - 60, drop=False)
    expect(page.locator(".float")).to_contain_text("The customer was promised an arrival on")
    page.mouse.up()
    expect(block).to_have_attribute("data-from", str(inside))
    (booking,) = api.bookings(job)
    assert datetime.fromisoformat(booking["time_slot"]["start"]) == scene.window + 2 * HALF_HOUR


def messages_are_seen(visit: Open, api: Api, scene: Scene, job: Any) -> str:
    """The panel and the customer's page show what would have been sent; the last message has the link."""
    page = visit(f"{scene.board}#job-{job['id']}", COORDINATOR)
    panel = page.locator("[data-drawer]")
    expect(panel.get_by_text(re.compile("messages? to the customer"))).to_be_visible()
    panel.get_by_text(re.compile("messages? to the customer")).click()
    expect(panel.locator(".message-log")).to_contain_text("Queued")
    look(page, "panel")
    (booking,) = api.bookings(job)
    for act in ("confirm", "start", "complete"):
        api.post(f"assignments/{booking['id']}/{act}/")
    path = f"{CUSTOMERS}{scene.customer['id']}/change/"
    body = page.locator(".message-body")
    for _attempt in range(60):
        page = visit(f"{path}#messages", COORDINATOR)
        body = page.locator(".message-body", has_text="/customers/rating/")
        if body.count():
            break
        page.wait_for_timeout(500)
    for size in SIZES:
        shown = visit(f"{path}#messages", COORDINATOR, viewport=SIZES[size])
        assert shown.evaluate(OVERFLOW) <= 0
        look(shown, f"messages-{size}")
    address = re.search(r"https?://\S+/customers/rating/\S+", str(body.first.text_content()))
    assert address
    parts = urlsplit(address.group())
    return f"{parts.path}?{parts.query}"


def rated_by_link(visit: Open, api: Api, scene: Scene, job: Any, link: str) -> None:
    page = visit(link, None, viewport=SIZES["telephone"])
    assert page.evaluate(OVERFLOW) <= 0
    look(page, "rating-telephone")
    with story("a customer rates the work", page) as rating:
        rating.click(page.get_by_label("5 – excellent"))
        rating.click(page.get_by_role("button", name="Send rating"))
        expect(page.get_by_role("status")).to_contain_text("has been rated")
    look(page, "rated-telephone")
    page = visit(link, None)
    expect(page.get_by_role("status")).to_contain_text("The link cannot be used again.")
    rated = api.get(f"contractors/{scene.contractor['id']}/")
    assert (float(rated["rating"]), rated["rating_count"]) == (5.0, 2)
    page = visit(f"{CUSTOMERS}{scene.customer['id']}/change/#ratings", COORDINATOR)
    expect(page.get_by_text("the customer,")).to_be_visible()


def test_breaking_a_window_says_what_the_customer_learns(visit: Open, api: Api, scene: Scene) -> None:
    job = api.post(
        "jobs/",
        type="tile",
        duration="00:30:00",
        location=scene.place,
        customer=scene.customer["id"],
        desired_date=scene.window.isoformat(),
        window_start=scene.window.isoformat(),
        window_end=(scene.window + 2 * HALF_HOUR).isoformat(),
    )
    page = visit(f"{JOBS}{job['id']}/recommend/", ADMINISTRATOR)
    page.get_by_label("Also starts outside the arrival window").check()
    first = page.get_by_role("article", name="Rank 1:")
    outside = first.locator("input[data-breaks-window]").last
    outside.check(force=True)
    first.get_by_role("button", name="Assign").click()
    expect(first.get_by_text("This start is outside the arrival window")).to_be_visible()
    expect(first.get_by_text("The customer gets an email that the window is not kept.")).to_be_visible()
    look(page, "break-asked")
    first.get_by_label("Reason for breaking the arrival window").fill("The customer agreed by phone")
    first.get_by_role("button", name="Confirm").click()
    expect(page.get_by_text("The message to the customer is queued.")).to_be_visible()
    (booking,) = api.bookings(job)
    assert booking["window_break_reason"] == "The customer agreed by phone"
