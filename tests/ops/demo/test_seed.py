"""Demo data is the same for the same seed and satisfies all rules."""

import itertools
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import transaction
from django.utils import timezone
from pytest_django import DjangoDbBlocker

from assignments.availability import is_free
from assignments.calendars import load_calendar
from assignments.models import Assignment
from contractors.models import Absence, Contractor, WorkingHours
from jobs.models import Job
from jobs.requirements import JobRequest
from smartscheduler.accounts.models import User
from smartscheduler.events.models import OutboxEvent
from smartscheduler.ops.demo import bulk_contractors, troubles
from smartscheduler.ops.demo.contractors import person
from smartscheduler.ops.demo.metros import METROS
from smartscheduler.ops.demo.seed import seed_world
from smartscheduler.places import Origin, great_circle_miles, time_zone_at
from smartscheduler.rules.current import current_rules
from smartscheduler.travel.routes import Site
from tests.ops.demo.worlds import assert_moments_in_order

# One worker: the world is built once.
pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("demo world")]
CONTRACTORS, JOBS = 150, 60
LIVE = {"pending", "confirmed", "in_progress"}
# Without those that came after the bookings.
ABSENCES_OF_CONTRACTORS = Absence.objects.exclude(note__in=[troubles.ILL, troubles.WORKSHOP])
# An evening: what was ordered for today can only be done tomorrow, when others are first.
EVENING = datetime(2026, 11, 26, 20, 45, tzinfo=UTC)


