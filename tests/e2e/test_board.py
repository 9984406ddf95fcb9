"""The board: jobs move to a row and a time by mouse or keyboard, and ineligible contractors show reasons."""

import base64
import re
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote, urlsplit
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Locator, Page, Route, WebSocket, expect

from tests.e2e.conftest import Open
from tests.e2e.office import COORDINATOR, MANAGER, Api, note_faults
from tests.e2e.test_pages import OVERFLOW, PICTURES, SIZES, barriers

NO_SOCKETS = """window.WebSocket = class {
  constructor() { setTimeout(() => this.onclose?.({ code: 1006 }), 10); }
  close() {}
};"""
BLOCKS = """() => [...document.querySelectorAll(".block")].map((block) => [
  block.closest("[data-lane]").dataset.lane, block.dataset.key, block.dataset.from, block.className.replace(" new", ""),
]).sort().join("\\n")"""


class Wanted:
    """A job, an eligible contractor, and a start time in the contractor's local time."""

    def __init__(self, api: Api, job: Any, place: int = 0) -> None:
        self.job = job
        candidate = api.candidates(job)[place]
        self.contractor = api.get(f"contractors/{candidate['contractor']['id']}/")
        self.starts = [slot["start"] for slot in candidate["available_time_slots"]]

    def local(self, start: str) -> datetime:
        return datetime.fromisoformat(start).astimezone(ZoneInfo(self.contractor["time_zone"]))

    @property
    def board(self) -> str:
        """The address of the board with this contractor's lane alone."""
        return f"/?day={self.local(self.starts[0]).date()}&q={self.contractor['email']}"

    def minute(self, start: str) -> int:
        """The position of a start on this board: the time since midnight."""
        midnight = self.local(start).replace(hour=0, minute=0)
        return int((datetime.fromisoformat(start) - midnight.astimezone(UTC)).total_seconds()) // 60


@pytest.fixture
def wanted_job(api: Api, job: Any) -> Wanted:
    return Wanted(api, job)


