"""Lists, typed dates, replacements and reports of the back-office, at a desk and on a telephone."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Open
from tests.e2e.office import COORDINATOR, MANAGER, NONE_OF_A_NAME, Api
from tests.e2e.test_contractors import AUSTIN, local, path_of
from tests.e2e.test_pages import OVERFLOW, PICTURES, SIZES, barriers

JOBS, CONTRACTORS = "/admin/jobs/job/", "/admin/contractors/contractor/"
ASSIGNMENTS = "/admin/assignments/assignment/"
# The lowest row and the bar of actions, in pixels of the page scrolled to its end.
LAST_ROW = "[...document.querySelectorAll('#result_list .data-row')].pop().getBoundingClientRect().bottom"
BAR_TOP = "document.getElementById('changelist-actions').getBoundingClientRect().top"


def look(page: Page, name: str) -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=PICTURES / f"lists-{name}.png", full_page=True)
    assert page.evaluate(OVERFLOW) <= 0
    assert barriers(page) == []


def day_of(booking: Any) -> str:
    """The day of a booking, as people type it."""
    start = datetime.fromisoformat(booking["time_slot"]["start"]).astimezone(AUSTIN)
    return f"{start:%b} {start.day}"


def understood(page: Page, name: str) -> Any:
    return page.locator(f"#id_{name}-understood")


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("path", [JOBS, CONTRACTORS, ASSIGNMENTS])
def test_the_bar_of_actions_covers_no_row(visit: Open, path: str, size: str) -> None:
    page = visit(path, COORDINATOR, viewport=SIZES[size])
    page.locator("input.action-select").first.check()
    page.evaluate("scrollTo({ top: document.documentElement.scrollHeight, behavior: 'instant' })")
    assert page.evaluate(LAST_ROW) <= page.evaluate(BAR_TOP)
    look(page, f"{path.split('/')[-2]}-selected-{size}")


@pytest.mark.parametrize(
    ("path", "query", "place"),
    [
        (CONTRACTORS, "?status__exact=active&type__exact=tile", "Contractors"),
        (ASSIGNMENTS, "?kept=live&o=2", "Assignments"),
    ],
)
def test_a_list_keeps_its_filters_and_its_order(visit: Open, path: str, query: str, place: str) -> None:
    page = visit(path + query, COORDINATOR)
    page.locator("#result_list .data-row a").first.click()
    page.wait_for_url("**/change/**")
    page.locator("#header-inner").get_by_role("link", name=place).click()
    page.wait_for_url(f"**{path}{query}")


def test_a_list_without_rows_has_a_way_out(visit: Open) -> None:
    page = visit(f"{CONTRACTORS}?q={NONE_OF_A_NAME.replace(' ', '+')}", COORDINATOR, viewport=SIZES["telephone"])
    expect(page.get_by_role("heading", name="No contractors match the search and the filters.")).to_be_visible()
    look(page, "empty")
    page.get_by_role("link", name="Show all contractors").click()
    page.wait_for_url(f"**{CONTRACTORS}?")
    expect(page.locator("#result_list")).to_be_visible()


def test_selected_contractors_are_absent_on_a_holiday(visit: Open, api: Api) -> None:
    crew = api.new_contractor()
    booking = api.book(crew, 3)
    page = visit(f"{CONTRACTORS}?q={crew['name'].replace(' ', '+')}", COORDINATOR)
    page.locator("input.action-select").first.check()
    page.locator("select[name=action]").select_option("absent_selected")
    page.get_by_role("button", name="Run").click()
    page.get_by_label("First day").fill(day_of(booking))
    page.get_by_label("Last day").focus()
    expect(understood(page, "first")).to_contain_text(day_of(booking).split(" ")[1])
    look(page, "holiday")
    page.get_by_role("button", name="Add an absence").click()
    expect(page.get_by_text("Absence added: 1.")).to_be_visible()
    page.get_by_text("Result for each record").click()
    page.get_by_role("link", name="Reassign 1 booking with a conflict").click()
    expect(page.get_by_text(booking["job_number"]).first).to_be_visible()


@pytest.mark.parametrize("size", SIZES)
def test_an_absence_is_typed(visit: Open, api: Api, size: str) -> None:
    crew = api.new_contractor()
    page = visit(path_of(crew, "absent"), COORDINATOR, viewport=SIZES[size])
    page.get_by_label("Start").press_sequentially("tomorrow")
    expect(understood(page, "start")).to_contain_text("12:00 AM")
    page.get_by_label("End").press_sequentially("tomorrow 2")
    expect(understood(page, "end")).to_contain_text("2:00 PM")
    expect(page.get_by_role("radio", name="From … until …")).to_be_checked()
    look(page, f"absence-{size}")
    page.get_by_label("End").fill("next fri")
    page.get_by_role("button", name="Add absence").click()
    expect(page.get_by_text("“next Friday” can be").first).to_be_visible()
    expect(page.get_by_label("Start")).to_have_value("tomorrow")
    page.get_by_label("End").fill("tomorrow 2pm")
    page.get_by_role("button", name="Add absence").click()
    page.wait_for_url(f"**{path_of(crew)}")
    (absence,) = api.get(f"contractors/{crew['id']}/absences/")["results"]
    assert absence["end"] > absence["start"]


@pytest.mark.parametrize("size", SIZES)
def test_a_contractor_is_entered_as_told(visit: Open, api: Api, size: str) -> None:
    api.new_contractor(skills=["Ceramic"])
    page = visit(f"{CONTRACTORS}add/", COORDINATOR, viewport=SIZES[size])
    email = f"told-{size}-{datetime.now(UTC):%H%M%S%f}@example.com"
    values = {
        "name": f"Told {email[:20]}",
        "email": email,
        "phone_number": "512.555.0143",
        "skills": "cermic",
        "place_line": "100 Congress Avenue, 78701",
    }
    for name, value in values.items():
        page.locator(f"#id_{name}").fill(value)
    page.locator("#id_type").select_option("tile")
    expect(page.locator("#id_city")).to_have_value("Austin")
    expect(page.locator("#id_latitude")).to_be_hidden()
    page.get_by_label("Working hours of the week").fill("Mon-Thu 7-4")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Did you mean “Ceramic”?").first).to_be_visible()
    expect(page.get_by_label("Working hours of the week")).to_have_value("Mon-Thu 7-4")
    look(page, f"contractor-{size}")
    page.get_by_role("button", name="Use “Ceramic”").click()
    page.get_by_role("button", name="Save", exact=True).click()
    page.wait_for_url(f"**{CONTRACTORS}")
    (crew,) = api.listed("contractors/", search=email)
    assert (crew["skills"], crew["phone_number"], crew["location"]["city"]) == (["Ceramic"], "(512) 555-0143", "Austin")
    assert {(shift["start_time"], shift["end_time"]) for shift in crew["working_hours"]} == {("07:00", "16:00")}
    assert len(crew["working_hours"]) == 4


@pytest.mark.parametrize("size", SIZES)
def test_reschedule_names_the_difference_before_it_asks(visit: Open, api: Api, size: str) -> None:
    crew = api.new_contractor()
    booking = api.book(crew, 4)
    page = visit(f"{ASSIGNMENTS}{booking['id']}/reschedule/", COORDINATOR, viewport=SIZES[size])
    button = page.get_by_role("button", name="Reschedule")
    page.locator("#ranking .slots label").filter(has_not_text="booked now").first.click()
    expect(button).to_contain_text("than desired")
    page.locator("#id_start").press_sequentially(f"{day_of(booking)} 2:45p")
    expect(understood(page, "start")).to_contain_text("2:45 PM")
    expect(page.locator("[name=slot][value=typed]")).to_be_checked()
    expect(button).to_contain_text("later than desired")
    look(page, f"reschedule-{size}")
    button.click()
    expect(page.locator(".confirm-step")).to_contain_text("2:45–4:45 PM")
    expect(page.locator(".confirm-step")).to_contain_text("The customer asked for")
    page.get_by_role("button", name="Confirm").click()
    page.wait_for_url(f"**{booking['id']}/change/")
    expect(page.get_by_text("is rescheduled")).to_contain_text("2:45–4:45 PM")


@pytest.mark.parametrize("size", SIZES)
def test_another_choice_than_the_first_is_asked_about_once(visit: Open, api: Api, size: str) -> None:
    crew = api.new_contractor()
    bookings = [api.book(crew, days) for days in (5, 6)]
    for _ in range(2):
        api.new_contractor()
    page = visit(f"{ASSIGNMENTS}?q={crew['name'].replace(' ', '+')}", COORDINATOR, viewport=SIZES[size])
    for box in page.locator("input.action-select").all():
        box.check()
    page.locator("select[name=action]").select_option("replace_selected")
    page.get_by_role("button", name="Run").click()
    expect(page.get_by_text("2 live bookings are selected.")).to_be_visible()
    choice = page.get_by_label(f"Replacement for {bookings[0]['job_number']}")
    other = choice.locator("optgroup").first.locator("option[data-override]").first
    name = other.inner_text().partition(" (")[0]
    choice.select_option(value=other.get_attribute("value"))
    expect(page.get_by_text("Not the first of the ranking.").first).to_be_visible()
    page.get_by_label("Why not the first of the ranking?").fill("Knows the house")
    look(page, f"override-{size}")
    page.get_by_role("button", name="Reassign or move selected").click()
    expect(page.get_by_text("Reassigned or moved: 2.")).to_be_visible()
    (live,) = [each for each in api.bookings({"id": bookings[0]["job"]}) if each["status"] != "cancelled"]
    assert (live["contractor_name"], live["override_reason"]) == (name, "Knows the house")


def test_the_areas_of_a_day_are_one_click_away(visit: Open, api: Api) -> None:
    booking = api.book(api.new_contractor(), 2)
    page = visit(f"{ASSIGNMENTS}move-day/", COORDINATOR, viewport=SIZES["telephone"])
    page.get_by_role("textbox", name="Day").fill(local(booking["time_slot"]["start"])[:10])
    page.get_by_role("button", name="Show bookings").click()
    areas = page.get_by_role("navigation", name="Areas with bookings on this day")
    areas.get_by_role("link", name="Austin, TX", exact=False).first.click()
    expect(areas.locator("[aria-current]")).to_have_count(1)
    expect(page.get_by_role("checkbox").first).to_be_visible()
    look(page, "areas")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
def test_the_bars_of_the_reports_are_text(visit: Open, size: str, scheme: str) -> None:
    since = datetime.now(UTC).date() - timedelta(days=300)
    page = visit("/admin/reports/", MANAGER, viewport=SIZES[size])
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.get_by_label("From").fill(f"{since:%m/%d/%Y}")
    page.get_by_role("button", name="Show").click()
    page.wait_for_url("**since=**")
    expect(page.get_by_role("list", name="Bookings by rank").get_by_role("listitem").first).to_be_visible()
    expect(page.locator("canvas")).to_have_count(0)
    look(page, f"reports-{scheme}-{size}")
