"""The assignment pages: decision record, actions, bulk actions, and permissions."""

import re
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from assignments.models import Assignment
from assignments.services import assign_job, complete_assignment, confirm_assignment, start_assignment
from contractors.models import Rating
from contractors.services import mark_on_leave
from smartscheduler.accounts.permissions import Role
from smartscheduler.events.models import OutboxEvent
from tests.factories import AssignmentFactory, ContractorFactory, JobFactory, at, many_assignments
from tests.pages import PageResponse, signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("work_may_start_early")]
LIST = "/admin/assignments/assignment/"
STEPS = [confirm_assignment, start_assignment, complete_assignment]


def page(assignment: Assignment) -> str:
    return reverse("admin:assignments_assignment_change", args=[assignment.pk])


def act(client: Client, assignment: Assignment, name: str, **values: str) -> PageResponse:
    return client.post(f"{LIST}{assignment.pk}/{name}/", values)


def reached(steps: int) -> Assignment:
    assignment = AssignmentFactory()
    for step in STEPS[:steps]:
        step(assignment_id=assignment.pk, actor=None)
    OutboxEvent.objects.all().delete()
    assignment.refresh_from_db()
    return assignment


def events() -> list[Any]:
    return list(OutboxEvent.objects.order_by("position").values_list("type", flat=True))


def test_shows_why_the_contractor_was_chosen() -> None:
    contractor, job = ContractorFactory(), JobFactory()
    assignment = assign_job(
        job_id=job.pk, contractor_id=contractor.pk, start=at(9, days=2), actor=None, override_reason="Knows the house"
    )
    seen = signed_in().get(page(assignment)).content.decode()
    for text in [
        "0.9300",
        "of 1 at the time of booking",
        "Knows the house",
        'rect width="80"',
        "Free on the desired day",
        "9:00–11:00 AM",
    ]:
        assert text in seen


@pytest.mark.parametrize(
    ("steps", "offered"),
    [
        (0, {"confirm", "reschedule", "reassign", "cancel"}),
        (1, {"start", "reschedule", "reassign", "cancel"}),
        (2, {"complete", "cancel"}),
        (3, {"rate"}),
    ],
)
def test_offers_what_the_state_allows_and_refuses_the_rest(steps: int, offered: set[str]) -> None:
    assignment, client = reached(steps), signed_in()
    seen = client.get(page(assignment)).content.decode()
    every = {"confirm", "start", "complete", "rate", "reschedule", "reassign", "cancel"}
    assert {name for name in every if f"{assignment.pk}/{name}/" in seen} == offered
    values = {
        "rate": {"rating": "5"},
        "reschedule": {"slot": at(13, days=2).isoformat()},
        "reassign": {"contractor": str(ContractorFactory().pk), "start": at(13, days=2).isoformat()},
        "cancel": {"reason": "No"},
    }
    for name in every - offered:
        response = client.post(
            f"{LIST}{assignment.pk}/{name}/", {**values.get(name, {}), "confirmed": "1"}, follow=True
        )
        assert response.status_code == 200
        refusals = [
            *response.context.get("messages", ()),
            *getattr(response.context.get("form"), "non_field_errors", list)(),
        ]
        assert any("cannot b" in str(message) for message in refusals), name
    assignment.refresh_from_db()
    assert assignment.status == ["pending", "confirmed", "in_progress", "completed"][steps]
    assert events() == []


def test_walks_from_pending_to_rated() -> None:
    assignment, client = reached(0), signed_in()
    for name, status in [("confirm", "confirmed"), ("start", "in_progress"), ("complete", "completed")]:
        assert act(client, assignment, name).status_code == 302
        assignment.refresh_from_db()
        assert assignment.status == status
    assert act(client, assignment, "rate", rating="4.5", comment="Neat").status_code == 302
    assert Rating.objects.get().value == Decimal("4.50")
    assert "/rate/" not in client.get(page(assignment)).content.decode()
    assert act(client, assignment, "rate", rating="1").context["form"].non_field_errors()
    assert Rating.objects.count() == 1


@pytest.mark.parametrize("rating", ["", "-0.1", "5.01", "NaN", "4.555", "good"])
def test_refuses_a_rating_outside_its_range(rating: str) -> None:
    response = act(signed_in(), reached(3), "rate", rating=rating)
    assert response.context["form"].errors["rating"]
    assert not Rating.objects.exists()


