"""No contractor is double-booked by concurrent requests."""

import os
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from itertools import pairwise
from random import Random
from subprocess import Popen
from threading import Barrier
from typing import Any

import pytest
from django.db import IntegrityError, connection
from psycopg.types.range import TimestamptzRange

from assignments.models import Assignment, Conflict
from assignments.services import (
    assign_job,
    cancel_job,
    promise_window,
    reassign_assignment,
    reschedule_assignment,
)
from contractors.models import Contractor
from jobs.models import Job
from smartscheduler.errors import DomainError
from smartscheduler.events.models import OutboxEvent
from smartscheduler.timeslots import TimeSlot
from tests.factories import AssignmentFactory, ContractorFactory, JobFactory, at

pytestmark = pytest.mark.django_db(transaction=True)
THREADS = 32


def together(acts: list[Any]) -> list[Any]:
    """Run the acts at the same moment, each on a thread and connection of its own; the outcomes in order."""
    barrier = Barrier(len(acts))

    def run(act: Any) -> Any:
        try:
            barrier.wait()
            return act()
        except DomainError as refused:
            return refused.code
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def assert_nobody_is_booked_twice() -> None:
    live = Assignment.objects.live().order_by("contractor_id", "time_slot")
    for earlier, later in pairwise(live):
        if earlier.contractor_id == later.contractor_id:
            assert earlier.slot.end <= later.slot.start
    jobs = Counter(live.values_list("job_id", flat=True))
    assert max(jobs.values(), default=0) <= 1
    assert set(jobs) == set(Job.objects.booked().values_list("pk", flat=True))
    assert OutboxEvent.objects.filter(type="JobAssigned").count() >= live.count()


def test_one_slot_has_one_winner() -> None:
    contractor = ContractorFactory()
    jobs = JobFactory.create_batch(THREADS)
    outcomes = together(
        [
            lambda job=job: (
                assign_job(job_id=job.pk, contractor_id=contractor.pk, start=at(10, days=2), actor=None).status
            )
            for job in jobs
        ]
    )
    assert Counter(outcomes) == {"pending": 1, "slot-unavailable": THREADS - 1}
    assert Assignment.objects.count() == OutboxEvent.objects.count() == 1


def test_one_job_has_one_winner() -> None:
    job, crews = JobFactory(), ContractorFactory.create_batch(THREADS)
    outcomes = together(
        [
            lambda crew=crew: assign_job(job_id=job.pk, contractor_id=crew.pk, start=at(10, days=2), actor=None).status
            for crew in crews
        ]
    )
    assert Counter(outcomes) == {"pending": 1, "job-not-open": THREADS - 1}
    assert_nobody_is_booked_twice()


@pytest.mark.system
def test_four_processes_of_eight_threads_fight_over_a_day(dice: Random) -> None:
    contractor = ContractorFactory()
    racers = start_racers(contractor, dice)
    assert racers.stdout
    assert racers.stdout.readline() == "ready\n"
    out, err = racers.communicate("go\n", timeout=300)
    assert racers.returncode == 0, err
    outcomes = Counter(
        line if line == "slot-unavailable" else "booked" if "-" in line and len(line) == 36 else line
        for line in out.split()
    )
    assert outcomes.keys() <= {"booked", "slot-unavailable"}, outcomes
    assert outcomes.total() == 4 * 16
    assert outcomes["booked"] == Assignment.objects.live().count() >= 2
    assert_nobody_is_booked_twice()


