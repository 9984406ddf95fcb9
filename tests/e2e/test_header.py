"""The header of all pages: places, search, colors, keys, and the guided tour."""

import re
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.conftest import Open
from tests.e2e.office import ADMINISTRATOR, COORDINATOR, MANAGER, Api
from tests.e2e.test_pages import OVERFLOW, PICTURES, SIZES, barriers

BOARD, HOME, JOBS = "/", "/admin/", "/admin/jobs/job/"
BACKGROUND = "getComputedStyle(document.querySelector('header.top')).backgroundColor"
FONT = "getComputedStyle(document.body).fontFamily"


def look(page: Page, name: str) -> None:
    """Save a screenshot of a state and check its accessibility."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=PICTURES / f"header-{name}.png")
    assert page.evaluate(OVERFLOW) <= 0
    assert barriers(page) == []


def find_in(page: Page) -> Any:
    return page.get_by_role("combobox", name="Search jobs, contractors, and assignments")


@pytest.mark.parametrize("size", SIZES)
def test_the_board_and_the_back_office_look_like_one_product(visit: Open, size: str) -> None:
    seen = []
    for name, path in (("board", BOARD), ("jobs", JOBS)):
        page = visit(path, ADMINISTRATOR, viewport=SIZES[size])
        header = page.get_by_role("banner")
        places = header.get_by_role("navigation", name="Main").get_by_role("link").all_inner_texts()
        font = page.evaluate(FONT).partition(",")[0].strip('"')
        seen.append((places, font, page.evaluate(BACKGROUND), header.get_by_role("link", name="New job").count()))
        look(page, f"{name}-{size}")
    assert seen[0] == seen[1]
    assert seen[0][:2] == (["Board", "Jobs", "Customers", "Contractors", "Assignments", "Reports"], "Inter")


def test_light_or_dark_is_one_choice(visit: Open) -> None:
    page = visit(BOARD, MANAGER)
    light = page.evaluate(BACKGROUND)
    page.locator("summary").filter(has_text="Account").click()
    page.get_by_role("button", name="Dark").click()
    dark = page.evaluate(BACKGROUND)
    assert dark != light
    # The open menu covers buttons of the board.
    page.locator("summary").filter(has_text="Account").click()
    look(page, "board-dark")
    page.goto(HOME)
    expect(page.locator("html")).to_have_class(re.compile(r"\bdark\b"))
    assert page.evaluate(BACKGROUND) == dark
    look(page, "home-dark")
    page.locator("summary").filter(has_text="Account").click()
    page.get_by_role("button", name="Light").click()
    expect(page.locator("html")).not_to_have_class(re.compile(r"\bdark\b"))
    page.goto(BOARD)
    assert page.evaluate(BACKGROUND) == light


def test_finds_a_job_from_the_board_and_opens_its_panel(visit: Open, job: Any) -> None:
    page = visit(BOARD, COORDINATOR)
    expect(page.get_by_role("status").first).to_have_text("Live")
    page.keyboard.press("/")
    expect(find_in(page)).to_be_focused()
    page.keyboard.type(job["job_number"])
    option = page.get_by_role("option").filter(has_text=job["job_number"]).first
    expect(option).to_be_visible()
    look(page, "found")
    page.keyboard.press("ArrowDown")
    expect(option).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**#job-{job['id']}")
    expect(page.locator("[data-drawer]")).to_contain_text(job["job_number"])
    page.keyboard.press("Escape")
    expect(find_in(page)).to_be_focused()


@pytest.mark.parametrize("size", SIZES)
def test_finds_contractors_and_assignments_in_the_back_office(visit: Open, api: Api, job: Any, size: str) -> None:
    booking = api.assign_best(job)
    page = visit(HOME, COORDINATOR, viewport=SIZES[size])
    find_in(page).fill(booking["contractor_name"])
    results = page.get_by_role("listbox", name="Matches")
    expect(results.get_by_role("group", name="Contractors").get_by_role("option").first).to_be_visible()
    expect(results.get_by_role("group", name="Assignments")).to_be_visible()
    look(page, f"found-office-{size}")
    # Two contractors can have the same name.
    results.get_by_role("group", name="Contractors").locator(f"[href*='{booking['contractor']}']").click()
    page.wait_for_url(f"**/contractors/contractor/{booking['contractor']}/change/")


def test_enter_opens_the_first_result_and_a_lost_line_is_said(visit: Open, job: Any) -> None:
    page = visit(HOME, COORDINATOR)
    page.route("**/live/search/**", lambda route: route.abort())
    find_in(page).fill(job["job_number"])
    expect(page.get_by_text("The search did not respond.").first).to_be_visible()
    page.unroute("**/live/search/**")
    find_in(page).press("Enter")
    page.wait_for_url(f"**/jobs/job/{job['id']}/recommend/")


def test_the_board_is_at_most_five_keys_away(visit: Open) -> None:
    page = visit(BOARD, COORDINATOR)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the board")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("[data-view=board]")).to_be_focused()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('[data-view=board]') !== null")


def test_books_with_the_keyboard_keeps_the_focus_and_undoes_with_one_key(visit: Open, api: Api, job: Any) -> None:
    page = visit(f"/#job-{job['id']}", COORDINATOR)
    best = page.get_by_role("article", name="Rank 1:")
    best.get_by_role("button", name="Assign").press("Enter")
    expect(page.locator(".toast .undo")).to_be_visible()
    expect(page.locator("[data-drawer] .booked")).to_be_visible()
    page.wait_for_function("document.querySelector('[data-drawer]').contains(document.activeElement)")
    page.keyboard.press("u")
    expect(page.get_by_text("The change was undone.").first).to_be_visible()
    assert {booking["status"] for booking in api.bookings(job)} == {"cancelled"}


def test_the_tour_can_be_left_and_taken_again(visit: Open) -> None:
    for size, viewport in SIZES.items():
        page = visit(HOME, COORDINATOR, viewport=viewport)
        page.locator("summary", has_text="More").click()
        page.get_by_role("link", name="Take the tour").click()
        tour = page.get_by_role("dialog", name="Open jobs wait here")
        expect(tour).to_be_focused()
        look(page, f"tour-{size}")
        page.keyboard.press("Escape")
        expect(tour).to_have_count(0)
        page.locator("summary", has_text="More").click()
        page.get_by_role("link", name="Take the tour").click()
        for step in range(1, 5):
            expect(page.locator(".tour .step")).to_contain_text(f"Step {step} of 5")
            page.locator(".tour .next").press("Enter")
        look(page, f"tour-last-{size}")
        page.get_by_role("button", name="Finish").click()
        expect(page.locator(".tour")).to_have_count(0)


@pytest.mark.parametrize("size", SIZES)
def test_a_newcomer_signs_in_with_one_click_and_is_offered_the_tour_once(
    browser: Browser, address: str, size: str
) -> None:
    context = browser.new_context(base_url=address, viewport=SIZES[size], reduced_motion="reduce")
    page = context.new_page()
    page.goto("/")
    expect(page.get_by_text("The right contractor for every flooring, tile, and carpet job.")).to_be_visible()
    look(page, f"sign-in-{size}")
    page.get_by_role("button", name="Coordinator").click()
    offer = page.get_by_role("region", name="Tour of the board")
    expect(offer).to_be_visible()
    look(page, f"offer-{size}")
    offer.get_by_role("button", name="Not now").click()
    expect(offer).to_have_count(0)
    page.reload()
    expect(page.get_by_role("status").first).to_have_text("Live")
    expect(offer).to_have_count(0)
    context.close()
