"""The contractor pages for coordinators: sick leave, deactivation, duplicates, hours, and the week."""

import random
import re
import string
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Open
from tests.e2e.office import COORDINATOR, Api
from tests.e2e.stories import story
from tests.e2e.test_pages import PICTURES, barriers

AUSTIN = ZoneInfo("America/Chicago")


def path_of(contractor: Any, page: str = "change") -> str:
    return f"/admin/contractors/contractor/{contractor['id']}/{page}/"


@pytest.fixture
def crew(api: Api) -> Any:
    return api.new_contractor()


def local(instant: str) -> str:
    """The value of a date and time input in local time of the base."""
    return f"{datetime.fromisoformat(instant).astimezone(AUSTIN):%Y-%m-%dT%H:%M}"


def cancel(page: Page, booking: Any, reason: str) -> None:
    """Cancel `booking` from the list that `page` shows."""
    page.get_by_role("link", name=f"Cancel assignment {booking['job_number']}").click()
    page.get_by_label("Reason").fill(reason)
    page.get_by_role("button", name="Cancel assignment").click()


def test_who_calls_in_sick_is_cleared_of_bookings_one_by_one(visit: Open, api: Api, crew: Any) -> None:
    first, second = api.book(crew, 2), api.book(crew, 3)
    page = visit(path_of(crew), COORDINATOR)
    page.get_by_role("link", name="Add absence").click()
    page.get_by_label("Start").fill(local(first["time_slot"]["start"]))
    page.get_by_label("End").fill(local(second["time_slot"]["end"]))
    expect(page.get_by_role("radio", name="From … until …")).to_be_checked()
    page.get_by_role("button", name="Add absence").click()

    page.wait_for_url("**/conflicts/**")
    expect(page.get_by_text(f"{crew['name']} has 2 bookings with conflicts.")).to_be_visible()
    cancel(page, first, "The crew is ill")
    page.wait_for_url("**/conflicts/**")
    expect(
        page.get_by_role("main").or_(page.locator("#content")).get_by_text(second["job_number"]).first
    ).to_be_visible()
    expect(page.get_by_text(f"{crew['name']} has 1 booking with a conflict.")).to_be_visible()

    # The rest waits: the contractor's page says so until it is done.
    page.get_by_role("link", name="Do this later").click()
    page.wait_for_url("**/change/")
    expect(page.get_by_role("region", name="Bookings with conflicts: 1")).to_be_visible()
    cancel(page, second, "The crew is ill")
    page.wait_for_url("**/change/")
    expect(page.get_by_role("region", name="Bookings with conflicts")).to_have_count(0)
    assert api.job(first["job"])["status"] == api.job(second["job"])["status"] == "open"


def show(page: Page, name: str) -> None:
    """Check `page` for accessibility, and store it at both widths."""
    assert barriers(page) == []
    for width in (375, 1280):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        page.screenshot(path=PICTURES / f"{name}-{width}.png", full_page=True)


def test_the_bookings_of_an_ill_contractor_keep_their_times(visit: Open, api: Api, crew: Any) -> None:
    bookings = [api.book(crew, 2) for _ in range(3)]
    api.post(f"assignments/{bookings[2]['id']}/confirm/")
    # Two stand-ins, so that at least one is free at each time, whatever other tests book.
    for _ in range(2):
        api.new_contractor()
    page = visit(path_of(crew), COORDINATOR)
    with story("Re-cover three bookings of an ill contractor", page) as hand:
        hand.click(page.get_by_role("link", name="Add absence"))
        hand.fill(page.get_by_label("Start"), local(bookings[0]["time_slot"]["start"]))
        hand.fill(page.get_by_label("End"), local(bookings[2]["time_slot"]["end"]))
        hand.click(page.get_by_role("button", name="Add absence"))
        page.wait_for_url("**/conflicts/**")
        for booking in bookings:
            expect(page.get_by_label(f"Replacement for {booking['job_number']}")).to_be_visible()
        expect(page.get_by_role("checkbox", checked=True)).to_have_count(3)
        show(page, "bookings-to-reassign")
        hand.click(page.get_by_role("button", name="Reassign selected"))
        expect(page.get_by_text("Reassigned or moved: 3.")).to_be_visible()
    assert hand.clicks == 3

    for booking, status in zip(bookings, ("pending", "pending", "confirmed"), strict=True):
        (live,) = [each for each in api.bookings({"id": booking["job"]}) if each["status"] != "cancelled"]
        assert (live["time_slot"], live["status"]) == (booking["time_slot"], status)
        assert live["contractor"] != crew["id"]