@pytest.fixture(scope="module", autouse=True)
def world(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """One world for all the tests below; each of them takes its own changes back."""
    with time_machine.travel(EVENING), django_db_blocker.unblock(), transaction.atomic():
        User.objects.create_user("coordinator@example.com")
        added = seed_world(contractors=CONTRACTORS, jobs=JOBS)
        assert added == (CONTRACTORS, JOBS)
        yield
        transaction.set_rollback(True)


def counts() -> list[Any]:
    return [model.objects.count() for model in (Contractor, WorkingHours, Absence, Job, Assignment, OutboxEvent)]


def test_a_second_run_adds_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    before = counts()
    call_command("seed_demo", contractors=CONTRACTORS, jobs=JOBS)
    assert counts() == before
    assert "Added 0 contractors and 0 jobs." in capsys.readouterr().out


def test_a_larger_run_adds_the_rest() -> None:
    people, jobs = set(Contractor.objects.values_list("id", "name")), set(Job.objects.values_list("id", "job_number"))
    assert seed_world(contractors=CONTRACTORS + 7, jobs=JOBS + 5) == (7, 5)
    assert people < set(Contractor.objects.values_list("id", "name"))
    assert jobs < set(Job.objects.values_list("id", "job_number"))
    assert (Contractor.objects.count(), Job.objects.count()) == (CONTRACTORS + 7, JOBS + 5)


def test_the_same_seed_makes_the_same_people_and_another_seed_others() -> None:
    today = timezone.now().date()
    first = [person(3, index, today) for index in range(30)]
    assert first == [person(3, index, today) for index in range(30)]
    others = [person(4, index, today) for index in range(30)]
    assert not {person.fields["email"] for person in first} & {person.fields["email"] for person in others}
    assert [person.fields["name"] for person in first] != [person.fields["name"] for person in others]


def test_two_seeds_live_side_by_side() -> None:
    assert seed_world(contractors=40, jobs=20, seed=8) == (40, 20)
    assert Contractor.objects.count() == CONTRACTORS + 40


def test_every_record_passes_the_rules_of_its_fields() -> None:
    for record in [*Contractor.objects.all(), *Job.objects.all(), *Assignment.objects.all()]:
        record.clean_fields()


def test_every_contractor_has_a_working_week() -> None:
    assert not Contractor.objects.filter(working_hours=None).exists()


def test_places_are_real_and_around_six_metros_in_several_time_zones() -> None:
    places = [*Contractor.objects.all(), *Job.objects.all()]
    assert len({place.time_zone for place in places}) >= 3
    for place in places:
        assert place.time_zone == time_zone_at(place.point)
        assert min(great_circle_miles(place.point, metro.center) for metro in METROS) < 47
    nearest = {min(METROS, key=lambda m: great_circle_miles(place.point, m.center)).name for place in places}
    assert len(nearest) == 6


def test_there_is_some_of_everything() -> None:
    assert set(Contractor.objects.values_list("status", flat=True)) == set(Contractor.Status.values)
    assert set(Contractor.objects.values_list("type", flat=True)) == set(Contractor.Type.values)
    assert set(Job.objects.values_list("status", flat=True)) == set(Job.Status.values)
    assert set(Assignment.objects.values_list("status", flat=True)) >= LIVE | {"completed"}
    assert Contractor.objects.filter(service_radius_miles=None).exists()
    assert set(Absence.objects.values_list("kind", flat=True)) == set(Absence.Kind.values)
    soon = timezone.now() + timedelta(days=3)
    assert Job.objects.open().filter(priority="urgent", desired_date__lt=soon).exists()


def test_jobs_and_assignments_are_in_step() -> None:
    live = {assignment.job_id: assignment.status for assignment in Assignment.objects.live()}
    expected = {"pending": "assigned", "confirmed": "assigned", "in_progress": "in_progress"}
    booked = {job.pk: job.status for job in Job.objects.booked()}
    assert booked == {job_id: expected[status] for job_id, status in live.items()}
    completed = set(Job.objects.filter(status="completed").values_list("pk", flat=True))
    assert completed == set(Assignment.objects.filter(status="completed").values_list("job_id", flat=True))


def test_the_past_is_past_and_the_future_lies_ahead() -> None:
    assert_moments_in_order(timezone.now())


def test_no_contractor_overlaps_bookings_or_drives() -> None:
    days = defaultdict(list)
    for assignment in Assignment.objects.exclude(status="cancelled").select_related("job"):
        days[assignment.contractor_id].append(assignment)
    pairs = 0
    for work in days.values():
        work.sort(key=lambda assignment: assignment.slot)
        for booking, other in itertools.pairwise(work):
            pairs += 1
            assert (
                booking.slot.end + Origin(booking.job.point).drive_to(other.job.point, current_rules().pace)
                <= other.slot.start
            )
    assert pairs > 0


def test_contractors_work_in_their_free_time() -> None:
    in_conflict = Assignment.objects.in_conflict(timezone.now())
    standing = Assignment.objects.exclude(status="cancelled").exclude(pk__in=in_conflict)
    for assignment in standing.select_related("job", "contractor"):
        calendar = load_calendar(
            assignment.contractor, assignment.slot, current_rules(), request=JobRequest.of(assignment.job)
        )
        assert is_free(calendar, assignment.slot, Site(assignment.job.point), current_rules())


def test_the_reasons_of_then_are_kept_with_every_assignment() -> None:
    for assignment in Assignment.objects.all():
        assert assignment.rank
        assert assignment.candidates_considered
        assert 1 <= assignment.rank <= assignment.candidates_considered
        assert assignment.score_breakdown["explanation"].endswith(".")
        assert bool(assignment.override_reason) <= (assignment.rank > 1)


def test_history_is_imported_in_silence_and_the_present_is_told() -> None:
    counts = Counter(OutboxEvent.objects.values_list("type", flat=True))
    assert counts["ContractorCreated"] == CONTRACTORS
    assert counts["JobCompleted"] == counts["AssignmentStarted"] == counts["AssignmentCompleted"] == 0
    imported = Assignment.objects.filter(status__in=["in_progress", "completed"]).count()
    assert counts["JobAssigned"] == Assignment.objects.count() - imported > 0
    coordinators = set(OutboxEvent.objects.values_list("actor__email", flat=True))
    assert coordinators == {"coordinator@example.com"}


def test_bulk_makes_the_same_contractors_without_events(monkeypatch: pytest.MonkeyPatch) -> None:
    by_services = snapshot()
    Assignment.objects.all().delete()
    Contractor.objects.all().delete()
    events = OutboxEvent.objects.count()
    monkeypatch.setattr(bulk_contractors, "BULK_FROM", 1)
    monkeypatch.setattr(bulk_contractors, "BATCH", 64)
    assert seed_world(contractors=CONTRACTORS, jobs=0) == (CONTRACTORS, 0)
    assert snapshot() == by_services
    assert OutboxEvent.objects.count() == events


def snapshot() -> list[Any]:
    """All that makes the contractors, but for the ratings that the jobs have brought."""
    fields = ("id", "name", "type", "status", "email", "phone_number", "skills", "latitude", "longitude", "time_zone")
    return [
        set(map(str, Contractor.objects.values_list(*fields, "service_radius_miles", "address", "zip_code"))),
        set(WorkingHours.objects.values_list("contractor", "day_of_week", "start_time", "end_time")),
        set(map(str, ABSENCES_OF_CONTRACTORS.values_list("contractor", "period", "kind", "note"))),
    ]


def test_jobs_without_contractors_stay_open_or_are_lost() -> None:
    Assignment.objects.all().delete()
    Contractor.objects.all().delete()
    assert seed_world(contractors=0, jobs=40, seed=9) == (0, 40)
    assert not Assignment.objects.exists()
    made = Job.objects.order_by("-created_at").filter(status__in=["open", "cancelled"])
    assert made.filter(cancel_reason="No contractor was available in time.").exists()


@pytest.mark.parametrize("option", ["--contractors=-1", "--jobs=many", "--seed=-3"])
def test_refuses_what_is_no_count(option: str) -> None:
    before = counts()
    with pytest.raises(CommandError):
        call_command("seed_demo", option)
    assert counts() == before
