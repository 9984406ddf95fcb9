"""A company moves into an empty product in the browser, with three files that its office has not prepared."""

import os
import re
import signal
import time
from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Browser, FilePayload, Page, Playwright, expect

from tests.e2e.office import COORDINATOR, Api, sign_in
from tests.e2e.stories import Story, story
from tests.e2e.test_pages import OVERFLOW, SIZES, barriers, keep_a_picture
from tests.moving_company import BOOKINGS, CONTRACTORS, JOBS, company
from tests.products import product

# 1 is the whole company: 300 contractors, 2,000 jobs and 400 bookings.
PART = int(os.environ.get("MOVING_IN_PART") or 10)
# Milliseconds that a check or an import may take beside other work.
PATIENCE = 1_200_000
FILES = {
    "contractors": "contractors.xlsx",
    "customers": "customers.csv",
    "jobs": "jobs-and-bookings.xlsx",
}


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    with product(DEMO="0", RATE_LIMITS="0") as running:
        running.up()
        context = browser.new_context(
            base_url=f"http://127.0.0.1:{running.port}",
            viewport={"width": 1280, "height": 800},
            reduced_motion="reduce",
        )
        shown = context.new_page()
        shown.goto("/admin/login/")
        sign_in(shown, COORDINATOR)
        yield shown
        context.close()
        running.stop(signal.SIGINT)


def look(page: Page, kind: str, name: str) -> None:
    """A picture of the page at 1280 px; for jobs, the page on a telephone too, without barriers or overflow."""
    keep_a_picture(page, f"moving-in-{kind}-{name}")
    if kind != "jobs":
        return
    assert barriers(page) == []
    desk = page.viewport_size
    assert desk
    page.set_viewport_size(SIZES["telephone"])
    keep_a_picture(page, f"moving-in-{kind}-{name}-telephone")
    assert page.evaluate(OVERFLOW) <= 0
    page.set_viewport_size(desk)


def bring(hand: Story, kind: str, name: str, content: bytes) -> list[int]:
    """Upload, match, check and import a file as a newcomer does. The rows: all, added, changed, unchanged, rejected."""
    page, began = hand.page, time.monotonic()
    page.goto(f"/admin/{kind}/{kind[:-1]}/")
    hand.click(page.get_by_role("link", name="Import a file"))
    file = FilePayload(name=name, mimeType="application/octet-stream", buffer=content)
    page.locator("input[type=file]").set_input_files(file)
    hand.clicks += 1
    look(page, kind, "upload")
    hand.click(page.get_by_role("button", name="Check"))
    expect(page.get_by_text(re.compile("Match the columns|Checking|Check complete|Waiting")).first).to_be_visible()
    if page.get_by_role("heading", name="Match the columns").count():
        look(page, kind, "match")
        hand.click(page.get_by_role("button", name="Check"))
    expect(page.get_by_text("Check complete.").first).to_be_visible(timeout=PATIENCE)
    look(page, kind, "checked")
    checked = time.monotonic()
    hand.click(page.get_by_role("button", name="Import"))
    done = page.get_by_text("Import complete.").first
    expect(done).to_be_visible(timeout=PATIENCE)
    look(page, kind, "imported")
    text = " ".join((done.text_content() or "").split())
    print(f"{name}: {text} Checked in {checked - began:.0f} s, imported in {time.monotonic() - checked:.0f} s.")
    return [int(digits.replace(",", "")) for digits in re.findall(r": ([\d,]+)\.", text)]


def test_a_company_moves_into_an_empty_product(page: Page, playwright: Playwright) -> None:
    office = company(datetime.now(ZoneInfo("America/Chicago")).date(), part=PART)
    with story("Move in with three files of an office", page) as hand:
        crews, customers, jobs = (bring(hand, kind, name, office.files[name]) for kind, name in FILES.items())
    assert hand.clicks <= 15
    refused = office.refused_contractors
    assert crews == [CONTRACTORS // PART, CONTRACTORS // PART - refused, 0, 0, refused]
    assert customers[0] == customers[1]
    assert jobs == [JOBS // PART, JOBS // PART - len(office.faults), 0, 0, len(office.faults)]

    faulty = sum(line <= BOOKINGS // PART + 1 for line in office.faults)
    api = Api.of(playwright, page.url.partition("/admin/")[0], COORDINATOR)
    assert api.get("assignments/")["count"] == BOOKINGS // PART - faulty
    api.request.dispose()
    page.goto("/")
    expect(page.get_by_role("status").first).to_have_text("Live")
    keep_a_picture(page, "moving-in-board")