def test_cancelling_needs_a_reason_and_reopens_the_job() -> None:
    assignment, client = AssignmentFactory(), signed_in()
    assert act(client, assignment, "cancel", reason=" ").context["form"].errors["reason"]
    assert events() == []
    assert act(client, assignment, "cancel", reason="Rain").status_code == 302
    assignment.refresh_from_db()
    assignment.job.refresh_from_db()
    assert (assignment.cancel_reason, assignment.job.status) == ("Rain", "open")


def test_asking_changes_nothing() -> None:
    assignment, client = AssignmentFactory(), signed_in()
    for name in ["confirm", "cancel", "reassign", "reschedule"]:
        assert client.get(f"{LIST}{assignment.pk}/{name}/").status_code == 200
    assignment.refresh_from_db()
    assert (assignment.status, events()) == ("pending", [])


def test_a_manager_reads_and_changes_nothing() -> None:
    assignment, client = AssignmentFactory(), signed_in(Role.MANAGER)
    assert "/confirm/" not in client.get(page(assignment)).content.decode()
    for name in ["confirm", "start", "complete", "cancel", "reschedule", "reassign", "rate"]:
        assert act(client, assignment, name, reason="No", confirmed="1").status_code == 403
    bulk(client, "confirm_selected", assignment)
    assignment.refresh_from_db()
    assert (assignment.status, events()) == ("pending", [])


@pytest.mark.parametrize("role", [Role.COORDINATOR, Role.ADMINISTRATOR])
def test_none_can_be_created_edited_or_deleted_by_hand(role: Role) -> None:
    assignment, client = AssignmentFactory(), signed_in(role)
    assert client.get(f"{LIST}add/").status_code == 403
    assert client.post(page(assignment), {"status": "completed"}).status_code == 403
    assert client.post(f"{LIST}{assignment.pk}/delete/", {"post": "yes"}).status_code == 403
    assignment.refresh_from_db()
    assert assignment.status == "pending"


def bulk(client: Client, action: str, *assignments: Assignment, **more: str) -> str:
    chosen = [str(assignment.pk) for assignment in assignments]
    return client.post(LIST, {"action": action, "_selected_action": chosen, **more}, follow=True).content.decode()


def row_of(seen: str, assignment: Assignment) -> str:
    """What the table of results says of an assignment, without its tags; it leads to its page."""
    (row,) = [row for row in re.findall(r"<tr>.*?</tr>", seen, re.DOTALL) if f">{assignment}</a>" in row]
    assert page(assignment) in row
    return " ".join(re.sub(r"<[^>]*>", " ", row).split())


def test_hundreds_at_once_are_all_told_of() -> None:
    many = many_assignments(210)
    seen = bulk(signed_in(), "confirm_selected", *many)
    assert "Confirmed: 210." in seen
    assert all(row_of(seen, booking) for booking in (many[0], many[-1]))
    assert set(Assignment.objects.values_list("status", flat=True)) == {"confirmed"}


def test_a_name_is_no_markup_in_the_table() -> None:
    booked = AssignmentFactory(contractor__name="<b>Bold</b> & Sons")
    seen = bulk(signed_in(), "start_selected", booked)
    assert "<b>Bold" not in seen
    assert "&lt;b&gt;Bold&lt;/b&gt; &amp; Sons" in seen
    assert "Failed: 1." in seen


def test_cancelling_many_asks_for_the_reason_and_reports_row_by_row() -> None:
    live, done = AssignmentFactory.create_batch(2), reached(3)
    asked = bulk(signed_in(), "cancel_selected", *live, done)
    assert "Cancel these assignments?" in asked
    assert live[0].job.job_number in asked
    assert "This field is required" in bulk(signed_in(), "cancel_selected", *live, confirmed="1")
    assert events() == []
    seen = bulk(signed_in(), "cancel_selected", *live, done, confirmed="1", reason="The van broke down")
    assert "Canceled: 2. Failed: 1." in seen
    assert "An assignment that is completed cannot become canceled." in row_of(seen, done)
    assert all(row_of(seen, booking).endswith("Canceled") for booking in live)
    assert set(Assignment.objects.values_list("status", "cancel_reason")) == {
        ("cancelled", "The van broke down"),
        ("completed", ""),
    }
    bulk(signed_in(Role.MANAGER), "cancel_selected", done, confirmed="1", reason="No")
    assert Assignment.objects.filter(status="completed").count() == 1


