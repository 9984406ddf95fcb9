"""Rows of the board: order, groups, favorites, saved views, and the search."""

import random
import re
from itertools import pairwise
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Open
from tests.e2e.office import COORDINATOR, Api
from tests.e2e.test_board import open_filters
from tests.e2e.test_pages import PICTURES, barriers

PHONE = {"width": 375, "height": 740}


def keep(page: Page, name: str) -> None:
    """Save a screenshot."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=PICTURES / f"rows-{name}.png")


def at(query: str) -> re.Pattern[str]:
    """An address of the board, which can name its opening day first."""
    return re.compile(rf"/(?:\?day=[-\d]+)?[?&]?{re.escape(query)}$")


FAVORITE = "[data-lane]:has([aria-pressed=true])"


def notes(page: Page) -> list[str]:
    """What the rows say about their order, below the favorites."""
    return page.locator("[data-lane]:not(:has([aria-pressed=true])) .row-value").all_text_contents()


def test_rows_are_sorted_and_the_address_keeps_it(visit: Open) -> None:
    page = visit("/", COORDINATOR)
    page.get_by_label("Order").select_option("rating")
    expect(page).to_have_url(at("sort=rating"))
    expect(page.locator(".row-value").first).to_contain_text("stars")
    stars = [float(note.split()[0]) for note in notes(page) if note != "not rated"]
    assert stars == sorted(stars, reverse=True)
    open_filters(page)
    page.get_by_label("Groups").select_option("city")
    expect(page.locator(".group").first).to_be_visible()
    expect(page).to_have_url(at("sort=rating&group=city"))
    assert barriers(page) == []
    keep(page, "groups")
    page.go_back()
    expect(page.locator(".group")).to_have_count(0)
    expect(page.get_by_label("Groups")).to_have_value("")
    page.reload()
    expect(page.locator(".row-value").first).to_contain_text("stars")


def test_hours_free_and_who_works(visit: Open) -> None:
    page = visit("/?sort=hours_free", COORDINATOR)
    expect(page.get_by_text("Free time is working hours without absences and bookings")).to_be_visible()
    open_filters(page)
    page.get_by_label("Working only").check()
    expect(page).to_have_url(at("sort=hours_free&working=1"))
    page.get_by_label("Working only").uncheck()
    expect(page).to_have_url(at("sort=hours_free"))


def test_the_selected_job_sorts_and_filters_the_rows(visit: Open, job: Any) -> None:
    page = visit(f"/#job-{job['id']}", COORDINATOR)
    expect(page.get_by_role("article", name="Rank 1:")).to_be_visible()
    page.get_by_label("Order").select_option("distance")
    expect(page.locator(".row-value").first).to_contain_text("mi")
    miles = [float(note.split()[0].replace(",", "")) for note in notes(page)]
    assert miles == sorted(miles)
    open_filters(page)
    page.get_by_label("Can take the selected job").check()
    best = page.get_by_role("article", name="Rank 1:").get_attribute("data-candidate")
    expect(page.locator(f"[data-lane='{best}']").first).to_be_visible()
    # While a ranking is open, its rows and filters are not part of the address.
    expect(page).to_have_url(at(f"#job-{job['id']}"))
    keep(page, "able")
    day = page.locator("[data-part=board]").get_attribute("data-day")  # the day of the best offer
    shared = visit(f"/?day={day}&sort=distance&able=1&for_job={job['id']}", COORDINATOR)
    expect(shared.get_by_label("Can take the selected job")).to_be_checked()
    expect(shared.locator(".row-value").first).to_contain_text("mi")


def test_a_favorite_goes_to_the_top_and_stays_there(visit: Open, api: Api) -> None:
    person = api.new_contractor(name=f"Zz {random.randrange(10**9):09}")
    page = visit(f"/?q={quote(person['name'])}", COORDINATOR)
    star = page.get_by_role("button", name=f"Favorite, {person['name']}")
    star.press("Enter")
    expect(star).to_have_attribute("aria-pressed", "true")
    expect(star).to_be_focused()
    page.goto("/")
    # Below the favorites of the demo, as the last of them by name.
    expect(page.locator(FAVORITE).last).to_have_attribute("data-lane", person["id"])
    row = page.locator("[data-lane]").nth(page.locator(FAVORITE).count() - 1)
    expect(row).to_have_attribute("data-lane", person["id"])
    star.click()
    expect(page.locator(f"[data-lane='{person['id']}']")).to_have_count(0)  # among the last rows again


def test_a_view_is_saved_opened_and_deleted(visit: Open) -> None:
    name = f"View {random.randrange(10**9):09}"
    page = visit("/", COORDINATOR)
    page.get_by_label("Order").select_option("rating")
    expect(page).to_have_url(at("sort=rating"))
    page.get_by_text("Saved views", exact=True).click()
    page.get_by_label("Name of the view").fill(name)
    page.get_by_role("button", name="Save this view").click()
    expect(page.get_by_text(f"The view “{name}” was saved.")).to_be_visible()
    page.goto("/?type=tile")
    page.get_by_text("Saved views", exact=True).click()
    expect(page.get_by_role("link", name=name)).not_to_have_attribute("aria-current", "page")
    assert barriers(page) == []
    keep(page, "views")
    page.get_by_role("link", name=name).click()
    expect(page).to_have_url(at("sort=rating"))
    page.get_by_text("Saved views", exact=True).click()
    expect(page.get_by_role("link", name=name)).to_have_attribute("aria-current", "page")
    page.get_by_role("button", name=f"Delete, {name}").click()
    expect(page.get_by_text(f"The view “{name}” was deleted.")).to_be_visible()


def test_filters_take_two_lines_and_say_how_many_are_active(visit: Open) -> None:
    page = visit("/", COORDINATOR)
    parts = [page.locator(part) for part in ("#board-heading", ".days", ".search", ".fold", ".order", ".views")]
    boxes = [part.bounding_box() for part in parts]
    tops = sorted(box["y"] + box["height"] / 2 for box in boxes if box)
    assert len(tops) == len(parts)
    assert sum(later - earlier > 20 for earlier, later in pairwise(tops)) == 1
    active = page.locator("[data-active-filters]")
    expect(active).to_be_hidden()
    expect(page.get_by_label("City")).to_be_hidden()
    open_filters(page)
    page.get_by_label("Groups").select_option("city")
    page.get_by_label("Working only").check()
    expect(active).to_contain_text("2")
    assert barriers(page) == []
    keep(page, "filters")
    page.reload()
    expect(active).to_contain_text("2")
    expect(page.get_by_label("City")).to_be_hidden()


def test_filters_fold_into_a_button_on_a_phone(visit: Open) -> None:
    page = visit("/", COORDINATOR, viewport=PHONE)
    expect(page.get_by_label("Order")).to_be_hidden()
    page.get_by_role("button", name="Filters").click()
    page.get_by_label("Order").select_option("rating")
    expect(page.locator(".row-value").first).to_contain_text("stars")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert barriers(page) == []
    keep(page, "phone")


class TestSearch:
    def box(self, page: Page) -> Any:
        return page.get_by_role("combobox", name="Search contractors and jobs")

    def test_a_booked_job_is_shown_on_its_day_in_its_row(self, visit: Open, api: Api, job: Any) -> None:
        booking = api.assign_best(job)
        page = visit("/?type=tile&show=free", COORDINATOR)
        self.box(page).fill(job["job_number"])
        option = page.get_by_role("option", name=job["job_number"])
        expect(option).to_be_visible()
        assert barriers(page) == []
        keep(page, "search")
        self.box(page).press("ArrowDown")
        expect(option).to_have_attribute("aria-selected", "true")
        self.box(page).press("Enter")
        block = page.locator(f".block[data-assignment='{booking['id']}']")
        expect(block).to_be_focused()
        expect(block).to_have_class(re.compile(r"\bmarked\b"))
        expect(block).to_be_in_viewport()
        page.go_back()
        expect(page).to_have_url(at("type=tile&show=free"))

    def test_an_open_job_opens_its_ranking_and_the_rows_stay(self, visit: Open, job: Any) -> None:
        page = visit("/", COORDINATOR)
        rows = page.locator("[data-lane]").count()
        self.box(page).fill(job["job_number"])
        page.get_by_role("option", name=job["job_number"]).click()
        expect(page.get_by_role("article", name="Rank 1:")).to_be_visible()
        expect(page.locator("[data-lane]")).to_have_count(rows)
        expect(page).to_have_url(at(f"#job-{job['id']}"))

    def test_a_contractor_is_shown_in_the_row(self, visit: Open, api: Api) -> None:
        person = api.new_contractor()
        page = visit("/?city=nowhere", COORDINATOR)
        self.box(page).fill(person["name"])
        page.get_by_role("option", name=person["name"]).click()
        row = page.locator(f"[data-lane='{person['id']}']")
        expect(row).to_be_in_viewport()
        expect(row.get_by_role("link", name=person["name"], exact=True)).to_be_focused()
        expect(self.box(page)).to_have_value("")

    def test_escape_closes_the_results_and_keeps_the_words(self, visit: Open, job: Any) -> None:
        page = visit("/", COORDINATOR)
        self.box(page).fill(job["job_number"])
        expect(page.get_by_role("option", name=job["job_number"])).to_be_visible()
        self.box(page).press("Escape")
        expect(page.get_by_role("listbox")).to_be_hidden()
        expect(self.box(page)).to_have_value(job["job_number"])


# Rows in the window without a name or without their times.
BLANK = """() => [...document.querySelectorAll("[data-view=board] [data-lane]")].filter((row) => {
  const { top, bottom, height } = row.getBoundingClientRect();
  return bottom > 0 && top < innerHeight && (!height || !row.querySelector("h3").getBoundingClientRect().height);
}).length"""
# Whether the rows reach the lower edge of the board, as soon as they are loaded.
FILLED = """async () => {
  for (let look = 0; look < 300; look += 1) {
    const area = document.querySelector("[data-view=board]").getBoundingClientRect();
    const last = [...document.querySelectorAll("[data-view=board] [data-lane]")].at(-1).getBoundingClientRect();
    if (Math.min(area.bottom, innerHeight) - last.bottom < 40) return true;
    await new Promise((done) => setTimeout(done, 100));
  }
  return false;
}"""


def test_a_board_that_is_zoomed_out_has_no_blank_rows(visit: Open) -> None:
    page = visit("/", COORDINATOR, viewport={"width": 2560, "height": 6000})
    expect(page.get_by_role("status").first).to_have_text("Live")
    assert page.evaluate(FILLED)
    assert page.evaluate(BLANK) == 0
    keep(page, "zoomed-out")


# The position of the first row that is wholly shown, when it has stayed for two frames and nothing is being loaded.
TOP_ROW = """async () => {
  const frame = () => new Promise((done) => requestAnimationFrame(done));
  const top = () => {
    const edge = document.querySelector("[data-view=board]").getBoundingClientRect().top
      + document.querySelector("[data-view=board] .axis").offsetHeight - 8;
    const rows = [...document.querySelectorAll("[data-view=board] [data-lane]")];
    return Number(rows.find((row) => row.getBoundingClientRect().top >= edge)?.getAttribute("aria-posinset"));
  };
  for (let seen = NaN; ; seen = top()) {
    await frame();
    await frame();
    if (seen === top()) return seen;
  }
}"""
# Again for some frames: rows get their heights when they are drawn.
SCROLL_TO = """async (position) => {
  const area = document.querySelector("[data-view=board]");
  for (let frame = 0; frame < 6; frame += 1) {
    const rows = [...document.querySelectorAll("[data-view=board] [data-lane]")];
    const row = rows.find((row) => Number(row.getAttribute("aria-posinset")) === position);
    area.scrollTop += row.getBoundingClientRect().top - area.getBoundingClientRect().top
      - area.querySelector(".axis").offsetHeight;
    await new Promise((done) => requestAnimationFrame(done));
  }
}"""


def opened(page: Page) -> Page:
    """The page, when it is live and has loaded the rows around those that it shows."""
    expect(page.get_by_role("status").first).to_have_text("Live")
    page.wait_for_load_state("networkidle")
    return page


class TestPlace:
    """The board opens at the row that its address asks for."""

    @pytest.mark.parametrize("viewport", [None, PHONE], ids=["desk", "phone"])
    def test_a_board_opens_at_the_contractor_of_its_address(self, visit: Open, api: Api, viewport: Any) -> None:
        last = api.listed("contractors/", ordering="name", status="active")[-1]
        page = opened(visit(f"/?at={last['id']}", COORDINATOR, **({"viewport": viewport} if viewport else {})))
        row = page.locator(f"[data-lane='{last['id']}']").first
        expect(row).to_be_in_viewport(ratio=0.9)
        keep(page, "at-phone" if viewport else "at")
        # Rows that are read again, and those that are added, stay those of the place.
        total = int(row.get_attribute("aria-setsize") or 0)
        page.evaluate(SCROLL_TO, int(row.get_attribute("aria-posinset") or 0) - 10)
        page.wait_for_load_state("networkidle")
        shown = [each.get_attribute("aria-posinset") for each in page.locator("[data-lane]").all()]
        assert shown == [str(int(shown[0] or 0) + at) for at in range(len(shown))]
        assert 0 < len(shown) <= total

    def test_a_window_of_another_size_shows_the_same_row(self, visit: Open) -> None:
        page = opened(visit("/?row=70", COORDINATOR))
        # A row of another height that is drawn late above it moves it by less than a row.
        assert page.evaluate(TOP_ROW) in {70, 71}
        for width, height in ((1280, 1600), (1100, 1000), (1600, 900)):
            page.set_viewport_size({"width": width, "height": height})
            row = page.locator("[data-lane][aria-posinset='70']")
            expect(row).to_be_in_viewport()
            opened(page)
            expect(row).to_be_in_viewport()


def test_a_printed_board_shows_all_loaded_rows(visit: Open) -> None:
    page = visit("/", COORDINATOR)
    expect(page.get_by_role("status").first).to_have_text("Live")
    page.emulate_media(media="print")
    area = page.locator("[data-view=board]")
    assert area.evaluate("each => each.scrollHeight - each.clientHeight") <= 1
    assert area.evaluate("each => parseFloat(getComputedStyle(each.querySelector('.lanes')).paddingBottom)") == 0
    assert page.locator("[data-lane]").last.evaluate("row => row.getBoundingClientRect().height") > 40
    expect(page.get_by_role("heading", name="Open jobs")).to_be_hidden()
    PICTURES.mkdir(parents=True, exist_ok=True)
    page.pdf(path=PICTURES / "rows-printed.pdf", width="14in", height="11in")
