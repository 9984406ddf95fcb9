"""Start times of many contractors for a job on one day, equal to those of the booking service."""

from datetime import time, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from psycopg.types.range import TimestamptzRange
from pytest_django import DjangoAssertNumQueries

from assignments.drop_targets import DropTarget, drop_targets_on
from assignments.local_time import day_at
from assignments.models import Assignment
from assignments.services import assign_job, reschedule_assignment
from contractors.models import Contractor
from contractors.working_week import Shift
from jobs.models import Job
from smartscheduler.errors import DomainError
from smartscheduler.rules.current import current_rules
from smartscheduler.timeslots import TimeSlot
from tests.factories import AbsenceFactory, AssignmentFactory, ContractorFactory, JobFactory, at

pytestmark = pytest.mark.django_db


def tomorrow(zone: ZoneInfo) -> TimeSlot:
    return day_at(at(0, days=1).date(), zone)


def fit(job: Job, person: Contractor) -> DropTarget:
    return drop_targets_on(job, [person], tomorrow, current_rules())[person.pk]


def test_every_start_can_be_booked_and_no_other_on_the_grid() -> None:
    job, person = JobFactory(duration=timedelta(hours=3)), ContractorFactory()
    AssignmentFactory(contractor=person, start=at(12, days=1))
    starts = fit(job, person).starts
    assert starts
    for half_hours in range(48):
        start = at(half_hours // 2, half_hours % 2 * 30, days=1)
        try:
            made = assign_job(job_id=job.pk, contractor_id=person.pk, start=start, actor=None)
        except DomainError:
            assert start not in starts
            continue
        assert start in starts
        made.delete()
        job.status = "open"
        job.save()


def test_the_booking_that_is_to_be_moved_is_no_obstacle() -> None:
    booking = AssignmentFactory(start=at(9, days=1), job__duration=timedelta(hours=8), job__status="assigned")
    assert fit(booking.job, booking.contractor).starts == [at(8, days=1), at(8, 30, days=1), at(9, days=1)]
    reschedule_assignment(assignment_id=booking.pk, start=at(8, 30, days=1), actor=None)
    assert Assignment.objects.get().slot.start == at(8, 30, days=1)


@pytest.mark.parametrize(
    ("reason", "change"),
    [
        ("does tile jobs, but this is a flooring job", {"type": "tile"}),
        ("is inactive", {"status": "inactive"}),
        ("miles outside the service radius", {"latitude": "32.7767"}),
        ("The site is 1,7", {"latitude": "47.6062", "longitude": "-122.3321"}),
        ("does not work on this day", {"hours": []}),
        ("are too short for this job", {"hours": [Shift(day, time(8), time(9)) for day in range(7)]}),
    ],
)
def test_the_reason_is_said(reason: str, change: dict[str, Any]) -> None:
    target = fit(JobFactory(), ContractorFactory(**change))
    assert target.starts == []
    assert reason in target.reason


def test_absent_and_fully_booked() -> None:
    away, busy = ContractorFactory(), ContractorFactory()
    AbsenceFactory(contractor=away, period=TimestamptzRange(at(0, days=1), at(0, days=2), "[)"))
    AssignmentFactory(contractor=busy, start=at(8, days=1), job__duration=timedelta(hours=8))
    assert fit(JobFactory(), away).reason.startswith(f"{away.name} is absent.")
    no_time = f"{busy.name} has no time left between other jobs and the drives to them."
    assert fit(JobFactory(), busy).reason.startswith(no_time)


def test_what_is_over_is_over() -> None:
    job, person = JobFactory(), ContractorFactory()
    target = drop_targets_on(job, [person], partial(day_at, at(0, days=-1).date()), current_rules())[person.pk]
    assert (target.starts, target.reason) == ([], "This time is in the past. Choose a later one.")


def test_many_cost_the_queries_of_one(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    job = JobFactory()
    ContractorFactory.create_batch(12)
    people = list(Contractor.objects.all())
    with django_assert_num_queries(2):  # the rules, the calendars
        assert len(drop_targets_on(job, people, tomorrow, current_rules())) == 12
