"""The job pages: valid input, rejected input, and permissions."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from assignments.models import Assignment
from jobs.models import Job
from smartscheduler.accounts.permissions import Role
from smartscheduler.core.formatting import local_slot
from smartscheduler.events.models import OutboxEvent
from tests.factories import AssignmentFactory, JobFactory, at
from tests.pages import PageResponse, empty_pages, errors, fields, fields_of_new, saved, signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("november_2026")]
LIST, ADD = "/admin/jobs/job/", "/admin/jobs/job/add/"
VALID = {
    "type": "tile",
    "priority": "high",
    "desired_date": "2027-03-02T09:00",
    "duration": "02:30",
    "required_skills": "Mosaic",
    "special_requirements": "Mind the dog",
    "address": "700 Congress Avenue",
    "city": "Austin",
    "state": "TX",
    "zip_code": "78701",
    "latitude": "30.2672",
    "longitude": "-97.7431",
    "time_zone": "",
    "customer_name": "Ada Lovelace",
    "customer_phone": "(512) 555-0199",
}


def page(job: Job) -> str:
    return reverse("admin:jobs_job_change", args=[job.pk])


def new(client: Client, **values: Any) -> PageResponse:
    return client.post(ADD, {**fields_of_new(client, ADD, "job_form"), **VALID, **values})


def change(client: Client, job: Job, **values: Any) -> PageResponse:
    return client.post(page(job), {**fields(client, page(job), "job_form"), **values})


def events() -> list[Any]:
    return list(OutboxEvent.objects.order_by("position").values_list("type", flat=True))


def test_creates_a_job_in_local_time_of_the_site() -> None:
    assert saved(new(signed_in()))
    job = Job.objects.get()
    assert job.desired_date == datetime(2027, 3, 2, 9, tzinfo=ZoneInfo("America/Chicago"))
    assert job.duration == timedelta(hours=2.5)
    assert (job.time_zone, job.required_skills, job.status) == ("America/Chicago", ["Mosaic"], "open")
    assert events() == ["CustomerCreated", "JobCreated"]


def test_the_message_names_the_number_of_the_job() -> None:
    """What the page shows of a new record is what was stored, not a default that was made a second time."""
    client = signed_in()
    shown = client.get(new(client)["Location"]).content.decode()
    job = Job.objects.get()
    assert set(re.findall(r"JOB-[0-9]{8}-[0-9A-F]{8}", shown)) == {job.job_number}
    assert LogEntry.objects.get().object_repr == job.job_number


def test_the_zip_code_gives_place_and_clock() -> None:
    assert saved(new(signed_in(), latitude="", longitude="", zip_code="90012", state="CA", city="Los Angeles"))
    assert Job.objects.get().desired_date == datetime(2027, 3, 2, 9, tzinfo=ZoneInfo("America/Los_Angeles"))


BROKEN = [
    ({"type": "multi"}, "type"),
    ({"type": ""}, "type"),
    ({"priority": "asap"}, "priority"),
    ({"desired_date": ""}, "desired_date"),
    ({"desired_date": "2020-01-02T09:00"}, "desired_date"),
    ({"desired_date": "2027-03-14T02:30"}, "desired_date"),
    ({"desired_date": "0001-01-01T00:00"}, "desired_date"),
    ({"desired_date": "9999-12-31T23:59"}, "desired_date"),
    ({"duration": "00:00:00"}, "duration"),
    ({"duration": "08:00:01"}, "duration"),
    ({"duration": "-01:00:00"}, "duration"),
    ({"duration": "2 days"}, "duration"),
    ({"duration": "99:59:59"}, "duration"),
    ({"required_skills": "x" * 61}, "required_skills"),
    ({"special_requirements": "x" * 4001}, "special_requirements"),
    ({"customer_phone": "555-0199"}, "customer_phone"),
    ({"customer_name": "Nul\x00"}, "customer_name"),
    ({"latitude": "NaN"}, "latitude"),
    ({"latitude": "-90.0000001"}, "latitude"),
    ({"longitude": "181"}, "longitude"),
    ({"longitude": "1e400"}, "longitude"),
    ({"address": "here"}, "address"),
    ({"city": "A"}, "city"),
    ({"state": "Texas"}, "state"),
    ({"state": ""}, "state"),
    ({"zip_code": "787011"}, "zip_code"),
    ({"time_zone": "CST6"}, "time_zone"),
]


@pytest.mark.parametrize(("values", "field"), BROKEN)
def test_refuses_a_broken_rule_on_its_field(values: dict[str, str], field: str) -> None:
    assert field in errors(new(signed_in(), **values))
    assert not Job.objects.exists()
    assert events() == []


def test_refuses_the_same_on_an_existing_one(subtests: pytest.Subtests) -> None:
    """In one test, because a page that is refused leaves the form to send again. The test above renders these pages."""
    job, client = JobFactory(), signed_in()
    unchanged = fields(client, page(job), "job_form")
    for values, field in BROKEN:
        with subtests.test(values=values), empty_pages():
            assert field in errors(client.post(page(job), {**unchanged, **values}))
            job.refresh_from_db()
            assert job.version == 1
            assert events() == []


def test_a_page_saved_unchanged_writes_nothing() -> None:
    job = JobFactory(desired_date=at(9, days=3) + timedelta(seconds=17, microseconds=5), duration=timedelta(minutes=95))
    assert saved(change(signed_in(), job))
    job.refresh_from_db()
    assert job.version == 1
    assert events() == []


@pytest.mark.parametrize("hour", [6, 7])
def test_a_job_wanted_in_the_repeated_hour_stays_what_it_is(hour: int) -> None:
    """In Chicago 2027-11-07 01:30 comes twice."""
    desired_date = datetime(2027, 11, 7, hour, 30, tzinfo=UTC)
    job = JobFactory(desired_date=desired_date, time_zone="America/Chicago")
    assert saved(change(signed_in(), job, special_requirements="Ring twice"))
    job.refresh_from_db()
    assert (job.desired_date, job.special_requirements) == (desired_date, "Ring twice")
    assert "desired_date" not in OutboxEvent.objects.get().data["changed"]


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"type": "carpet"}, "type"),
        ({"duration": "03:00:00"}, "duration"),
        ({"desired_date": "2027-05-05T10:00"}, "desired_date"),
        ({"latitude": "30.3"}, "latitude"),
        ({"required_skills": "Mosaic"}, "required_skills"),
    ],
)
def test_refuses_to_move_a_booked_job_from_under_its_assignment(values: dict[str, str], field: str) -> None:
    job = AssignmentFactory().job
    shown = errors(change(signed_in(), job, **values))
    assert "Reschedule or reassign" in shown[field][0]
    job.refresh_from_db()
    assert job.version == 1


def test_notes_of_a_booked_job_can_be_changed() -> None:
    job = AssignmentFactory().job
    assert saved(change(signed_in(), job, special_requirements="Ring twice"))
    job.refresh_from_db()
    assert job.special_requirements == "Ring twice"
    assert events() == ["JobUpdated"]


def cancel(client: Client, job: Job, reason: str) -> PageResponse:
    return client.post(reverse("admin:jobs_job_cancel", args=[job.pk]), {"reason": reason})


def test_cancels_with_a_reason_and_frees_the_slot() -> None:
    assignment = AssignmentFactory()
    assert cancel(signed_in(), assignment.job, "Flooded").status_code == 302
    assignment.refresh_from_db()
    assignment.job.refresh_from_db()
    assert (assignment.status, assignment.job.status) == ("cancelled", "cancelled")
    assert set(events()) == {"AssignmentCancelled", "JobCancelled"}


@pytest.mark.parametrize("reason", ["", "   ", "x" * 501, "Nul\x00"])
def test_cancelling_needs_a_reason(reason: str) -> None:
    job = JobFactory()
    response = cancel(signed_in(), job, reason)
    assert response.status_code == 200
    assert response.context["form"].errors["reason"]
    job.refresh_from_db()
    assert job.status == "open"


def test_cancelling_twice_says_why_not() -> None:
    job, client = JobFactory(), signed_in()
    cancel(client, job, "Flooded")
    response = cancel(client, job, "Again")
    assert "cannot become canceled" in response.content.decode()
    assert events() == ["JobCancelled"]


def test_a_cancelled_job_is_read_only() -> None:
    job, client = JobFactory(), signed_in()
    cancel(client, job, "Flooded")
    seen = client.get(page(job)).content.decode()
    assert "Flooded" in seen
    assert 'name="_save"' not in seen
    assert client.post(page(job), VALID).status_code == 403


def test_no_role_can_delete_a_job() -> None:
    job, client = JobFactory(), signed_in(Role.ADMINISTRATOR)
    assert client.post(f"{LIST}{job.pk}/delete/", {"post": "yes"}).status_code == 403
    client.post(LIST, {"action": "delete_selected", "_selected_action": [str(job.pk)], "post": "yes"})
    assert Job.objects.exists()


def test_a_manager_reads_and_changes_nothing() -> None:
    job, client = JobFactory(), signed_in(Role.MANAGER)
    seen = client.get(page(job)).content.decode()
    assert "/recommend/" in seen
    assert "/cancel/" not in seen
    assert cancel(client, job, "Flooded").status_code == 403
    assert client.post(page(job), VALID).status_code == 403
    assert client.post(ADD, VALID).status_code == 403
    job.refresh_from_db()
    assert (job.status, Job.objects.count(), events()) == ("open", 1, [])


def test_the_list_searches_and_filters() -> None:
    client = signed_in()
    today, tomorrow = JobFactory(desired_date=at(23, 30)), JobFactory(desired_date=at(0, 10, days=1))
    far = JobFactory(desired_date=at(9, days=20), priority="urgent", type="tile", address="1 Elm Street")
    Job.objects.filter(pk=far.pk).update(customer_phone="(512) 555-0187")
    past = JobFactory(desired_date=at(9, days=-2), customer_name="Zyxwv Hopper")
    cases = {
        "desired=today": {today},
        "desired=tomorrow": {tomorrow},
        "desired=week": {today, tomorrow},
        "desired=later": {far},
        "desired=past": {past},
        "desired=nonsense": {today, tomorrow, far, past},
        "priority__exact=urgent": {far},
        "type__exact=tile": {far},
        f"q={far.job_number}": {far},
        "q=elm street": {far},
        "q=zyxwv": {past},
        "q=78701 zyxwv": {past},
        "q=555-0187": {far},
        f"desired_from={at(0, days=1):%Y-%m-%d}&desired_to={at(0, days=19):%Y-%m-%d}": {tomorrow},
        f"desired_from={at(0, days=20):%Y-%m-%d}": {far},
        f"desired_to={at(0):%Y-%m-%d}": {past, today},
        "desired_from=someday&desired_to=2026-02-30": {today, tomorrow, far, past},
        "desired=soon&candidates=none": {today, tomorrow, past},
    }
    for query, expected in cases.items():
        assert set(client.get(f"{LIST}?{query}").context["cl"].result_list) == expected, query


def test_days_are_those_at_the_site() -> None:
    """An evening in Los Angeles is the next day in New York already."""
    west = JobFactory(desired_date=at(23, days=3, zone="America/Los_Angeles"), time_zone="America/Los_Angeles")
    east = JobFactory(desired_date=west.desired_date, time_zone="America/New_York")
    client, day = signed_in(), at(0, days=3, zone="America/Los_Angeles").date()
    for local_day, job in ((day, west), (day + timedelta(days=1), east)):
        listed = client.get(f"{LIST}?desired_from={local_day}&desired_to={local_day}").context["cl"].result_list
        assert list(listed) == [job]


def test_a_day_that_is_none_is_named() -> None:
    seen = signed_in().get(f"{LIST}?desired_from=2026-02-30").content.decode()
    assert "Feb 2026 has no day 30." in seen
    assert 'value="2026-02-30"' in seen


def test_a_booked_job_leads_to_what_can_be_done_with_its_booking_and_back() -> None:
    booking, client = AssignmentFactory(), signed_in()
    seen = client.get(page(booking.job)).content.decode()
    back = urlencode({"next": page(booking.job)})
    for name in ("confirm", "reschedule", "reassign", "cancel"):
        assert f"/admin/assignments/assignment/{booking.pk}/{name}/?{back}" in seen
    done = client.post(f"/admin/assignments/assignment/{booking.pk}/cancel/?{back}", {"reason": "Rain"})
    assert done["Location"] == page(booking.job)
    after = client.get(page(booking.job)).content.decode()
    assert "/reassign/" not in after
    assert "/recommend/" in after


def test_cancelling_says_what_it_frees_and_who_is_told() -> None:
    booking, client = AssignmentFactory(contractor__email="ann@example.com"), signed_in()
    seen = client.get(reverse("admin:jobs_job_cancel", args=[booking.job_id])).content.decode()
    assert f"{local_slot(booking.slot, booking.job.zone)} becomes free for {booking.contractor.name}." in seen
    assert "ann@example.com" in seen
    nobody = client.get(reverse("admin:jobs_job_cancel", args=[JobFactory().pk])).content.decode()
    assert "No contractor is booked for this job." in nobody


def test_the_list_stays_within_its_queries(django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    client, booked = signed_in(), AssignmentFactory()
    JobFactory.create_batch(10)
    with django_assert_max_num_queries(9):
        seen = client.get(LIST).content.decode()
    assert booked.contractor.name in seen
    JobFactory.create_batch(150)
    AssignmentFactory.create_batch(40)
    with django_assert_max_num_queries(9):
        client.get(LIST)
    assert Assignment.objects.count() == 41