def test_the_jobs_of_a_rainy_day_move_together(visit: Open, api: Api) -> None:
    city = "Marfa " + "".join(random.choices(string.ascii_uppercase, k=8))
    there = {"latitude": 30.3095, "longitude": -104.0206, "address": "1 Highland Avenue", "city": city}
    crews = [api.new_contractor(location={**there, "state": "TX", "zip_code": "79843"}) for _ in range(4)]
    bookings = [api.book(crew, 2) for crew in crews for _ in range(2)]
    page = visit("/admin/assignments/assignment/", COORDINATOR)
    with story("Move eight jobs of a rainy day", page) as hand:
        hand.click(page.get_by_role("link", name="Move a day"))
        hand.fill(page.get_by_role("textbox", name="Day"), local(bookings[0]["time_slot"]["start"])[:10])
        hand.fill(page.get_by_label("Area", exact=True), f"{city}, TX")
        hand.click(page.get_by_role("button", name="Show bookings"))
        expect(page.get_by_role("checkbox", checked=True)).to_have_count(8)
        expect(page.get_by_text("1 day later than booked").first).to_be_attached()
        hand.click(page.get_by_role("button", name="Move selected").last)
        expect(page.get_by_text("Reassigned or moved: 8.")).to_be_visible()
    assert hand.clicks == 3

    for booking in bookings:
        (live,) = [each for each in api.bookings({"id": booking["job"]}) if each["status"] != "cancelled"]
        assert live["contractor"] == booking["contractor"]
        days = datetime.fromisoformat(live["time_slot"]["start"]) - datetime.fromisoformat(
            booking["time_slot"]["start"]
        )
        assert timedelta(hours=22) < days < timedelta(hours=26)
    expect(page.get_by_text("No bookings to move on this day in this area.")).to_be_visible()


def test_a_booking_in_conflict_is_confirmed_only_on_purpose(visit: Open, api: Api, crew: Any) -> None:
    booking = api.book(crew)
    api.post(f"contractors/{crew['id']}/mark-on-leave/")
    page = visit(f"/admin/assignments/assignment/{booking['id']}/change/", COORDINATOR)
    page.get_by_role("group", name="Actions").get_by_role("link", name="Confirm").click()
    expect(page.get_by_text(f"{crew['name']} is on leave.")).to_be_visible()
    assert barriers(page) == []
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_text("Select this box to confirm")).to_be_visible()
    page.get_by_label("Confirm despite the conflict").check()
    page.get_by_role("button", name="Confirm").click()
    page.wait_for_url("**/change/")
    (live,) = api.bookings({"id": booking["job"]})
    assert live["status"] == "confirmed"


def test_the_board_asks_before_it_confirms_a_booking_in_conflict(visit: Open, api: Api, crew: Any) -> None:
    booking = api.book(crew)
    slot = booking["time_slot"]
    api.post(f"contractors/{crew['id']}/absences/", start=slot["start"], end=slot["end"], kind="sickness")
    page = visit(f"/?day={local(slot['start'])[:10]}&q={crew['name']}", COORDINATOR)
    page.locator(f'.block[data-assignment="{booking["id"]}"]').click(button="right")
    page.get_by_role("menuitem", name="Confirm").click()
    question = page.get_by_role("dialog")
    expect(question).to_contain_text(f"{crew['name']} is absent at that time.")
    assert barriers(page) == []
    page.screenshot(path=PICTURES / "confirm-in-conflict.png")
    question.get_by_role("button", name="Confirm despite the conflict").click()
    expect(page.locator(".toast")).to_contain_text("was confirmed.")
    (live,) = api.bookings({"id": booking["job"]})
    assert live["status"] == "confirmed"


