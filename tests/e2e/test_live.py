"""The live page updates itself and shows a lost connection."""

import json
import re
import time
from typing import Any

from playwright.sync_api import Locator, Page, WebSocket, expect

from tests.e2e.conftest import Open
from tests.e2e.office import COORDINATOR, MANAGER, Api

SECONDS = 2.0


def figure(page: Page, name: str) -> Locator:
    return page.locator(".figure").filter(has=page.get_by_text(name, exact=True)).locator("dd")


def count(page: Page, name: str) -> int:
    return int(figure(page, name).inner_text().split()[0])


def watched(visit: Open, **options: Any) -> Page:
    """The live page before the manager's eyes, connected, and marked so that a reload would show."""
    page = visit("/", MANAGER, **options)
    expect(page.get_by_role("status").first).to_have_text("Live")
    page.evaluate("window.neverReloaded = true")
    return page


def test_an_assignment_reaches_the_watching_manager_within_two_seconds(visit: Open, api: Api, job: Any) -> None:
    manager, coordinator = watched(visit), visit("/", COORDINATOR)
    open_jobs, assigned = count(manager, "Open jobs"), count(manager, "Assigned today")

    number = job["job_number"]
    expect(manager.get_by_role("link", name=number)).to_have_count(1)
    coordinator.get_by_role("link", name=f"Recommend {number}").click()
    best = coordinator.get_by_role("article", name="Rank 1:")
    best.locator("summary").first.click()
    expect(best.get_by_role("meter")).to_have_count(3)
    expect(coordinator.get_by_role("article", name="Rank 2:")).to_be_visible()
    name = best.get_by_role("heading").inner_text()

    clicked = time.monotonic()
    best.get_by_role("button", name=f"Assign {name}").click()
    news = manager.get_by_role("log").get_by_role("listitem").first
    expect(news).to_contain_text(f"{number} was assigned to {name}", timeout=SECONDS * 1000)
    expect(figure(manager, "Open jobs")).to_have_text(re.compile(rf"^{open_jobs - 1}\b"), timeout=SECONDS * 1000)
    expect(figure(manager, "Assigned today")).to_have_text(str(assigned + 1), timeout=SECONDS * 1000)
    expect(manager.get_by_role("link", name=number)).to_have_count(0, timeout=SECONDS * 1000)
    took = time.monotonic() - clicked

    print(f"from the click to the other screen: {took:.2f} s")
    assert took < SECONDS
    assert manager.evaluate("window.neverReloaded")
    expect(coordinator.locator(".toast")).to_contain_text(f"{number} was assigned to {name}")
    assert [booking["contractor_name"] for booking in api.bookings(job)] == [name]


class Wire:
    """What came over the page's sockets: where each began, and the sequence numbers in order."""

    def __init__(self) -> None:
        self.began: list[int] = []
        self.sequences: list[int] = []

    def tap(self, page: Page) -> None:
        page.on("websocket", self.opened)

    def opened(self, socket: WebSocket) -> None:
        self.began.append(int(socket.url.split("after=")[1]))
        socket.on("framereceived", self.received)

    def received(self, frame: str | bytes) -> None:
        message = json.loads(frame)
        if "event" in message:
            self.sequences.append(message["event"]["sequence"])


def test_a_lost_connection_is_said_and_what_was_missed_is_caught_up(visit: Open, api: Api, job: Any) -> None:
    wire = Wire()
    page = watched(visit, prepare=wire.tap)
    state, number = page.get_by_role("status").first, job["job_number"]
    open_jobs = count(page, "Open jobs")

    page.context.set_offline(True)
    expect(state).to_have_text("Reconnecting…", timeout=SECONDS * 1000)
    booking = api.assign_best(job)
    expect(state).to_contain_text("Offline. Last updated at", timeout=12_000)
    expect(page.get_by_role("link", name=number)).to_have_count(1)  # as of then
    assert count(page, "Open jobs") == open_jobs

    page.context.set_offline(False)
    expect(state).to_have_text("Live")
    expect(page.get_by_role("log")).to_contain_text(f"{number} was assigned to {booking['contractor_name']}")
    expect(page.get_by_role("link", name=number)).to_have_count(0)
    expect(figure(page, "Open jobs")).to_have_text(re.compile(rf"^{open_jobs - 1}\b"))
    assert page.evaluate("window.neverReloaded")

    events = events_after(api, wire.began[0])
    (news,) = [event for event in events if event["data"].get("assignment_id") == booking["id"]]
    assert news["sequence"] in wire.sequences
    # One run over all connections of what the page listens to: nothing missing, nothing twice.
    sequences = [event["sequence"] for event in events if event["type"] != "RecommendationsUpdated"]
    assert wire.sequences == sequences[: len(wire.sequences)]
    assert len(wire.began) > 1


def events_after(api: Api, sequence: int) -> list[Any]:
    events: list[Any] = api.get("events/", after=sequence, limit=1000)["results"]
    return events
