"""The board stays fast with 10,000 contractors: it loads what it shows."""

import signal
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.office import COORDINATOR, sign_in
from tests.products import product

CONTRACTORS, DEMO = 10_000, 100
# The demo has realistic contractors; most are added with one statement, which is faster.
ADD = f"from tests.factories import many_contractors; many_contractors({CONTRACTORS - DEMO})"
# Scrolls a page a frame, and says how long the frames took, in milliseconds.
SCROLL = """async () => {
  const area = document.querySelector("[data-view=board]");
  const frames = [];
  let before = performance.now();
  for (let step = 0; step < 120; step += 1) {
    area.scrollTop += area.clientHeight / 4;
    await new Promise(requestAnimationFrame);
    frames.push(performance.now() - before);
    before = performance.now();
  }
  return frames.sort((a, b) => a - b);
}"""
# The rows in the visible part of the board, by position.
VISIBLE = """() => {
  const { top, bottom } = document.querySelector("[data-view=board]").getBoundingClientRect();
  return [...document.querySelectorAll("[data-lane]")].filter((row) => {
    const box = row.getBoundingClientRect();
    return box.bottom > top + 40 && box.top < bottom;
  }).map((row) => Number(row.getAttribute("aria-posinset")));
}"""


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    with product(DEMO="0", RATE_LIMITS="0") as running:
        running.up()
        seeded = running.manage("seed_demo", "--contractors", str(DEMO), "--jobs", "120")
        assert seeded.returncode == 0, seeded.stderr
        added = running.manage("shell", "-c", ADD)
        assert added.returncode == 0, added.stderr
        context = browser.new_context(
            base_url=f"http://127.0.0.1:{running.port}", viewport={"width": 1280, "height": 800}
        )
        shown = context.new_page()
        shown.goto("/admin/login/")
        sign_in(shown, COORDINATOR)
        yield shown
        context.close()
        running.stop(signal.SIGINT)


@pytest.fixture(autouse=True)
def _board(page: Page) -> None:
    answer = page.goto("/?status=any")
    assert answer
    print(f"{len(answer.body()) / 1024:.0f} KB")
    expect(page.get_by_role("status").first).to_have_text("Live")


def loaded(page: Page) -> list[int]:
    """Positions of the loaded rows."""
    positions = page.locator("[data-lane]").evaluate_all("rows => rows.map(row => +row.getAttribute('aria-posinset'))")
    return [int(position) for position in positions]


def test_a_page_of_rows_is_there_and_all_are_counted(page: Page) -> None:
    expect(page.locator("[data-lane]")).to_have_count(60)
    expect(page.get_by_text("Rows 1–60 of 10,000", exact=True)).to_be_visible()
    expect(page.locator("[data-lane]").first).to_have_attribute("aria-setsize", "10000")


def test_scrolling_loads_the_next_rows_and_stays_smooth(page: Page) -> None:
    frames = page.evaluate(SCROLL)
    print(f"{len(frames)} frames: median {frames[len(frames) // 2]:.0f} ms, longest {frames[-1]:.0f} ms")
    # Loosely: this is to notice a page that stands still, not to measure it.
    assert frames[len(frames) // 2] < 100
    expect(page.get_by_text("Rows 1–60 of 10,000", exact=True)).to_be_hidden()
    page.wait_for_function(f"() => ({VISIBLE})().length > 3")
    positions = loaded(page)
    assert positions == list(range(positions[0], positions[0] + len(positions)))
    assert len(positions) <= 360


def test_the_scroll_bar_leads_to_the_last_rows(page: Page) -> None:
    page.locator("[data-view=board]").focus()
    page.keyboard.press("End")
    expect(page.locator("[data-lane][aria-posinset='10000']")).to_be_attached()
    page.wait_for_function(f"() => ({VISIBLE})().length > 3")
    page.keyboard.press("Home")
    expect(page.locator("[data-lane][aria-posinset='1']")).to_be_attached()
    page.wait_for_function(f"() => ({VISIBLE})()[0] === 1")


def test_the_keyboard_goes_from_page_to_page(page: Page) -> None:
    link = page.get_by_role("link", name="Show rows 61–120 of 10,000")
    link.evaluate("link => link.focus({ preventScroll: true })")
    page.keyboard.press("Enter")
    row = page.locator("[data-lane][aria-posinset='61']")
    expect(row.locator("a, button").first).to_be_focused()


@pytest.mark.parametrize("sort", ["rating", "hours_free", "next_free"])
def test_any_order_is_one_over_all_of_them(page: Page, sort: str) -> None:
    page.goto(f"/?sort={sort}&group=metro")
    expect(page.locator(".group").first).to_be_visible()
    expect(page.locator("[data-lane]")).to_have_count(60)


def test_a_held_job_knows_of_each_loaded_row(page: Page) -> None:
    box = page.locator(".job .title").first.bounding_box()
    board = page.locator("[data-view=board]").bounding_box()
    assert box
    assert board
    page.mouse.move(box["x"] + 5, box["y"] + 5)
    page.mouse.down()
    page.mouse.move(board["x"] + board["width"] / 2, board["y"] + 150, steps=4)
    expect(page.locator(".lane.can, .lane.cannot")).to_have_count(60)
    # Rows that are loaded while the job is held are marked too.
    page.mouse.wheel(0, 2500)
    expect(page.locator("[data-lane]").nth(61)).to_be_attached()
    expect(page.locator(".lane:not(.can):not(.cannot)")).to_have_count(0)
    page.mouse.move(5, 5)
    page.mouse.up()
    expect(page.locator(".lane.can, .lane.cannot")).to_have_count(0)


def test_the_search_shows_a_row_far_away(page: Page) -> None:
    name = page.evaluate("""async () => {
      const answer = await fetch("/live/?parts=board&status=any&row=7000&rows=1");
      return /data-name="([^"]+)"/.exec(await answer.text())[1];
    }""")
    page.get_by_role("combobox", name="Search contractors and jobs").fill(name)
    page.get_by_role("option", name=name).first.click()
    expect(page.locator(".lane.marked")).to_be_in_viewport()