def start_racers(contractor: Contractor, dice: Random) -> Popen[str]:
    database = connection.settings_dict["NAME"]
    url, _, query = os.environ["DATABASE_URL"].partition("?")
    environment = {
        **os.environ,
        "DATABASE_URL": f"{url.rpartition('/')[0]}/{database}{'?' + query if query else ''}",
        "DJANGO_SETTINGS_MODULE": "smartscheduler.settings",
        "LOG_LEVEL": "ERROR",
    }
    pairs = [
        f"{JobFactory().pk}@{(at(8, days=2) + timedelta(minutes=dice.randrange(0, 421))).isoformat()}"
        for _ in range(4 * 16)
    ]
    return subprocess.Popen(
        [
            sys.executable,
            "-m",
            "tests.assignments.racer",
            str(contractor.pk),
            *(",".join(pairs[n::4]) for n in range(4)),
        ],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_moving_swapping_and_cancelling_at_once_neither_clash_nor_deadlock(dice: Random) -> None:
    first, second = ContractorFactory(), ContractorFactory()
    bookings = [
        AssignmentFactory(
            contractor=crew, start=at(hour, days=2), job__duration=timedelta(hours=1), job__status="assigned"
        )
        for crew in (first, second)
        for hour in (8, 10, 12, 14)
    ]

    def act(booking: Any, choice: Any, start: Any) -> str:
        if choice == 0:
            reschedule_assignment(assignment_id=booking.pk, start=start, actor=None)
        elif choice == 1:
            other = second if booking.contractor_id == first.pk else first
            reassign_assignment(assignment_id=booking.pk, contractor_id=other.pk, start=start, actor=None)
        else:
            cancel_job(job_id=booking.job_id, reason="Race", actor=None)
        return "done"

    # Drawn before the race, which would draw them in another order each time.
    plans = [
        (booking, dice.randrange(3), at(8, days=2) + timedelta(minutes=30 * dice.randrange(17)))
        for booking in bookings * 4
    ]
    outcomes = Counter(together([lambda plan=plan: act(*plan) for plan in plans]))
    assert outcomes.keys() <= {"done", "slot-unavailable", "invalid-transition", "invalid-input"}, outcomes
    assert outcomes["done"] > 0
    live = Assignment.objects.live().count()
    assert live == Job.objects.booked().count()
    for earlier, later in pairwise(Assignment.objects.live().order_by("contractor_id", "time_slot")):
        assert earlier.contractor_id != later.contractor_id or earlier.slot.end <= later.slot.start


def test_of_different_promises_at_once_one_holds_and_no_booking_slips_through() -> None:
    contractor, job = ContractorFactory(), JobFactory()
    windows = [TimeSlot(at(hour, days=2), at(hour + 1, days=2)) for hour in (8, 10, 12, 14)]
    promises = [partial(promise_window, job_id=job.pk, window=window, actor=None) for window in windows]
    book = partial(assign_job, job_id=job.pk, contractor_id=contractor.pk, start=at(11, 30, days=2), actor=None)
    *answers, booked = together([*promises, book])
    assert sorted(type(answer).__name__ for answer in answers) == ["Job", "str", "str", "str"]
    assert answers.count("window-promised") == 3
    job.refresh_from_db()
    assert job.window in windows
    if isinstance(booked, Assignment) and not (job.window and job.window.start <= at(11, 30, days=2) <= job.window.end):
        # Booked before the promise: the booking stays, and is known to be outside the window.
        assert Conflict.objects.get(assignment=booked).rules == ["outside_window"]
    assert isinstance(booked, Assignment) or booked == "outside-window"


def test_the_database_itself_refuses_an_overlap() -> None:
    taken = AssignmentFactory(start=at(9, days=2))
    with pytest.raises(IntegrityError, match="assignment_no_double_booking"):
        AssignmentFactory(contractor=taken.contractor, start=at(10, 59, days=2))
    other = AssignmentFactory(contractor=taken.contractor, start=at(11, days=2))
    overlapping = TimestamptzRange(at(10, days=2), at(12, days=2), "[)")
    with pytest.raises(IntegrityError, match="assignment_no_double_booking"):
        Assignment.objects.filter(pk=other.pk).update(time_slot=overlapping)


def test_the_database_itself_refuses_a_second_live_assignment_of_a_job() -> None:
    taken = AssignmentFactory()
    with pytest.raises(IntegrityError, match="assignment_one_live_per_job"):
        AssignmentFactory(job=taken.job)
