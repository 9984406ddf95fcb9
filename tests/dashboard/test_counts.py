"""The figures above the rows: all rows that match the filters, however many are loaded."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from psycopg.types.range import TimestamptzRange

from assignments.models import Assignment, Conflict
from smartscheduler.dashboard.board import board
from smartscheduler.dashboard.counts import Counts, counts
from smartscheduler.dashboard.question import Question
from smartscheduler.rules.current import current_rules
from tests.factories import (
    AbsenceFactory,
    AssignmentFactory,
    ContractorFactory,
    JobFactory,
    UserFactory,
    many_contractors,
)
from tests.pages import signed_in

pytestmark = pytest.mark.django_db
DAY = date(2026, 11, 24)
# 10:00 PM in Austin.
LATE = datetime(2026, 11, 25, 4, tzinfo=UTC)


def austin(hour: int, minute: int = 0, day: int = 24) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC) + timedelta(hours=6)


def shown(now: datetime = LATE, **asked: Any) -> Counts:
    return counts(Question(day=DAY, reader=UserFactory().pk, **asked), now, current_rules())


def test_count_what_the_filters_show() -> None:
    ann, bob = ContractorFactory(name="Ann"), ContractorFactory(name="Bob")
    AbsenceFactory(contractor=ann, period=TimestamptzRange(austin(8), austin(12), "[)"))
    AssignmentFactory(contractor=ann, start=austin(13))
    AssignmentFactory(contractor=bob, start=austin(23))
    AssignmentFactory(contractor=bob, start=austin(9, day=26))
    cancelled = AssignmentFactory(contractor=bob, start=austin(9))
    Assignment.objects.filter(pk=cancelled.pk).update(status="cancelled", cancelled_at=LATE)
    everyone, ann_alone = shown(), shown(q="ann")
    assert (everyone.rows, everyone.bookings, everyone.pending, everyone.late, everyone.waiting) == (2, 2, 2, 1, 1)
    assert (ann_alone.rows, ann_alone.bookings, ann_alone.late) == (1, 1, 1)
    # Ann works five hours besides her absence; Bob's booking is outside his nine.
    assert everyone.booked == pytest.approx(2 / 14)
    assert ann_alone.booked == pytest.approx(2 / 5)
    assert shown(q="nobody") == Counts(
        rows=0, bookings=0, pending=0, in_progress=0, completed=0, late=0, waiting=0, conflicts=0, booked=None
    )


def test_count_rows_that_are_not_loaded() -> None:
    many_contractors(20)
    for hour in (8, 10, 12):
        AssignmentFactory(start=austin(hour))
    assert (shown(rows=2).rows, shown(rows=2).bookings) == (23, 3)


@pytest.mark.parametrize("days", [1, 3, 7])
@pytest.mark.parametrize("clock", ["", "local", "Pacific/Honolulu"])
def test_agree_with_the_rows(clock: str, days: int) -> None:
    for zone in ("America/Chicago", "America/New_York", "Pacific/Honolulu"):
        person = ContractorFactory(time_zone=zone)
        for hour, day in ((0, 24), (9, 24), (23, 24), (22, 23), (5, 25), (9, 26)):
            AssignmentFactory(contractor=person, start=austin(hour, day=day))
    question = Question(day=DAY, clock=clock, days=days, reader=UserFactory().pk)
    rows, numbers = board(question, LATE, current_rules()), counts(question, LATE, current_rules())
    working = sum(lane.working_minutes for lane in rows.lanes)
    assert numbers.bookings == len(rows.blocks)
    assert numbers.late == sum(block.is_late for block in rows.blocks)
    assert numbers.waiting == sum(block.is_waiting for block in rows.blocks)
    assert numbers.booked == pytest.approx(sum(lane.booked_minutes for lane in rows.lanes) / working)


@pytest.mark.parametrize("clock", ["", "local"])
@pytest.mark.parametrize(
    ("asked", "rows", "bookings"),
    [
        ({"working": True}, 2, 1),
        ({"show": "booked"}, 1, 1),
        ({"show": "free"}, 2, 0),
        ({"working": True, "show": "free", "sort": "rating", "group": "city"}, 1, 0),
        ({"city": "dallas", "show": "booked"}, 0, 0),
    ],
)
def test_follow_every_filter(asked: dict[str, Any], clock: str, rows: int, bookings: int) -> None:
    AssignmentFactory(start=austin(9))
    ContractorFactory()
    ContractorFactory(hours=[])
    numbers = shown(clock=clock, **asked)
    assert (numbers.rows, numbers.bookings) == (rows, bookings)
    assert board(Question(day=DAY, clock=clock, **asked), LATE, current_rules()).page.total == rows


@time_machine.travel(LATE, tick=False)
def test_follow_the_filter_by_the_selected_job() -> None:
    able, _other = ContractorFactory(), ContractorFactory(type="carpet")
    job = JobFactory(desired_date=austin(12, day=26))
    AssignmentFactory(contractor=able, start=austin(9, day=26))
    question = Question(day=date(2026, 11, 26), able=True, for_job=job.pk, reader=UserFactory().pk)
    numbers = counts(question, LATE, current_rules())
    assert (numbers.rows, numbers.bookings) == (1, 1)


def test_what_follows_a_late_booking_is_late_too() -> None:
    person = ContractorFactory()
    first = AssignmentFactory(contractor=person, start=austin(9), status="confirmed", confirmed_at=LATE)
    AssignmentFactory(contractor=person, start=austin(11))
    AssignmentFactory(contractor=person, start=austin(15))
    assert shown(austin(8)).late == 0
    Assignment.objects.filter(pk=first.pk).update(late_until=austin(11, 30))
    assert shown(austin(8)).late == 2
    # By then the second one counts by the clock as well, and only once.
    assert shown(austin(11, 20)).late == 2


def test_conflicts_count_until_they_are_over() -> None:
    for hour in (9, 23):
        Conflict.objects.create(assignment=AssignmentFactory(start=austin(hour)), rules=["absent"], found_at=LATE)
    assert shown().conflicts == 1


def test_cost_the_same_at_any_number_of_rows() -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as captured:
            counts(Question(day=DAY, reader=reader), LATE, rules)
        return len(captured)

    reader, rules = UserFactory().pk, current_rules()
    AssignmentFactory(start=austin(9))
    few = cost()
    many_contractors(60)
    for hour in range(8):
        AssignmentFactory(start=austin(hour))
    assert cost() == few <= 3


def test_the_page_says_whose_figures_they_are() -> None:
    AssignmentFactory(start=austin(9))
    for address in (f"/?day={DAY}", f"/live/?day={DAY}&parts=counts"):
        page = signed_in().get(address).content.decode()
        assert "<dt>All rows</dt><dd>1</dd>" in page
        assert '<dd data-count="">1</dd>' in page
