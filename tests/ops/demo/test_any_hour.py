"""Demo data that is created at any hour passes the doctor."""

import os
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
import time_machine
from django.db import transaction

from assignments.local_time import day_at
from assignments.models import Assignment
from contractors.models import Absence, Contractor, Favorite
from jobs.models import Job
from jobs.requirements import JobRequest
from recommendations.ranking import rank_candidates
from smartscheduler.accounts.models import User
from smartscheduler.ops.demo import bulk_contractors, jobs, troubles
from smartscheduler.ops.demo.jobs import Fate
from smartscheduler.ops.demo.seed import seed_world
from smartscheduler.ops.doctor import CHECKS, Scope, examine
from smartscheduler.places import zone
from smartscheduler.rules.current import current_rules
from tests.ops.broken import number_all_events
from tests.ops.demo.worlds import assert_moments_in_order

pytestmark = pytest.mark.django_db
CONTRACTORS, SUNDAY = 60, 6
# Each fate that begins before now, and some of the others.
DECK = (Fate.DONE, Fate.RUNNING, Fate.RUNNING, Fate.TODAY, Fate.TODAY, Fate.CANCELLED)
DATA = [check for check in CHECKS if check.scope is Scope.DATA]
# The weeks around both clock changes in the US, and the ends of a month and a year.
DAYS = [
    *(datetime(2027, 3, 11, tzinfo=UTC) + timedelta(days=day) for day in range(7)),
    *(datetime(2027, 11, 4, tzinfo=UTC) + timedelta(days=day) for day in range(7)),
    datetime(2028, 2, 29, tzinfo=UTC),
    datetime(2027, 12, 31, tzinfo=UTC),
]
HOURS = range(0, 24, 3)
# make test-clocks, each night: all hours and first starts.
IS_THOROUGH = bool(os.environ.get("THOROUGH"))


def hours_of(day: datetime) -> range:
    """Every third hour; of an ordinary weekday a quarter of them, and others in the week of the other change."""
    is_ordinary = day.weekday() != SUNDAY and day.month in {3, 11}
    step = 2 if IS_THOROUGH else 4
    return HOURS[DAYS.index(day) % step :: step] if is_ordinary else HOURS


@pytest.fixture
def few_jobs_of_each_fate(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "FATES", DECK)
    monkeypatch.setattr(bulk_contractors, "BULK_FROM", 1)


@pytest.mark.parametrize("day", DAYS, ids=lambda day: f"{day:%a %d %b}")
def test_every_third_hour(day: datetime, few_jobs_of_each_fate: None) -> None:
    User.objects.create_user("coordinator@example.com")
    with time_machine.travel(day, tick=False):
        seed_world(contractors=CONTRACTORS, jobs=0)
    completed = 0
    for hour in hours_of(day):
        now = day + timedelta(hours=hour, minutes=10)
        with time_machine.travel(now, tick=False), transaction.atomic():
            seed_world(contractors=0, jobs=len(DECK), seed=now.toordinal() * 24 + hour)
            assert examined() == {}
            assert_moments_in_order(now)
            assert Assignment.objects.filter(status="in_progress").exists(), hour
            assert not Assignment.objects.filter(rank=1).exclude(override_reason="").exists(), hour
            completed += Assignment.objects.filter(status="completed").count()
            transaction.set_rollback(True)
    assert completed > 0


# A Sunday evening, a Friday afternoon, and late on a Monday morning in Austin.
FIRST_STARTS = [
    datetime(2026, 11, 29, 23, tzinfo=UTC),
    datetime(2026, 11, 27, 21, tzinfo=UTC),
    datetime(2026, 11, 30, 16, 30, tzinfo=UTC),
]
if IS_THOROUGH:
    # A Saturday night, and an early Monday morning.
    FIRST_STARTS += [datetime(2026, 11, 29, 5, tzinfo=UTC), datetime(2026, 11, 30, 14, tzinfo=UTC)]


@pytest.mark.parametrize("now", FIRST_STARTS, ids=lambda now: f"{now:%a %H}")
def test_the_board_of_the_first_start_has_something_of_everything(
    now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk_contractors, "BULK_FROM", 1)
    User.objects.create_user("coordinator@example.com")
    with time_machine.travel(now, tick=False):
        seed_world()
        assert examined() == {}
        austin = zone("America/Chicago")
        day = day_at(jobs.opening_day(now), austin)
        booked = Assignment.objects.live().overlapping(day)
        assert booked.count() >= 15
        assert Contractor.objects.active().exclude(assignments__in=booked).count() > 100
        ill = Absence.objects.get(note=troubles.ILL)
        conflicts = Assignment.objects.in_conflict(now)
        assert conflicts.filter(contractor=ill.contractor_id).overlapping(day).count() >= 2
        assert conflicts.exclude(contractor=ill.contractor_id).exists()
        open_jobs = list(Job.objects.open())
        urgent = [job for job in open_jobs if job.priority == "urgent"]
        assert 1 <= len(urgent) < len(open_jobs) / 2
        rankings = [rank_candidates(JobRequest.of(job), current_rules(), max_results=1) for job in open_jobs]
        assert sum(bool(ranking.entries) for ranking in rankings) > len(open_jobs) / 2
        first_rows = set(Favorite.objects.values_list("contractor", flat=True))
        assert ill.contractor_id in first_rows
        assert booked.filter(contractor__in=first_rows).count() >= 5
        first = next(filter(None, (best_of(job) for job in Job.objects.open().by_urgency())))
        assert first in first_rows


def best_of(job: Job) -> UUID | None:
    entries = rank_candidates(JobRequest.of(job), current_rules(), max_results=1).entries
    return entries[0].contractor.pk if entries else None


@pytest.mark.parametrize("days", [0, 1, 8])
def test_a_job_of_some_days_before_takes_its_moments_along(days: int) -> None:
    now = datetime(2027, 3, 14, 9, tzinfo=UTC)
    for index in range(40):
        order = jobs.order(0, index, now)
        earlier = order.earlier(days)
        moments = (earlier.ordered_at, earlier.booked_at, earlier.fields["desired_date"])
        assert moments == tuple(
            moment - timedelta(days=days)
            for moment in (order.ordered_at, order.booked_at, order.fields["desired_date"])
        )
        assert earlier.fields["id"] == order.fields["id"]


def examined() -> dict[str, list[str]]:
    number_all_events()
    return {outcome.check.name: outcome.findings.shown for outcome in examine(DATA, show=5) if not outcome.is_clean}
