"""Items that can no longer be accepted are known before anyone tries."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from assignments.services import assign_job, cancel_job, confirm_assignment
from contractors.services import add_absence
from recommendations.planning.acceptance import accept_plan
from recommendations.planning.models import Plan, PlanItem
from recommendations.planning.staleness import watch
from smartscheduler.timeslots import TimeSlot
from tests.factories import ContractorFactory, JobFactory, UserFactory, at
from tests.recommendations.planning.proposals import booked, changes, proposes, ready_plan

pytestmark = pytest.mark.django_db


def plan_of_all_kinds() -> tuple[Plan, dict[str, PlanItem]]:
    plan, ada, bruno = ready_plan(), ContractorFactory(name="Ada"), ContractorFactory(name="Bruno")
    first, second = booked(ada, at(9, days=2)), booked(bruno, at(9, days=2))
    items = {
        "swap": changes(plan, first, bruno, bundle=1),
        "back": changes(plan, second, ada, bundle=1),
        "move": changes(plan, booked(ada, at(9, days=3)), start=at(13, days=3), bundle=2),
        "book": proposes(plan, ada, at(9, days=3), bundle=2),
        "alone": proposes(plan, bruno, at(9, days=3), bundle=3),
        "drop": changes(plan, booked(bruno, at(13, days=3)), bundle=4),
    }
    return plan, items


def test_a_plan_that_holds_is_not_stale_and_costs_the_same_at_any_size() -> None:
    plan, _ = plan_of_all_kinds()
    assert watch(plan) == []
    with CaptureQueriesContext(
        connection,
    ) as few:
        watch(plan)
    crew = ContractorFactory.create_batch(5)
    for number, contractor in enumerate(crew):
        proposes(plan, contractor, at(9, days=2), bundle=10 + number)
    with CaptureQueriesContext(connection) as many:
        assert watch(plan) == []
    assert len(few) == len(many) <= 7, [query["sql"] for query in many.captured_queries]


@pytest.mark.parametrize(
    ("act", "name", "code", "sentence"),
    [
        (
            lambda items: assign_job(
                job_id=JobFactory().pk, contractor_id=items["alone"].contractor_id, start=at(10, days=3), actor=None
            ),
            "alone",
            "slot-unavailable",
            "The system assigned",
        ),
        (
            lambda items: cancel_job(job_id=items["alone"].job_id, reason="No", actor=UserFactory(name="Casey")),
            "alone",
            "job-not-open",
            "Casey canceled",
        ),
        (
            lambda items: confirm_assignment(assignment_id=items["drop"].previous_assignment_id, actor=None),
            "drop",
            "precondition-failed",
            "The system confirmed the booking of Bruno",
        ),
        (
            lambda items: add_absence(
                contractor_id=items["book"].contractor_id, period=TimeSlot(at(9, days=3), at(10, days=3)), actor=None
            ),
            "book",
            "slot-unavailable",
            "Ada is absent",
        ),
    ],
    ids=["taken", "canceled", "confirmed", "absent"],
)
def test_names_the_item_and_the_cause(act: Any, name: str, code: str, sentence: str) -> None:
    plan, items = plan_of_all_kinds()
    act(items)
    bundle = [item.pk for item in items.values() if item.bundle == items[name].bundle]
    stale = watch(plan)
    assert sorted(each.item_id for each in stale) == sorted(bundle)
    assert {each.code for each in stale} == {code}
    assert sentence in next(each.reason for each in stale if each.item_id == items[name].pk)
    # The acceptance agrees, and only now it is written down.
    assert not plan.items.filter(state="stale").exists()
    result = accept_plan(plan_id=plan.pk, item_ids=None, all_or_nothing=False, actor=None)
    assert sorted(item.pk for item in result.stale) == sorted(bundle)
    assert {item.stale_code for item in result.stale} == {code}
    assert watch(plan) == []


def test_a_plan_without_items_is_not_stale() -> None:
    assert watch(ready_plan()) == []
