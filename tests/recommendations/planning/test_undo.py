"""Undo of an acceptance: everything is as before, or nothing changes."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from assignments.models import OF_THE_DECISION, Assignment
from assignments.services import assign_job, cancel_assignment, confirm_assignment, reschedule_assignment
from contractors.models import Contractor
from recommendations.planning.acceptance import accept_plan
from recommendations.planning.admin.actions import can_undo
from recommendations.planning.errors import PlanStale
from recommendations.planning.models import Plan, PlanItem
from recommendations.planning.services import discard_plan
from recommendations.planning.undo import undo_plan, undoable
from smartscheduler.core.formatting import local_slot
from smartscheduler.errors import InvalidTransition
from smartscheduler.events.models import OutboxEvent
from tests.factories import AbsenceFactory, ContractorFactory, JobFactory, UserFactory, at
from tests.recommendations.planning.proposals import BREAKDOWN, booked, changes, proposes, ready_plan

pytestmark = pytest.mark.django_db

Place = tuple[UUID, datetime, str, datetime | None]


def places() -> dict[UUID, Place]:
    """Contractor, start, state and confirmation of each live booking, by job."""
    return {
        booking.job_id: (booking.contractor_id, booking.slot.start, booking.status, booking.confirmed_at)
        for booking in Assignment.objects.live()
    }


def accept(plan: Plan) -> None:
    accept_plan(plan_id=plan.pk, item_ids=None, all_or_nothing=True, actor=UserFactory())


def undo(plan: Plan) -> Plan:
    return undo_plan(plan_id=plan.pk, actor=UserFactory())


def full_plan() -> Plan:
    """A plan with every kind of item, accepted."""
    plan, ada, bruno = ready_plan(), ContractorFactory(), ContractorFactory()
    first, second, third = booked(ada, at(9, days=2)), booked(bruno, at(9, days=2)), booked(ada, at(13, days=2))
    confirm_assignment(assignment_id=first.pk, actor=None)
    first.refresh_from_db()
    changes(plan, first, bruno, bundle=1)  # stays confirmed: its time is the same
    changes(plan, second, ada, bundle=1)
    changes(plan, third, bundle=1)
    proposes(plan, ada, at(13, days=2), bundle=1)
    changes(plan, booked(bruno, at(13, days=2)), start=at(15, days=2), bundle=2)
    return plan


def test_everything_is_as_before_and_can_be_accepted_again() -> None:
    plan = full_plan()
    before = places()
    accept(plan)
    accepted = places()
    assert accepted != before
    plan = undo(plan)
    assert places() == before
    assert plan.state == "ready"
    assert not plan.items.exclude(state="proposed", accepted_at=None, assignment=None).exists()
    assert OutboxEvent.objects.get(type="PlanUndone").data["items"] == 5
    accept(plan)
    assert places() == accepted
    plan.refresh_from_db()
    assert plan.state == "accepted"


def test_what_was_accepted_before_the_time_stays() -> None:
    plan, ada = ready_plan(), ContractorFactory()
    early, late = proposes(plan, ada, at(9, days=2)), proposes(plan, ada, at(13, days=2))
    accept(plan)
    PlanItem.objects.filter(pk=early.pk).update(accepted_at=at(0) - timedelta(days=1))
    assert undo(plan).state == "partly_accepted"
    assert set(places()) == {early.job_id}
    late.refresh_from_db()
    late.job.refresh_from_db()
    assert (late.state, late.job.status) == ("proposed", "open")
    with pytest.raises(InvalidTransition, match="last 30 minutes"):
        undo(plan)


@pytest.mark.parametrize(
    ("act", "sentence"),
    [
        (lambda item: confirm_assignment(assignment_id=item.assignment_id, actor=None), "is confirmed"),
        (
            lambda item: reschedule_assignment(assignment_id=item.assignment_id, start=at(11, days=2), actor=None),
            "has changed in the meantime",
        ),
        (
            lambda item: cancel_assignment(assignment_id=item.assignment_id, reason="No", actor=None),
            "has changed in the meantime",
        ),
        (
            lambda item: Assignment.objects.filter(pk=item.assignment_id).update(
                status="in_progress", confirmed_at=at(0), started_at=at(0)
            ),
            "has started",
        ),
    ],
    ids=["confirmed", "moved", "canceled", "started"],
)
def test_nothing_is_undone_once_a_booking_has_changed(act: Any, sentence: str) -> None:
    plan, ada, bruno = ready_plan(), ContractorFactory(), ContractorFactory()
    proposes(plan, bruno, at(9, days=2))
    item = proposes(plan, ada, at(9, days=2))
    accept(plan)
    item.refresh_from_db()
    act(item)
    before, events = places(), OutboxEvent.objects.count()
    with pytest.raises(PlanStale) as refusal:
        undo(plan)
    (stale,) = refusal.value.extra["stale"]
    assert stale["item"] == item.pk
    assert sentence in stale["reason"]
    assert (places(), OutboxEvent.objects.count()) == (before, events)
    plan.refresh_from_db()
    assert plan.state == "accepted"


def test_nothing_is_undone_when_the_old_place_is_taken() -> None:
    plan, ada = ready_plan(), ContractorFactory()
    moves = changes(plan, booked(ada, at(9, days=2)), start=at(13, days=2))
    accept(plan)
    rival = JobFactory()
    assign_job(job_id=rival.pk, contractor_id=ada.pk, start=at(9, days=2), actor=None)
    before = places()
    with pytest.raises(PlanStale, match="has another assignment at that time") as refusal:
        undo(plan)
    assert [stale["item"] for stale in refusal.value.extra["stale"]] == [moves.pk]
    assert places() == before


def test_a_plan_of_which_nothing_was_accepted_cannot_be_undone() -> None:
    plan = ready_plan()
    proposes(plan, ContractorFactory(), at(9, days=2))
    with pytest.raises(InvalidTransition):
        undo(plan)


def test_an_old_place_that_hours_or_absences_forbid_by_now_is_restored() -> None:
    plan, ada = ready_plan(), ContractorFactory()
    moves = changes(plan, booked(ada, at(9, days=2)), start=at(13, days=2))
    before = places()
    accept(plan)
    AbsenceFactory(contractor=ada, period=(at(9, days=2), at(10, days=2)))
    undo(plan)
    assert places() == before
    moves.refresh_from_db()
    assert moves.state == "proposed"


def test_a_contractor_who_is_not_active_gets_nothing_back() -> None:
    plan, ada, bruno = ready_plan(), ContractorFactory(), ContractorFactory()
    changes(plan, booked(ada, at(9, days=2)), bruno)
    accept(plan)
    Contractor.objects.filter(pk=ada.pk).update(status="on_leave")
    before = places()
    with pytest.raises(PlanStale, match="is on leave"):
        undo(plan)
    assert places() == before


def test_a_plan_that_was_discarded_after_a_part_was_accepted_can_be_undone() -> None:
    plan, ada = ready_plan(), ContractorFactory()
    first = proposes(plan, ada, at(9, days=2))
    proposes(plan, ada, at(13, days=2))
    accept_plan(plan_id=plan.pk, item_ids=[first.pk], all_or_nothing=False, actor=None)
    plan = discard_plan(plan_id=plan.pk, actor=None)
    assert can_undo(plan)
    assert undo(plan).state == "discarded"
    assert places() == {}
    assert not undoable(plan)
    with pytest.raises(InvalidTransition):
        accept(plan)


def decision_of(booking: Assignment) -> dict[str, Any]:
    booking.refresh_from_db()
    return {name: getattr(booking, name) for name in OF_THE_DECISION}


def test_a_booking_that_a_plan_moves_has_the_decision_of_its_new_place_until_the_plan_is_undone() -> None:
    plan, ada = ready_plan(), ContractorFactory()
    booking = booked(ada, at(9, days=2))
    moves = changes(plan, booking, start=at(13, days=2), score=Decimal("0.6125"), rank=4, candidates_considered=9)
    before = decision_of(booking)
    accept(plan)
    after = decision_of(booking)
    assert (after["score"], after["rank"], after["candidates_considered"]) == (Decimal("0.6125"), 4, 9)
    slot = local_slot(moves.slot_so_far, moves.job.zone) if moves.slot_so_far else ""
    assert after["score_breakdown"]["explanation"].startswith(
        f"{BREAKDOWN['explanation']} Moved from {slot}. Planned with 0 other jobs ({plan.number}); 4th for this job"
    )
    undo(plan)
    assert decision_of(booking) == before
    accept(plan)
    assert decision_of(booking) == after
