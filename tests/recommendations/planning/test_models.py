"""Plans in the database: what the constraints refuse."""

import re
from datetime import date
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from recommendations.planning.models import Plan, PlanItem
from smartscheduler.errors import InvalidTransition
from tests.factories import AssignmentFactory, PlanFactory, PlanItemFactory, UserFactory, at

pytestmark = pytest.mark.django_db


def refuses(**values: Any) -> bool:
    try:
        with transaction.atomic():
            PlanFactory(**values)
    except IntegrityError:
        return True
    return False


def test_a_plan_has_a_number_that_people_can_read() -> None:
    assert re.fullmatch(r"PLAN-\d{8}-[0-9A-F]{6}", PlanFactory().number)


@pytest.mark.parametrize(
    "values",
    [
        {"state": "done"},
        {"percent": 101},
        {"worth": 100, "bound": 99},
        {"number": "PLAN-1"},
        {"first_day": date(2027, 3, 2), "last_day": date(2027, 3, 1)},
    ],
    ids=str,
)
def test_the_database_refuses(values: dict[str, Any]) -> None:
    assert refuses(**values)
    assert not Plan.objects.exists()


def test_one_plan_of_a_user_runs_at_a_time_and_the_next_ones_wait() -> None:
    user = UserFactory()
    PlanFactory(state="running", requested_by=user)
    assert refuses(state="running", requested_by=user)
    PlanFactory(state="queued", requested_by=user)
    PlanFactory(state="running", requested_by=UserFactory())
    PlanFactory(state="running")
    PlanFactory(state="running")


def test_the_gap_is_known_only_with_a_bound() -> None:
    assert str(PlanFactory(worth=1_000_000, bound=1_008_000).gap_percent) == "0.800"
    assert PlanFactory(worth=1_000_000).gap_percent is None
    assert PlanFactory(worth=0, bound=0).gap_percent is None


def test_a_failed_plan_cannot_become_ready() -> None:
    plan = PlanFactory(state="running")
    plan.fail("Out of memory.", at=at(9))
    with pytest.raises(InvalidTransition):
        plan.move_to("ready")
    assert plan.state == "failed"


def test_a_job_is_in_a_plan_once() -> None:
    item = PlanItemFactory()
    with pytest.raises(IntegrityError), transaction.atomic():
        PlanItemFactory(plan=item.plan, job=item.job)
    assert PlanItem.objects.count() == 1


def test_only_a_dropped_booking_has_no_slot() -> None:
    booked = AssignmentFactory()
    so_far = {"previous_slot": booked.time_slot, "previous_contractor": booked.contractor, "job": booked.job}
    PlanItemFactory(action="drop", contractor=None, time_slot=None, **so_far)
    with pytest.raises(IntegrityError), transaction.atomic():
        PlanItemFactory(action="move", contractor=None, time_slot=None, **so_far)


def test_the_parts_of_an_item_are_signed() -> None:
    item = PlanItem(priority_worth=15_000, score="0.8", travel=120, fairness=100, disruption=0)
    item.score = item._meta.get_field("score").to_python(item.score)
    assert item.parts() == {"priority": 15_000, "score": 8_000, "travel": -120, "fairness": -100, "disruption": 0}