def test_who_leaves_is_deactivated_after_the_obstacles_are_gone(visit: Open, api: Api, crew: Any) -> None:
    booking = api.book(crew)
    page = visit(path_of(crew), COORDINATOR)
    page.get_by_role("link", name="Deactivate").click()
    expect(page.get_by_text("1 live assignment prevents the deactivation")).to_be_visible()
    expect(page.get_by_role("button", name="Deactivate")).to_have_count(0)

    cancel(page, booking, "They leave us")
    page.wait_for_url("**/deactivate/")
    expect(page.get_by_text("No live assignments. The contractor can be deactivated.")).to_be_visible()
    page.get_by_role("button", name="Deactivate").click()
    page.wait_for_url("**/change/")
    expect(page.get_by_text("To reactivate a contractor, ask an administrator.")).to_be_visible()
    expect(page.get_by_role("link", name="Deactivate")).to_have_count(0)
    assert api.get(f"contractors/{crew['id']}/")["status"] == "inactive"


def test_a_duplicate_is_asked_about_before_it_is_saved(visit: Open, api: Api, crew: Any) -> None:
    page = visit("/admin/contractors/contractor/add/", COORDINATOR)
    page.get_by_text("Coordinates and time zone").click()
    place = crew["location"]
    for label, value in {
        "Name": crew["name"].lower(),
        "Email address": f"second-{crew['email']}",
        "Phone number": "512 555 0143",
        "Address in one line": f"{place['address']}, {place['city']}, {place['state']} {place['zip_code']}",
        "Latitude": str(place["latitude"]),
        "Longitude": str(place["longitude"]),
    }.items():
        page.get_by_label(re.compile(rf"^{label}\b")).first.fill(value)
    page.get_by_label("Type").select_option("tile")
    expect(page.get_by_label("State")).to_have_value(place["state"])
    save = page.get_by_role("button", name="Save", exact=True)
    save.click()

    asked = page.get_by_role("region", name="Does this contractor exist already?")
    expect(asked.get_by_role("link", name=crew["name"])).to_have_attribute("href", path_of(crew))
    assert len(api.listed("contractors/", search=crew["name"])) == 1
    save.click()  # without an answer it asks again
    expect(asked).to_be_visible()
    assert len(api.listed("contractors/", search=crew["name"])) == 1

    asked.get_by_label("This is a different contractor").check()
    save.click()
    page.wait_for_url("**/contractors/contractor/")
    assert len(api.listed("contractors/", search=crew["name"])) == 2


class TestTabs:
    def test_an_error_in_a_tab_that_is_not_shown_opens_it(self, visit: Open, crew: Any) -> None:
        page = visit(path_of(crew) + "#working_hours", COORDINATOR)
        ends = page.get_by_label("end time")
        ends.first.fill("07:00")
        page.get_by_role("link", name="Details").click()
        expect(ends.first).to_be_hidden()
        page.get_by_role("button", name="Save", exact=True).click()

        expect(page.get_by_text("A shift must start before it ends")).to_be_visible()
        expect(page.get_by_role("link", name="Working hours has errors")).to_have_attribute("aria-current", "true")
        expect(ends.first).to_have_value("07:00")

    def test_have_addresses_and_the_back_button_goes_through_them(self, visit: Open, api: Api, crew: Any) -> None:
        booking = api.book(crew)
        page = visit(path_of(crew) + "#assignments", COORDINATOR)
        panel = page.get_by_role("region", name="Assignments")
        expect(panel.get_by_role("link", name=booking["job_number"], exact=True)).to_be_visible()
        page.get_by_role("link", name="Ratings").press("Enter")
        expect(panel).to_be_hidden()
        expect(page.get_by_role("region", name="Ratings")).to_be_visible()
        page.go_back()
        expect(panel).to_be_visible()

    def test_an_earlier_change_of_another_user_is_not_undone(self, visit: Open, api: Api, crew: Any) -> None:
        page = visit(path_of(crew) + "#absences", COORDINATOR)
        api.request.patch(f"contractors/{crew['id']}/", data={"phone_number": "(512) 555-0199"})
        page.get_by_role("link", name="Details").click()
        page.get_by_label("Name").first.fill("Renamed")
        page.get_by_role("button", name="Save", exact=True).click()
        expect(page.get_by_text("has changed this record since you opened it")).to_be_visible()
        assert api.get(f"contractors/{crew['id']}/")["name"] == crew["name"]


