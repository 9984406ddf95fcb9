"""Clock changes and jumps around a daylight saving transition during bookings.

PostgreSQL's own clock is months away from it all the time.
"""

import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.faults.bookers import Booker, ask, booked, booking
from tests.faults.crowd import crowd
from tests.faults.invariants import check
from tests.faults.stack import AT_LENGTH, stack
from tests.products import folder, wait_until

pytestmark = AT_LENGTH
# 02:00 in Austin, where it is 03:00 from then on.
CHANGE = datetime(2027, 3, 14, 8, tzinfo=UTC)
HOUR = timedelta(hours=1)
OUTSIDE_OF_WORK = """
SELECT count(*) FROM assignments_assignment
WHERE (lower(time_slot) AT TIME ZONE 'America/Chicago')::time < '08:00'
   OR (upper(time_slot) AT TIME ZONE 'America/Chicago')::time > '17:00'
"""
ON_THE_DAYS_AROUND = """
SELECT count(*), count(DISTINCT upper(time_slot) AT TIME ZONE 'America/Chicago' - upper(time_slot) AT TIME ZONE 'UTC')
FROM assignments_assignment
WHERE (lower(time_slot) AT TIME ZONE 'America/Chicago')::date BETWEEN '2027-03-12' AND '2027-03-16'
"""


class Clock:
    """Says what time it is to every process of a product."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.seconds = 0.0

    def set(self, moment: datetime) -> None:
        self.seconds = moment.timestamp() - time.time()
        draft = self.file.with_suffix(".new")
        draft.write_text(str(self.seconds))
        draft.replace(self.file)

    def ahead(self) -> float:
        return self.seconds


@pytest.fixture
def clock() -> Iterator[Clock]:
    with folder() as home:
        yield Clock(home / "clock")


def test_the_clock_steps_across_the_night_of_the_change(clock: Clock) -> None:
    clock.set(CHANGE - timedelta(days=4))
    variables = {"CLOCK_FILE": str(clock.file), "DJANGO_SETTINGS_MODULE": "tests.faults.clock_settings"}
    # Else those who listen would rightly be signed out by the steps.
    variables |= {"SESSION_IDLE_MINUTES": "10000", "SESSION_LONGEST_HOURS": "200"}
    with stack(RATE_LIMITS="0", PYTHONPATH=os.getcwd(), **variables) as product:
        product.office()
        base = f"http://127.0.0.1:{(port := product.web())}"
        product.relay()
        product.worker()
        product.file_worker()
        product.plan_worker()
        with crowd(port, product.cookie, 4) as listeners:
            with booking(base, count=3, ahead=clock.ahead) as crew:
                work_on(crew, 40)  # so that some are on the days before
                for moment in (
                    CHANGE - timedelta(seconds=20),  # ticks across it
                    CHANGE + HOUR,
                    CHANGE - HOUR,  # set back: tokens and events of a time that is yet to come
                    CHANGE + timedelta(minutes=1),
                    CHANGE + timedelta(days=1),
                ):
                    clock.set(moment)
                    work_on(crew)
                    if moment < CHANGE < moment + timedelta(minutes=1):
                        time.sleep(25)
                        work_on(crew)
                ready = ask(base, "health/ready").body
            check(product, crowd=listeners, crew=crew)
        assert ready["status"] == "ok", ready
        assert product.rows(OUTSIDE_OF_WORK) == [(0,)]
        ((around, offsets),) = product.rows(ON_THE_DAYS_AROUND)
        assert around > 10
        assert offsets == 2


def work_on(crew: list[Booker], bookings: int = 12) -> None:
    before = booked(crew)
    wait_until(lambda: booked(crew) >= before + bookings)