def keep(page: Page, name: str) -> None:
    """Save a screenshot."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=PICTURES / f"board-{name}.png")


def open_filters(page: Page) -> None:
    """Unfold the filters that the form does not show at first."""
    page.get_by_role("button", name="Filters").click()


def lane(page: Page, wanted_job: Wanted) -> Locator:
    return page.locator(f"[data-lane='{wanted_job.contractor['id']}']")


def card(page: Page, wanted_job: Wanted) -> Locator:
    return page.locator(f".job[data-number='{wanted_job.job['job_number']}']")


def block(page: Page, wanted_job: Wanted) -> Locator:
    return page.locator(f".block[data-number='{wanted_job.job['job_number']}']")


def drag(page: Page, what: Locator, target: Locator, minute: int, *, drop: bool = True) -> None:
    """Drag to where `minute` lies in the lane, holding it by its left edge."""
    what.scroll_into_view_if_needed()
    box, track = what.bounding_box(), target.locator(".track")
    assert box
    page.mouse.move(box["x"] + 3, box["y"] + 6)
    page.mouse.down()
    page.mouse.move(box["x"] + 20, box["y"] + 16, steps=3)
    expect(page.locator(".lane.can, .lane.cannot").first).to_be_visible()
    where = track.bounding_box()
    assert where
    first, last = map(int, str(page.locator("[data-part=board]").get_attribute("data-columns")).split("-"))
    share = (minute - first) / (last - first)
    page.mouse.move(where["x"] + share * where["width"] + 3, where["y"] + where["height"] / 2, steps=4)
    if drop:
        page.mouse.up()


def start_of(api: Api, wanted_job: Wanted) -> str:
    (booking,) = [row for row in api.bookings(wanted_job.job) if row["status"] != "cancelled"]
    return str(booking["time_slot"]["start"])


def test_a_job_is_dragged_onto_a_lane_and_taken_back(visit: Open, api: Api, wanted_job: Wanted) -> None:
    page = visit(wanted_job.board, COORDINATOR)
    drag(page, card(page, wanted_job), lane(page, wanted_job), wanted_job.minute(wanted_job.starts[1]))
    expect(block(page, wanted_job)).to_have_attribute("data-from", str(wanted_job.minute(wanted_job.starts[1])))
    expect(card(page, wanted_job)).to_have_count(0)
    assert start_of(api, wanted_job) == wanted_job.starts[1]

    page.get_by_role("button", name="Undo").click()
    expect(block(page, wanted_job)).to_have_count(0)
    expect(card(page, wanted_job)).to_have_count(1)
    assert api.job(wanted_job.job["id"])["status"] == "open"


def test_a_block_is_dragged_to_another_time_and_back(visit: Open, api: Api, wanted_job: Wanted) -> None:
    api.assign_best(wanted_job.job)
    page = visit(wanted_job.board, COORDINATOR)
    expect(block(page, wanted_job)).to_have_attribute("data-from", str(wanted_job.minute(wanted_job.starts[0])))
    drag(page, block(page, wanted_job), lane(page, wanted_job), wanted_job.minute(wanted_job.starts[-1]))
    expect(block(page, wanted_job)).to_have_attribute("data-from", str(wanted_job.minute(wanted_job.starts[-1])))
    assert start_of(api, wanted_job) == wanted_job.starts[-1]
    page.get_by_role("button", name="Undo").click()
    expect(block(page, wanted_job)).to_have_attribute("data-from", str(wanted_job.minute(wanted_job.starts[0])))
    assert start_of(api, wanted_job) == wanted_job.starts[0]


def carried(page: Page) -> Locator:
    """The row of the carried job."""
    return page.locator(".lane:has(.ghost)")


@pytest.fixture
def crews(api: Api) -> list[Any]:
    """Two contractors at a place where no other contractor works, free all day."""
    place = {"latitude": 31.7619, "longitude": -106.485, "address": "300 North Campbell Street", "city": "El Paso"}
    return [api.new_contractor(location={**place, "state": "TX", "zip_code": "79901"}) for _ in range(2)]


def near(api: Api, booking: Any) -> str:
    """The address of the board on the day of a booking, with the nearest contractors in the first rows."""
    zone = ZoneInfo(api.get(f"contractors/{booking['contractor']}/")["time_zone"])
    day = datetime.fromisoformat(booking["time_slot"]["start"]).astimezone(zone).date()
    return f"/?day={day}&sort=distance&for_job={booking['job']}"


def booked_block(page: Page, booking: Any) -> Locator:
    return page.locator(f".block[data-number='{booking['job_number']}']")


def test_a_block_is_carried_to_another_contractor(visit: Open, api: Api, crews: list[Any]) -> None:
    booking = api.book(crews[0])
    page = visit(near(api, booking), COORDINATOR)
    booked_block(page, booking).focus()
    page.keyboard.press(" ")
    expect(carried(page)).to_have_attribute("data-lane", crews[0]["id"])
    page.keyboard.press("ArrowDown")
    expect(carried(page)).not_to_have_attribute("data-lane", crews[0]["id"])
    other, name = carried(page).get_attribute("data-lane"), carried(page).get_attribute("data-name")
    page.keyboard.press("Enter")
    question = page.get_by_role("dialog")
    expect(question.or_(page.locator(".toast")).first).to_be_visible()
    if question.is_visible():  # another contractor ranks first; the reason is optional
        page.keyboard.press("Enter")
    expect(page.locator(".toast")).to_contain_text(f"{booking['job_number']} was reassigned to {name}.")
    moved = page.locator(f"[data-lane='{other}'] .block[data-number='{booking['job_number']}']")
    expect(moved).to_have_count(1)
    live = [each for each in api.bookings({"id": booking["job"]}) if each["status"] == "pending"]
    assert [each["contractor"] for each in live] == [other]
    assert live[0]["id"] != booking["id"]

    page.get_by_role("button", name="Undo").click()
    own = page.locator(f"[data-lane='{crews[0]['id']}'] .block[data-number='{booking['job_number']}']")
    expect(own).to_have_count(1)


def test_a_row_that_another_coordinator_changes_stays_while_it_is_carried(
    visit: Open, api: Api, crews: list[Any]
) -> None:
    """The answer with the changed row arrives after the booking was picked up."""
    booking = api.book(crews[0])
    page = visit(near(api, booking), COORDINATOR)
    expect(page.get_by_role("status").first).to_have_text("Live")
    waiting: list[Route] = []

    def hold(route: Route) -> None:
        waiting.append(route)

    page.route("**/live/lanes/**", hold)
    with page.expect_request("**/live/lanes/**"):
        api.post(f"assignments/{booking['id']}/confirm/")
    booked_block(page, booking).focus()
    page.keyboard.press(" ")
    expect(carried(page)).to_have_attribute("data-lane", crews[0]["id"])
    with page.expect_response("**/live/lanes/**"):
        for route in waiting:
            route.continue_()
    page.evaluate("fetch(location.href).then(answer => answer.text())")  # by then the first answer has been read
    page.keyboard.press("ArrowDown")
    expect(carried(page)).not_to_have_attribute("data-lane", crews[0]["id"])
    page.unroute("**/live/lanes/**")
    page.keyboard.press("Escape")
    expect(carried(page)).to_have_count(0)
    expect(booked_block(page, booking)).to_have_class(re.compile(r"\bconfirmed\b"))
    expect(booked_block(page, booking)).to_be_focused()


def test_a_lane_that_cannot_take_it_says_why_and_it_springs_back(visit: Open, api: Api, wanted_job: Wanted) -> None:
    others = api.listed("contractors/", status="active")
    other = next(contractor for contractor in others if contractor["type"] not in {wanted_job.job["type"], "multi"})
    page = visit(f"/?q={other['email']}", COORDINATOR)
    target = page.locator(f"[data-lane='{other['id']}']")
    drag(page, card(page, wanted_job), target, 12 * 60, drop=False)
    reason = f"{other['name']} does {other['type']} jobs, but this is a {wanted_job.job['type']} job."
    expect(page.locator(".float")).to_contain_text(reason)
    expect(target.locator(".track")).to_have_attribute("data-reason", re.compile(f"^{re.escape(reason)}"))
    page.mouse.up()
    expect(page.locator(".toast.refused")).to_contain_text(reason)
    expect(card(page, wanted_job)).to_have_count(1)
    assert api.job(wanted_job.job["id"])["status"] == "open"


def test_another_coordinator_is_faster(visit: Open, api: Api, wanted_job: Wanted) -> None:
    """The slot is taken while the job is in the air: the server says so, and nothing has changed."""
    page = visit(wanted_job.board, COORDINATOR)
    drag(page, card(page, wanted_job), lane(page, wanted_job), wanted_job.minute(wanted_job.starts[0]), drop=False)
    expect(page.locator(".ghost:not(.bad)")).to_be_visible()
    api.assign_best(wanted_job.job)
    page.mouse.up()
    expect(page.locator(".toast.refused")).to_contain_text("only an open job can be assigned")
    assert len(api.bookings(wanted_job.job)) == 1
    expect(block(page, wanted_job)).to_have_count(1)


def test_two_coordinators_assign_one_job_from_their_panels(visit: Open, api: Api, wanted_job: Wanted) -> None:
    """The second one still sees the old ranking, and is told by the answer; the panel then shows the booking."""
    first, second = (visit(f"/#job-{wanted_job.job['id']}", COORDINATOR) for _ in range(2))
    assign = [
        page.get_by_role("article", name="Rank 1:").get_by_role("button", name="Assign") for page in (first, second)
    ]
    for button in assign:
        expect(button).to_be_visible()
    second.route("**/live/jobs/**", lambda route: route.abort())
    assign[0].click()
    expect(first.locator(".toast")).to_contain_text("was assigned to")
    assign[1].click()
    expect(second.locator(".toast.refused")).to_contain_text("only an open job can be assigned")
    second.unroute("**/live/jobs/**")
    second.get_by_role("button", name="Close").click()
    second.evaluate("address => location.hash = address", f"#job-{wanted_job.job['id']}")
    expect(second.locator("[data-drawer] .booked")).to_contain_text(wanted_job.contractor["name"])
    assert len(api.bookings(wanted_job.job)) == 1


def test_a_map_that_does_not_load_is_said_and_loads_later(visit: Open) -> None:
    page = visit("/", COORDINATOR)
    page.route("**/live/map/**", lambda route: route.abort())
    page.get_by_role("button", name="Map").click()
    expect(page.locator(".toast.refused")).to_contain_text("The map could not be loaded.")
    page.unroute("**/live/map/**")
    page.get_by_role("button", name="Timeline").click()
    expect(page.locator("[data-lane]").first).to_be_visible()
    page.get_by_role("button", name="Map").click()
    expect(page.locator("path.state").first).to_be_attached()


def test_escape_takes_it_back(visit: Open, api: Api, wanted_job: Wanted) -> None:
    page = visit(wanted_job.board, COORDINATOR)
    drag(page, card(page, wanted_job), lane(page, wanted_job), wanted_job.minute(wanted_job.starts[0]), drop=False)
    page.keyboard.press("Escape")
    page.mouse.up()
    expect(page.locator(".ghost, .float")).to_have_count(0)
    assert api.job(wanted_job.job["id"])["status"] == "open"


def test_the_keyboard_is_enough(visit: Open, api: Api, wanted_job: Wanted) -> None:
    api.assign_best(wanted_job.job)
    page = visit(wanted_job.board, COORDINATOR)
    expect(page.get_by_role("status").first).to_have_text("Live")
    block(page, wanted_job).focus()
    page.keyboard.press(" ")
    announcement = page.locator("[data-announce]")
    expect(announcement).to_contain_text(wanted_job.contractor["name"])
    expect(page.locator(".ghost")).to_be_visible()
    assert barriers(page) == []
    keep(page, "carrying")
    page.keyboard.press("ArrowRight")
    second = wanted_job.minute(wanted_job.starts[1])
    expect(announcement).to_contain_text(f"{wanted_job.local(wanted_job.starts[1]):%I:%M}".lstrip("0"))
    page.keyboard.press("Enter")
    expect(block(page, wanted_job)).to_have_attribute("data-from", str(second))
    assert start_of(api, wanted_job) == wanted_job.starts[1]

    block(page, wanted_job).focus()
    page.keyboard.press("Enter")
    panel = page.get_by_role("complementary", name="Job")
    expect(panel.get_by_role("heading", level=2)).to_be_visible()
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    expect(block(page, wanted_job)).to_be_focused()


def test_an_open_job_is_placed_with_the_keyboard(visit: Open, api: Api, wanted_job: Wanted) -> None:
    page = visit(wanted_job.board, COORDINATOR)
    page.get_by_role("button", name=f"Place {wanted_job.job['job_number']}").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".ghost")).to_be_visible()
    page.keyboard.press("Enter")
    expect(block(page, wanted_job)).to_have_count(1)
    assert api.job(wanted_job.job["id"])["status"] == "assigned"


def test_a_manager_sees_and_cannot_act(visit: Open, api: Api, wanted_job: Wanted) -> None:
    api.assign_best(wanted_job.job)
    # By name: a search by address would reveal the address, which managers may not see.
    page = visit(f"{wanted_job.board.partition('&q=')[0]}&q={quote(wanted_job.contractor['name'])}", MANAGER)
    expect(block(page, wanted_job)).to_have_count(1)
    expect(page.locator("[data-movable], [data-place]")).to_have_count(0)
    box = block(page, wanted_job).bounding_box()
    assert box
    page.mouse.move(box["x"] + 3, box["y"] + 6)
    page.mouse.down()
    page.mouse.move(box["x"] + 200, box["y"] + 6, steps=4)
    expect(page.locator(".float, .ghost")).to_have_count(0)
    page.mouse.up()
    block(page, wanted_job).click()
    panel = page.get_by_role("complementary", name="Job")
    expect(panel).to_contain_text(wanted_job.contractor["name"])
    expect(panel.get_by_role("button", name="Reassign")).to_have_count(0)


def test_the_panel_says_who_moved_when_something_changes(visit: Open, api: Api, wanted_job: Wanted) -> None:
    page = visit("/", COORDINATOR)
    expect(page.get_by_role("status").first).to_have_text("Live")
    page.get_by_role("link", name=f"Recommend {wanted_job.job['job_number']}").click()
    first = page.get_by_role("article", name=f"Rank 1: {wanted_job.contractor['name']}")
    expect(first).to_be_visible()
    page.get_by_role("searchbox", name="Why not…?").fill("somebody")
    try:
        api.post(f"contractors/{wanted_job.contractor['id']}/mark-on-leave/")
        expect(first).to_have_count(0, timeout=15_000)
        expect(page.locator("[data-moved]")).to_contain_text(f"{wanted_job.contractor['name']} is no longer listed")
        expect(page.get_by_role("searchbox", name="Why not…?")).to_have_value("somebody")
    finally:
        api.post(f"contractors/{wanted_job.contractor['id']}/activate/")


def test_the_panel_says_why_not(visit: Open, api: Api, wanted_job: Wanted) -> None:
    others = api.listed("contractors/", status="active")
    other = next(contractor for contractor in others if contractor["type"] not in {wanted_job.job["type"], "multi"})
    page = visit(f"/#job-{wanted_job.job['id']}", COORDINATOR)
    page.get_by_role("searchbox", name="Why not…?").fill(other["email"])
    page.get_by_role("button", name="Ask").click()
    expect(page.locator("[data-answer]")).to_contain_text(
        f"does {other['type']} jobs, but this is a {wanted_job.job['type']} job"
    )


def test_back_closes_the_panel_and_goes_back_a_day(visit: Open, wanted_job: Wanted) -> None:
    page = visit("/", COORDINATOR)
    today = page.locator("[data-part=board]").get_attribute("data-day")
    page.get_by_role("link", name="Later").click()
    tomorrow = str((datetime.fromisoformat(str(today)) + timedelta(days=1)).date())
    expect(page.locator("[data-part=board]")).to_have_attribute("data-day", tomorrow)
    page.get_by_role("link", name=f"Recommend {wanted_job.job['job_number']}").click()
    panel = page.get_by_role("complementary", name="Job")
    expect(panel).to_be_visible()
    page.go_back()
    expect(panel).to_be_hidden()
    expect(page.locator("[data-part=board]")).to_have_attribute("data-day", tomorrow)
    page.go_back()
    expect(page.locator("[data-part=board]")).to_have_attribute("data-day", str(today))


BELOW = """() => document.documentElement.scrollHeight - scrollY
  - document.querySelector("main").getBoundingClientRect().bottom"""
UNPOSITIONED = """() => [...document.querySelectorAll("body *")].filter((one) => {
  const style = getComputedStyle(one);
  return /auto|scroll/.test(style.overflowY) && style.position === "static" && one.scrollHeight > one.clientHeight + 1;
}).map((one) => one.className)"""


@pytest.mark.parametrize("width", [375, 1280, 1920])
def test_the_page_is_no_longer_than_what_it_shows(visit: Open, wanted_job: Wanted, width: int) -> None:
    """What is hidden for screen readers in a list that scrolls counts for the list, not for the page."""
    page = visit("/", COORDINATOR, viewport={"width": width, "height": 800})
    expect(card(page, wanted_job)).to_have_count(1)
    below = page.evaluate(BELOW)
    assert below < 100, f"{below} empty pixels below the page"
    assert page.evaluate(UNPOSITIONED) == []
    keep(page, f"at-{width}")


def test_the_panel_on_a_phone_covers_the_page_and_is_closed_by_its_button(visit: Open, wanted_job: Wanted) -> None:
    page = visit(f"/#job-{wanted_job.job['id']}", COORDINATOR, viewport=SIZES["telephone"])
    panel = page.get_by_role("complementary", name="Job")
    expect(panel.get_by_role("article").first).to_be_visible()
    keep(page, "panel-telephone")
    panel.get_by_role("button", name="Close").click()
    expect(panel).to_be_hidden()


@pytest.mark.parametrize("width", [1280, 1920])
def test_the_panel_stays_in_view_on_a_scrolled_page(visit: Open, wanted_job: Wanted, width: int) -> None:
    page = visit(f"/#job-{wanted_job.job['id']}", COORDINATOR, viewport={"width": width, "height": 700})
    expect(page.locator("[data-candidates] [data-lane]").first).to_be_visible()
    page.evaluate("scrollTo({ top: document.documentElement.scrollHeight, behavior: 'instant' })")
    keep(page, f"panel-scrolled-{width}")
    places = [page.get_by_role("banner"), page.locator("[data-drawer]"), page.locator(".activity")]
    header, panel, activity = (place.bounding_box() for place in places)
    assert header
    assert panel
    assert activity
    assert panel["y"] >= header["y"] + header["height"]
    assert activity["x"] >= panel["x"] + panel["width"]


def test_the_figures_fit_a_phone(visit: Open) -> None:
    page = visit("/", COORDINATOR, viewport=SIZES["telephone"])
    page.locator(".figure dd").last.evaluate("value => value.textContent = '23 h 59 min'")
    assert page.locator(".figure").evaluate_all("all => all.every(each => each.scrollWidth <= each.clientWidth)")


def test_the_panel_closes_without_a_connection(visit: Open, wanted_job: Wanted) -> None:
    page = visit("/", COORDINATOR)
    panel = page.get_by_role("complementary", name="Job")
    address = f"#job-{wanted_job.job['id']}"
    page.evaluate("address => location.hash = address", address)
    expect(panel.get_by_role("article").first).to_be_visible()
    page.context.set_offline(True)
    panel.get_by_role("searchbox", name="Why not…?").fill("somebody")
    panel.get_by_role("button", name="Ask").click()
    expect(panel.locator("[data-trouble]")).to_contain_text("could not be loaded")
    expect(panel.get_by_role("article").first).to_be_visible()  # what was shown stays
    panel.get_by_role("button", name="Close").click()
    expect(panel).to_be_hidden()
    # Opened while offline there is nothing to show, and it closes all the same.
    page.evaluate("address => location.hash = address", address)
    expect(panel).to_contain_text("could not be loaded")
    panel.get_by_role("button", name="Close").click()
    expect(panel).to_be_hidden()
    page.context.set_offline(False)
    expect(page.get_by_role("status").first).to_have_text("Live")


def test_the_panel_presets_the_wanted_time_and_names_another(visit: Open, api: Api) -> None:
    crew = api.new_contractor()
    desired_date = datetime.now(UTC).replace(hour=18, minute=10, second=0, microsecond=0) + timedelta(days=3)
    asked = {
        "type": "tile",
        "desired_date": desired_date.isoformat(),
        "duration": "02:00:00",
        "location": crew["location"],
    }
    job = api.post("jobs/", **asked)
    page = visit(f"/#job-{job['id']}", COORDINATOR)
    page.get_by_role("searchbox", name="Why not…?").fill(crew["name"])
    page.get_by_role("button", name="Ask").click()
    answer = page.locator("[data-answer]")
    when = answer.get_by_label(f"Time for {crew['name']}")
    assert datetime.fromisoformat(when.input_value()) == desired_date
    expect(answer.locator("p.differs")).to_be_hidden()
    when.select_option(index=0)
    expect(answer.locator("p.differs")).to_contain_text("The customer asked for")
    expect(answer.locator("p.differs")).to_contain_text("earlier in the day")
    keep(page, "wanted-time")


def test_the_panel_listens_to_its_own_job_as_long_as_it_is_open(visit: Open, wanted_job: Wanted) -> None:
    sockets: list[WebSocket] = []
    page = visit("/", COORDINATOR, prepare=lambda page: page.on("websocket", lambda socket: sockets.append(socket)))
    page.evaluate("address => location.hash = address", f"#job-{wanted_job.job['id']}")
    expect(page.get_by_role("article").first).to_be_visible()
    (own,) = [socket for socket in sockets if f"topics=job:{wanted_job.job['id']}" in socket.url]
    with own.expect_event("close"):
        page.get_by_role("button", name="Close").click()
    assert not any(socket.is_closed() for socket in sockets if socket is not own)


def test_where_no_socket_gets_through_it_polls(visit: Open, api: Api, wanted_job: Wanted) -> None:
    page = visit("/", MANAGER, prepare=lambda page: page.add_init_script(NO_SOCKETS))
    expect(page.get_by_role("status").first).to_have_text("Live (updates every few seconds)")
    expect(card(page, wanted_job)).to_have_count(1)
    api.assign_best(wanted_job.job)
    expect(card(page, wanted_job)).to_have_count(0)
    expect(page.get_by_role("log")).to_contain_text(f"{wanted_job.job['job_number']} was assigned to")


def test_two_boards_stay_equal_under_load(visit: Open, api: Api) -> None:
    jobs = [Wanted(api, api.new_job()) for _ in range(3)]
    day = jobs[0].local(jobs[0].starts[0]).date()
    pages = [visit(f"/?day={day}", email) for email in (COORDINATOR, MANAGER)]
    for page in pages:
        expect(page.get_by_role("status").first).to_have_text("Live")
    for turn in range(12):
        moving = jobs[turn % 3]
        live = [booking for booking in api.bookings(moving.job) if booking["status"] in {"pending", "confirmed"}]
        if live:
            api.post(f"assignments/{live[0]['id']}/cancel/", reason="Load")
        else:
            api.assign_best(moving.job)
    fresh = visit(f"/?day={day}", MANAGER)
    truth = fresh.evaluate(BLOCKS)
    for page in pages:
        page.wait_for_function(f"truth => ({BLOCKS})() === truth", arg=truth)


def test_the_map_shows_the_job_and_its_candidates(visit: Open, wanted_job: Wanted) -> None:
    page = visit(f"/#job-{wanted_job.job['id']}", COORDINATOR)
    expect(page.get_by_role("article", name="Rank 1:")).to_be_visible()
    page.get_by_role("button", name="Map").click()
    expect(page.locator(".pin.chosen")).to_have_count(1)
    expect(page.locator(".pin.candidate").first).to_be_visible()
    expect(
        page.locator(".leaflet-tooltip").filter(has_text=f"1. {wanted_job.contractor['name']}").first
    ).to_be_visible()
    expect(page.locator("path.state")).not_to_have_count(0)
    # The place of a pin is essential (WCAG 2.5.8): near ones overlap.
    assert [barrier for barrier in barriers(page) if not barrier.startswith("target-size")] == []
    keep(page, "map")


TILES = "https://tiles.example.com"
# A transparent point: the stand-in for every tile.
TILE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


def with_tiles(page: Page) -> list[str]:
    """Let `page` be as with MAP_TILE_URL, and answer for the tile server; returns the requested addresses."""
    requested: list[str] = []

    def serve(route: Route) -> None:
        requested.append(route.request.url)
        route.fulfill(body=TILE, content_type="image/png")

    def set_up(route: Route) -> None:
        answer = route.fetch()
        policy = answer.headers["content-security-policy"].replace(
            "img-src 'self' data:", f"img-src 'self' data: {TILES}"
        )
        tiles = f'data-tile-url="{TILES}/{{z}}/{{x}}/{{y}}.png" data-tile-attribution="© &lt;b&gt;Someone"'
        body = answer.text().replace("data-map>", f"data-map {tiles}>")
        route.fulfill(response=answer, body=body, headers={**answer.headers, "content-security-policy": policy})

    page.route(lambda url: urlsplit(url).path == "/", set_up)
    page.route(f"{TILES}/**", serve)
    return requested


@pytest.mark.parametrize("size", SIZES)
def test_the_map_draws_the_tiles_of_the_server_that_is_set_up(visit: Open, size: str) -> None:
    faults: list[str] = []
    requested: list[list[str]] = []

    def prepare(page: Page) -> None:
        note_faults(page, faults)
        requested.append(with_tiles(page))

    page = visit(f"/?day={datetime.now(UTC).date()}", COORDINATOR, viewport=SIZES[size], prepare=prepare)
    page.get_by_role("button", name="Map").click()
    expect(page.locator(".leaflet-tile-loaded").first).to_be_attached()
    expect(page.locator(".leaflet-control-attribution")).to_have_text("© <b>Someone")
    expect(page.locator(".with-tiles path.state")).not_to_have_count(0)
    assert page.evaluate(OVERFLOW) <= 0
    assert [barrier for barrier in barriers(page) if not barrier.startswith("target-size")] == []
    # Chromium takes an answer of the test for a page from elsewhere, which may not open sockets to this machine.
    assert [fault for fault in faults if "WebSocket" not in fault] == []
    assert all(re.fullmatch(rf"{TILES}/\d+/\d+/\d+\.png", address) for address in requested[0])
    keep(page, f"map-tiles-{size}")


@pytest.mark.parametrize("size", SIZES)
def test_the_map_without_tiles_says_what_they_would_bring(visit: Open, size: str) -> None:
    page = visit("/", COORDINATOR, viewport=SIZES[size])
    page.get_by_role("button", name="Map").click()
    expect(page.locator("path.state")).not_to_have_count(0)
    expect(page.get_by_text("With a tile server, it also shows roads and place names.")).to_be_visible()
    assert page.evaluate(OVERFLOW) <= 0
    assert [barrier for barrier in barriers(page) if not barrier.startswith("target-size")] == []
    keep(page, f"map-{size}")
    page.get_by_role("link", name="Set up a tile server").click()
    expect(page.get_by_role("heading", name="Map")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_panel_is_accessible(visit: Open, wanted_job: Wanted, scheme: Any) -> None:
    page = visit(
        f"/#job-{wanted_job.job['id']}", COORDINATOR, prepare=lambda page: page.emulate_media(color_scheme=scheme)
    )
    expect(page.get_by_role("article", name="Rank 1:")).to_be_visible()
    expect(page.locator("[data-candidates]")).to_be_visible()  # the board is pale while it loads
    keep(page, f"panel-{scheme}")
    assert barriers(page) == []


def test_the_search_narrows_the_board_and_is_in_the_address(visit: Open, api: Api) -> None:
    person = api.listed("contractors/", status="active")[3]
    page = visit("/", COORDINATOR)
    page.get_by_role("combobox", name="Search contractors and jobs").fill(person["email"])
    expect(page.locator("[data-lane]")).to_have_count(1)
    expect(page).to_have_url(re.compile("q="))
    page.reload()
    expect(page.locator("[data-lane]")).to_have_count(1)
    page.get_by_role("combobox", name="Search contractors and jobs").fill("nobody of that name")
    expect(page.get_by_text("No contractor matches this search.")).to_be_visible()