class TestHours:
    def save(self, page: Page) -> None:
        page.get_by_role("button", name="Save and continue editing").click()
        expect(page.get_by_text("was changed successfully")).to_be_visible()

    def week(self, api: Api, crew: Any) -> list[tuple[int, str, str]]:
        hours = api.get(f"contractors/{crew['id']}/")["working_hours"]
        return [(shift["day_of_week"], shift["start_time"], shift["end_time"]) for shift in hours]

    def test_mondays_are_copied_with_the_keyboard(self, visit: Open, api: Api, crew: Any) -> None:
        page = visit(path_of(crew) + "#working_hours", COORDINATOR)
        monday = page.locator(".form-group").filter(has=page.locator("option[value='1'][selected]")).first
        monday.get_by_label("start time").fill("06:30")
        page.get_by_role("button", name="To every day").press("Enter")
        expect(page.get_by_role("status").filter(has_text="Copied Monday's hours to")).to_be_visible()
        self.save(page)
        assert self.week(api, crew) == [(day, "06:30", "17:00") for day in range(7)]

    def test_a_night_shift_becomes_two_adjoining_ones(self, visit: Open, api: Api) -> None:
        crew = api.new_contractor(working_hours=[{"day_of_week": 1, "start_time": "08:00", "end_time": "12:00"}])
        page = visit(path_of(crew) + "#working_hours", COORDINATOR)
        tools = page.get_by_role("group", name="Add a shift to several days")
        for day in ("Tue", "Wed", "Thu", "Fri"):
            tools.get_by_label(day).uncheck()
        tools.get_by_label("from").fill("22:00")
        tools.get_by_label("to").fill("06:00")
        tools.get_by_role("button", name="Add").press("Enter")
        self.save(page)
        assert self.week(api, crew) == [(1, "08:00", "12:00"), (1, "22:00", "00:00"), (2, "00:00", "06:00")]

    def test_removing_a_row_keeps_what_was_typed_in_those_after_it(self, visit: Open) -> None:
        page = visit("/admin/contractors/contractor/add/", COORDINATOR)
        ends = page.get_by_label("end time")
        ends.nth(2).fill("15:45")
        page.get_by_role("button", name="Remove this row").nth(1).press("Enter")
        expect(ends.nth(1)).to_have_value("15:45")


class TestWeek:
    def test_goes_forth_and_back(self, visit: Open, crew: Any) -> None:
        page = visit(path_of(crew, "week"), COORDINATOR)
        heading = page.get_by_role("navigation", name="Weeks").get_by_role("heading")
        present = heading.inner_text()
        page.get_by_role("link", name="Next").press("Enter")
        expect(heading).not_to_have_text(present)
        page.get_by_role("link", name="Previous").press("Enter")
        expect(heading).to_have_text(present)
        page.get_by_label("Week of").fill("2027-03-17")
        page.get_by_role("button", name="Go").click()
        expect(heading).to_contain_text("Mon, Mar 15, 2027 – Sun, Mar 21, 2027")
        page.get_by_role("link", name="This week").click()
        expect(heading).to_have_text(present)

    def test_a_free_stretch_leads_to_a_job_that_fits_it(self, visit: Open, api: Api, crew: Any) -> None:
        desired_date = datetime.now(UTC).replace(hour=18, minute=0, second=0, microsecond=0) + timedelta(days=7)
        job = api.post(
            "jobs/",
            type="carpet",
            priority="urgent",
            duration="02:00:00",
            desired_date=desired_date.isoformat(),
            location=crew["location"],
        )
        page = visit(f"{path_of(crew, 'week')}?start={desired_date.astimezone(AUSTIN).date()}", COORDINATOR)
        page.get_by_role("link", name=f"{desired_date.astimezone(AUSTIN):%A}, free 8:00 AM–5:00 PM").press("Enter")
        fitting = page.get_by_role("region", name="Open jobs that fit")
        fitting.get_by_role("link", name=f"View and book {job['job_number']}").click()
        page.wait_for_url("**/recommend/**")
        expect(page.get_by_role("region", name="Why not this contractor?")).to_contain_text(crew["name"])


def test_the_map_draws_the_base_its_radius_and_the_sites(visit: Open, api: Api, crew: Any) -> None:
    booking = api.book(crew)
    page = visit(path_of(crew), COORDINATOR)
    drawn = page.get_by_role("group", name="Map of the base")
    drawn.scroll_into_view_if_needed()
    expect(drawn.locator(".reach")).to_have_count(1)
    expect(drawn.get_by_title(crew["name"])).to_have_count(1)
    drawn.get_by_title(booking["job_number"]).press("Enter")
    page.wait_for_url(f"**/assignments/assignment/{booking['id']}/change/")