def test_confirming_a_booking_in_conflict_says_what_is_wrong_and_asks() -> None:
    booking, client = AssignmentFactory(), signed_in()
    mark_on_leave(contractor_id=booking.contractor_id, actor=None)
    url = reverse("admin:assignments_assignment_confirm", args=[booking.pk])
    page = client.get(reverse("admin:assignments_assignment_change", args=[booking.pk]))
    (button,) = [button for button in page.context["buttons"] if button.label == "Confirm"]
    assert button.post is False
    question = client.get(url).content.decode()
    assert f"{booking.contractor.name} is on leave." in question
    assert "Confirm despite the conflict" in question
    # Also a click on a page that was loaded before the leave.
    assert "Select this box to confirm, or go back and move the booking." in client.post(url).content.decode()
    booking.refresh_from_db()
    assert booking.status == "pending"
    assert client.post(url, {"despite_conflict": "on"}).status_code == 302
    booking.refresh_from_db()
    assert booking.status == "confirmed"


def test_many_are_confirmed_without_those_in_conflict() -> None:
    ready, absent = AssignmentFactory.create_batch(2)
    mark_on_leave(contractor_id=absent.contractor_id, actor=None)
    seen = bulk(signed_in(), "confirm_selected", ready, absent)
    assert "Confirmed: 1. Failed: 1." in seen
    assert f"{absent.contractor.name} is on leave." in row_of(seen, absent)
    assert "Confirm it anyway" in row_of(seen, absent)
    assert f"{LIST}{absent.pk}/confirm/?next=" in seen


def test_live_assignments_come_first_by_start_and_the_others_the_latest_first() -> None:
    late, early, middle = (AssignmentFactory(start=at(9, days=days)) for days in (5, 1, 3))
    confirm_assignment(assignment_id=early.pk, actor=None)
    done = [
        AssignmentFactory(start=at(9, days=days), status="cancelled", cancelled_at=at(0), cancel_reason="Rain")
        for days in (2, 4)
    ]
    listed = signed_in().get(LIST).context["cl"].result_list
    assert list(listed) == [early, middle, late, done[1], done[0]]


def test_bulk_actions_report_row_by_row() -> None:
    ready, done = AssignmentFactory.create_batch(2), reached(3)
    seen = bulk(signed_in(), "confirm_selected", *ready, done)
    assert "Confirmed: 2. Failed: 1." in seen
    assert "Failed: An assignment that is completed cannot become confirmed." in row_of(seen, done)
    assert all(row_of(seen, booking).endswith("Confirmed") for booking in ready)
    assert events() == ["AssignmentConfirmed"] * 2
    assert set(Assignment.objects.values_list("status", flat=True)) == {"confirmed", "completed"}
    assert "Started: 2." in bulk(signed_in(), "start_selected", *ready)
    assert "Completed: 2." in bulk(signed_in(), "complete_selected", *ready)


def test_the_list_searches_and_filters() -> None:
    client, today = signed_in(), AssignmentFactory(start=at(9))
    tomorrow = AssignmentFactory(start=at(9, days=1), contractor__name="Zyxwv Floors")
    cases = {
        "starts=today": {today},
        "starts=tomorrow": {tomorrow},
        "q=zyxwv": {tomorrow},
        "q=zyxwv austin": {tomorrow},
        f"q={today.job.job_number}": {today},
        f"q={today.job.job_number} zyxwv": set(),
        "status__exact=confirmed": set(),
        "kept=live": {today, tomorrow},
        f"starts_from={at(0):%Y-%m-%d}&starts_to={at(0):%Y-%m-%d}": {today},
        f"starts_from={at(0, days=1):%Y-%m-%d}": {tomorrow},
        "made=today": {today, tomorrow},
        "starts=soon": {today, tomorrow},
        "choice=first": {today, tomorrow},
        "choice=other": set(),
        "choice=reason": set(),
    }
    for query, expected in cases.items():
        assert set(client.get(f"{LIST}?{query}").context["cl"].result_list) == expected, query


def test_the_list_stays_within_its_queries(django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    client = signed_in()
    AssignmentFactory.create_batch(10)
    with django_assert_max_num_queries(8):
        client.get(LIST)
    AssignmentFactory.create_batch(190, job__duration=timedelta(hours=1))
    with django_assert_max_num_queries(8):
        client.get(LIST)
