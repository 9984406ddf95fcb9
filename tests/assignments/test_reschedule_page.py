"""The reschedule page: free times, selection, confirmation, and the move."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from assignments.models import Assignment
from smartscheduler.accounts.permissions import Role
from smartscheduler.core.formatting import local_slot
from smartscheduler.events.models import OutboxEvent
from tests.factories import AbsenceFactory, AssignmentFactory, UserFactory, at
from tests.pages import PageResponse, signed_in

pytestmark = pytest.mark.django_db


def url(assignment: Assignment, query: str = "") -> str:
    return reverse("admin:assignments_assignment_reschedule", args=[assignment.pk]) + query


def move(client: Client, assignment: Assignment, start: datetime, **more: Any) -> PageResponse:
    return client.post(url(assignment), {"slot": start.isoformat(), "confirmed": "1", **more})


def moved(assignment: Assignment) -> bool:
    before = assignment.slot
    assignment.refresh_from_db()
    return assignment.slot != before or OutboxEvent.objects.exists()


def hours(response: PageResponse) -> list[Any]:
    return [slot["hours"] for slot in response.context["slots"]]


def test_shows_what_is_free_on_the_day_of_the_booking() -> None:
    assignment = AssignmentFactory()
    AssignmentFactory(contractor=assignment.contractor, start=at(11, days=2))
    response = signed_in().get(url(assignment))
    assert hours(response) == [
        "8:00–10:00 AM",
        "8:30–10:30 AM",
        "9:00–11:00 AM",
        "1:00–3:00 PM",
        "1:30–3:30 PM",
        "2:00–4:00 PM",
        "2:30–4:30 PM",
        "3:00–5:00 PM",
    ]
    assert [slot["hours"] for slot in response.context["slots"] if slot["present"]] == ["9:00–11:00 AM"]


def test_another_day_without_leaving_the_page() -> None:
    assignment, client = AssignmentFactory(), signed_in()
    AbsenceFactory(contractor=assignment.contractor, period=(at(0, days=4), at(0, days=5)))
    day = at(0, days=4).date()
    part = client.get(url(assignment, f"?day={day}"), headers={"HX-Request": "true"})
    assert "<html" not in part.content.decode()
    assert f"{assignment.contractor.name} has no free time on this day. {assignment.contractor.name} is absent." in (
        part.content.decode()
    )
    counts = {day.day: len(day.fit.starts) for day in part.context["days"]}
    assert counts[day] == 0
    assert counts[day + timedelta(days=1)] > 0
    assert hours(client.get(url(assignment, f"?day={day + timedelta(days=1)}")))[0] == "8:00–10:00 AM"


@pytest.mark.parametrize("day", ["nonsense", "2026-02-30", "1999-12-31", "2099-01-01", "%00", "2020-01-01"])
def test_an_odd_day_is_no_server_error(day: str) -> None:
    response = signed_in().get(url(AssignmentFactory(), f"?day={day}"))
    assert response.status_code == 200


def test_the_first_step_asks_and_moves_nothing() -> None:
    assignment, client = AssignmentFactory(), signed_in()
    start = at(13, days=2)
    response = client.post(url(assignment), {"slot": start.isoformat()})
    assert response.context["asking"] == local_slot(assignment.slot, assignment.job.zone).replace(
        "9:00–11:00 AM", "1:00–3:00 PM"
    )
    assert not moved(assignment)


def test_moves_to_the_slot_and_goes_where_one_came_from() -> None:
    assignment, client = AssignmentFactory(), signed_in()
    response = client.post(
        url(assignment, "?next=/admin/jobs/job/"), {"slot": at(13, days=2).isoformat(), "confirmed": "1"}
    )
    assert (response.status_code, response["Location"]) == (302, "/admin/jobs/job/")
    assignment.refresh_from_db()
    assert assignment.slot.start == at(13, days=2)
    assert OutboxEvent.objects.get().type == "AssignmentRescheduled"


def test_a_typed_time_is_local_time_of_the_site() -> None:
    zone = "America/New_York"
    assignment, client = AssignmentFactory(job__time_zone=zone), signed_in()
    start = at(13, 10, days=2, zone=zone)
    typed = {"slot": "typed", "start": f"{start:%Y-%m-%dT%H:%M}"}
    asked = client.post(url(assignment), typed)
    assert "1:10–3:10 PM E" in asked.context["asking"]
    assert client.post(url(assignment), {**typed, "confirmed": "1"}).status_code == 302
    assignment.refresh_from_db()
    assert assignment.slot.start == start


def test_each_time_names_its_difference_from_the_desired_date() -> None:
    assignment = AssignmentFactory()  # desired at noon
    slots = {slot["hours"]: slot["apart"] for slot in signed_in().get(url(assignment)).context["slots"]}
    assert slots["8:00–10:00 AM"] == "4 h earlier than desired"
    assert slots["12:00–2:00 PM"] == ""
    assert slots["1:30–3:30 PM"] == "1 h 30 min later than desired"


def test_a_typed_time_is_read_with_its_difference() -> None:
    assignment, client = AssignmentFactory(), signed_in()
    read = reverse("admin:assignments_assignment_read-start", args=[assignment.pk])
    day = f"{at(0, days=2):%b %-d, %Y}"
    meaning = client.get(read, {"text": f"{day} 8:30am"}).json()
    assert not meaning["is_problem"]
    assert "8:30–10:30 AM" in meaning["when"]
    assert meaning["apart"] == "3 h 30 min earlier than desired"
    assert "The customer asked for" in meaning["note"]
    assert client.get(read, {"text": "soon"}).json()["is_problem"]
    assert client.get(read, {"text": "1/5/2020 9am"}).json()["is_problem"]
    assert not moved(assignment)
    assert signed_in(Role.MANAGER).get(read, {"text": f"{day} 8:30am"}).status_code == 403


@pytest.mark.parametrize("text", ["{:%b %-d %Y} 1:30p", "1:30 PM {:%m/%d/%Y}", "{:%Y-%m-%d} 13:30"])
def test_a_time_is_read_as_people_type_it(text: str) -> None:
    assignment, client = AssignmentFactory(), signed_in()
    typed = {"slot": "typed", "start": text.format(at(0, days=2))}
    asked = client.post(url(assignment), typed)
    assert "1:30–3:30 PM" in asked.context["asking"]
    assert client.post(url(assignment), {"slot": asked.context["asking_start"], "confirmed": "1"}).status_code == 302
    assignment.refresh_from_db()
    assert assignment.slot.start == at(13, 30, days=2)


@pytest.mark.parametrize("start", [lambda: at(6, days=2), lambda: at(13, days=2), lambda: at(9, days=-1)])
def test_refuses_a_slot_that_is_not_free_and_keeps_the_old_one(start: Callable[[], datetime]) -> None:
    assignment, client = AssignmentFactory(), signed_in()
    AssignmentFactory(contractor=assignment.contractor, start=at(13, days=2))
    response = move(client, assignment, start())
    assert "Not rescheduled." in response.context["form"].non_field_errors()[0]
    assert not moved(assignment)


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"slot": ""},
        {"slot": "soon"},
        {"slot": "typed"},
        {"slot": "typed", "start": "2027-03-14T02:30"},
        {"slot": "typed", "start": "next mon 9am"},
        {"slot": "\x00"},
    ],
)
def test_refuses_what_is_no_time(values: dict[str, str]) -> None:
    assignment = AssignmentFactory()
    response = signed_in().post(url(assignment), {"confirmed": "1", **values})
    assert response.context["form"].errors
    assert not moved(assignment)


def test_another_coordinator_was_faster() -> None:
    """Cancelled meanwhile: who did it, and when."""
    from assignments.services import cancel_assignment

    assignment, client = AssignmentFactory(), signed_in()
    client.get(url(assignment))
    cancel_assignment(assignment_id=assignment.pk, reason="Rain", actor=UserFactory(name="Casey Coordinator"))
    seen = move(client, assignment, at(13, days=2)).content.decode()
    assert f"Casey Coordinator canceled the booking of {assignment.contractor.name} (Rain), just now." in seen
    assert "An assignment that is canceled cannot be rescheduled." in seen


def test_who_may_not_is_refused() -> None:
    assignment = AssignmentFactory()
    client = signed_in(Role.MANAGER)
    assert client.get(url(assignment)).status_code == 403
    assert move(client, assignment, at(13, days=2)).status_code == 403
    assert not moved(assignment)


def test_stays_within_its_queries(django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    assignment, client = AssignmentFactory(), signed_in()
    for hour in (11, 13, 15):
        AssignmentFactory(contractor=assignment.contractor, start=at(hour, days=3))
    client.get(url(assignment))
    with django_assert_max_num_queries(7):
        client.get(url(assignment))


def test_asks_an_administrator_why_the_arrival_window_is_broken() -> None:
    booking = AssignmentFactory(start=at(8, days=2), job__window_start=at(8, days=2), job__window_end=at(10, days=2))
    coordinator, administrator = signed_in(), signed_in(Role.ADMINISTRATOR)
    choice, question = {"slot": at(13, days=2).isoformat()}, 'name="window_break_reason"'
    asked = coordinator.post(url(booking), choice).content.decode()
    assert "outside the arrival window" in asked
    assert question not in asked
    assert question not in coordinator.get(url(booking)).content.decode()
    assert "was promised an arrival" in move(coordinator, booking, at(13, days=2)).content.decode()
    assert question in administrator.post(url(booking), choice).content.decode()
    move(administrator, booking, at(13, days=2), window_break_reason="The customer agreed")
    booking.refresh_from_db()
    assert (booking.slot.start, booking.window_break_reason) == (at(13, days=2), "The customer agreed")


def test_offers_times_outside_the_arrival_window_to_an_administrator_only() -> None:
    booking = AssignmentFactory(start=at(8, days=2), job__window_start=at(8, days=2), job__window_end=at(10, days=2))
    query = f"?day={at(0, days=2):%Y-%m-%d}&outside_window=on"
    slots = signed_in(Role.ADMINISTRATOR).get(url(booking, query)).context["slots"]
    outside = [slot["hours"] for slot in slots if slot["breaks_window"]]
    assert outside[-1] == "3:00–5:00 PM"
    inside = [datetime.fromisoformat(slot["value"]) for slot in slots if not slot["breaks_window"]]
    assert inside[-1] == at(10, days=2)
    assert not any(slot["breaks_window"] for slot in signed_in().get(url(booking, query)).context["slots"])


def test_reads_whether_a_typed_start_breaks_the_arrival_window() -> None:
    booking = AssignmentFactory(start=at(8, days=2), job__window_start=at(8, days=2), job__window_end=at(10, days=2))
    reading = reverse("admin:assignments_assignment_read-start", args=[booking.pk])
    for hour, breaks in ((9, False), (13, True)):
        text = f"{at(hour, days=2):%Y-%m-%d %H:%M}"
        assert signed_in().get(reading, {"text": text}).json()["breaks_window"] is breaks
