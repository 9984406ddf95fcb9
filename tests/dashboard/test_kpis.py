"""Utilization and waiting time, compared with a calculation by the engine."""

from datetime import UTC, datetime, time, timedelta
from random import Random

import pytest
import time_machine
from psycopg.types.range import TimestamptzRange

from assignments.availability import Calendar, working_time
from assignments.local_time import day_at
from assignments.models import Assignment
from contractors.models import Contractor
from contractors.working_week import Shift
from jobs.models import Job
from smartscheduler.dashboard.templatetags.site_time import percent
from smartscheduler.dashboard.utilization import median_wait, utilization
from smartscheduler.timeslots import TimeSlot, clip, union, without
from tests.factories import AbsenceFactory, AssignmentFactory, ContractorFactory, JobFactory

pytestmark = pytest.mark.django_db

# A Monday; in Austin the clock has just gone back the day before.
NOW = datetime(2026, 11, 2, 18, tzinfo=UTC)
ZONES = ["America/Chicago", "America/New_York", "Pacific/Honolulu", "America/Phoenix"]


def by_the_engine(now: datetime) -> float:
    worked = booked = timedelta(0)
    for person in Contractor.objects.active():
        window = day_at(now.astimezone(person.zone).date(), person.zone)
        shifts = clip(working_time(Calendar(person.zone, person.shifts), window), window)
        own = [slot for slot in shifts if slot.start.astimezone(person.zone).date() == window.start.date()]
        free = without(union(own), union(absence.slot for absence in person.absences.all()))
        taken = union(booking.slot for booking in person.assignments.exclude(status="cancelled"))
        worked += sum((slot.duration for slot in free), timedelta(0))
        booked += sum((slot.duration for slot in without(free, without(free, taken))), timedelta(0))
    return booked / worked


@pytest.mark.parametrize("seed", range(5))
def test_the_share_is_that_of_the_engine(seed: int) -> None:
    random = Random(seed)
    for zone in ZONES * 3:
        hours = [Shift(day, time(random.randint(3, 9)), time(random.randint(12, 19))) for day in range(7)]
        person = ContractorFactory(time_zone=zone, hours=hours, status=random.choice(["active"] * 3 + ["inactive"]))
        if random.random() < 0.4:
            begins = NOW + timedelta(hours=random.randint(-40, 10))
            period = TimestamptzRange(begins, begins + timedelta(hours=random.randint(1, 30)), "[)")
            AbsenceFactory(contractor=person, period=period)
        start = NOW + timedelta(hours=random.randint(-12, 9))
        for later in range(random.randint(0, 2)):
            booking = AssignmentFactory(contractor=person, start=start + timedelta(hours=3 * later))
            if random.random() < 0.3:
                Assignment.objects.filter(pk=booking.pk).update(status="cancelled", cancelled_at=NOW)
    assert utilization(NOW) == pytest.approx(by_the_engine(NOW), abs=1e-9)


def test_a_shift_until_midnight_and_one_that_the_clock_swallows() -> None:
    ContractorFactory(hours=[Shift(1, time(22), time(0))])
    assert utilization(NOW) == 0
    AssignmentFactory(contractor=Contractor.objects.get(), start=datetime(2026, 11, 3, 4, tzinfo=UTC))  # 22:00 there
    assert utilization(NOW) == 1.0


def test_no_contractor_works() -> None:
    assert utilization(NOW) is None
    ContractorFactory(hours=[])
    assert utilization(NOW) is None


def test_the_median_wait_is_of_first_assignments_of_the_week() -> None:
    with time_machine.travel(NOW, tick=False):
        assert median_wait(NOW) is None
        for hours, days in ((1, 0), (3, 2), (20, 6), (500, 8)):
            made = NOW - timedelta(days=days)
            booking = AssignmentFactory(start=NOW + timedelta(days=days))
            Assignment.objects.filter(pk=booking.pk).update(created_at=made)
            Job.objects.filter(pk=booking.job_id).update(created_at=made - timedelta(hours=hours))
        assert median_wait(NOW) == timedelta(hours=3)
        # A second assignment of the same job does not count.
        again = JobFactory(status="assigned")
        first = AssignmentFactory(job=again, start=NOW + timedelta(days=20))
        Assignment.objects.filter(pk=first.pk).update(
            created_at=NOW - timedelta(days=30), status="cancelled", cancelled_at=NOW
        )
        AssignmentFactory(job=again, start=NOW + timedelta(days=21))
        assert median_wait(NOW) == timedelta(hours=3)


def test_a_share_in_words() -> None:
    assert [percent(None), percent(0.0), percent(0.414)] == ["–", "0%", "41%"]


def test_a_slot_is_whole() -> None:
    assert TimeSlot(NOW, NOW + timedelta(hours=1)).duration == timedelta(hours=1)
