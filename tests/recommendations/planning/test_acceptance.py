"""Acceptance: bundles become bookings or are stale with a cause, whole or in part, once."""

from collections import Counter
from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from assignments.models import Assignment
from assignments.services import assign_job, cancel_job, confirm_assignment
from contractors.services import add_absence
from recommendations.planning.acceptance import accept_plan
from recommendations.planning.errors import PlanStale
from recommendations.planning.models import Plan, PlanItem
from smartscheduler.errors import InvalidInput, InvalidTransition
from smartscheduler.events.models import OutboxEvent
from smartscheduler.timeslots import TimeSlot
from tests.factories import ContractorFactory, JobFactory, PlanFactory, UserFactory, at
from tests.recommendations.planning.proposals import booked, changes, proposes, ready_plan

pytestmark = pytest.mark.django_db


def accept(plan: Plan, *items: PlanItem, all_or_nothing: bool = False) -> tuple[int, int]:
    """The numbers of accepted and of stale items."""
    ids = [item.pk for item in items] or None
    result = accept_plan(plan_id=plan.pk, item_ids=ids, all_or_nothing=all_or_nothing, actor=UserFactory())
    plan.refresh_from_db()
    for item in items:
        item.refresh_from_db()
    return len(result.accepted), len(result.stale)


def events() -> Counter[str]:
    return Counter(OutboxEvent.objects.values_list("type", flat=True))


def test_every_item_becomes_a_booking_that_keeps_its_plan() -> None:
    plan, ada, bruno = ready_plan(), ContractorFactory(), ContractorFactory()
    first, second = proposes(plan, ada, at(9, days=2)), proposes(plan, bruno, at(9, days=2), rank=3)
    assert accept(plan) == (2, 0)
    assert plan.state == "accepted"
    assert plan.accepted_at
    for item in (first, second):
        item.refresh_from_db()
        assert item.state == "accepted"
        assert item.assignment
        assert item.assignment.slot == item.slot
        assert (item.assignment.rank, item.assignment.score, item.assignment.status) == (
            item.rank,
            item.score,
            "pending",
        )
    assert second.assignment
    explanation = second.assignment.score_breakdown["explanation"]
    assert explanation == (
        f"Free on the desired day. Planned with 1 other job ({plan.number}); 3rd for this job alone."
    )
    assert events() == {"JobAssigned": 2, "PlanAccepted": 1}
    assigned = OutboxEvent.objects.filter(type="JobAssigned")
    assert {event.data["plan_id"] for event in assigned} == {str(plan.pk)}


def test_the_sentence_names_the_job_on_which_the_first_of_the_ranking_was_worth_more() -> None:
    plan, ada, bruno = ready_plan(), ContractorFactory(), ContractorFactory()
    first = proposes(plan, ada, at(9, days=2))
    second = proposes(plan, bruno, at(9, days=2), rank=2)
    second.score_breakdown = {**second.score_breakdown, "first_contractor": str(ada.pk)}
    second.save()
    accept(plan, second)
    assert second.assignment
    assert second.assignment.score_breakdown["explanation"].endswith(
        f"2nd for this job alone, because the 1st was worth more on {first.job.job_number}."
    )
    assert "first_contractor" not in second.assignment.score_breakdown


def test_a_part_is_accepted_with_the_rest_of_its_bundles() -> None:
    plan, ada = ready_plan(), ContractorFactory()
    taken = booked(ada, at(9, days=2))
    moves = changes(plan, taken, start=at(13, days=2), bundle=1)
    books = proposes(plan, ada, at(9, days=2), bundle=1)
    other = proposes(plan, ada, at(15, days=2), bundle=2)
    assert accept(plan, books) == (2, 0)
    for item in (moves, other):
        item.refresh_from_db()
    assert (moves.state, books.state, other.state, plan.state) == (
        "accepted",
        "accepted",
        "proposed",
        "partly_accepted",
    )
    taken.refresh_from_db()
    assert taken.slot.start == at(13, days=2)
    assert moves.assignment == taken
    assert accept(plan) == (3, 0)
    assert plan.state == "accepted"


def test_a_swap_a_drop_and_a_booking_in_one_bundle() -> None:
    plan, ada, bruno = ready_plan(), ContractorFactory(), ContractorFactory()
    first, second, third = booked(ada, at(9, days=2)), booked(bruno, at(9, days=2)), booked(ada, at(13, days=2))
    changes(plan, first, bruno, bundle=1)
    changes(plan, second, ada, bundle=1)
    dropped = changes(plan, third, bundle=1)
    urgent = proposes(plan, ada, at(13, days=2), bundle=1)
    assert accept(plan, urgent) == (4, 0)
    dropped.refresh_from_db()
    third.refresh_from_db()
    assert (third.status, third.job.status, third.cancel_reason) == (
        "cancelled",
        "open",
        f"Dropped by {plan.number}",
    )
    assert dropped.assignment == third
    live = set(Assignment.objects.live().values_list("job_id", "contractor_id"))
    assert live == {(first.job_id, bruno.pk), (second.job_id, ada.pk), (urgent.job_id, ada.pk)}


def test_a_stale_bundle_names_who_was_faster_and_offers_another_slot() -> None:
    plan, ada, user = ready_plan(), ContractorFactory(), UserFactory(name="Casey")
    item, other = proposes(plan, ada, at(9, days=2)), proposes(plan, ada, at(13, days=2))
    rival = JobFactory()
    assign_job(job_id=rival.pk, contractor_id=ada.pk, start=at(10, days=2), actor=user)
    assert accept(plan) == (1, 1)
    item.refresh_from_db()
    other.refresh_from_db()
    assert (item.state, other.state, plan.state) == ("stale", "accepted", "partly_accepted")
    assert item.stale_code == "slot-unavailable"
    assert "has another assignment at that time" in item.stale_reason
    assert f"Casey assigned {rival.job_number} to {ada.name}" in item.stale_reason
    assert item.suggestion
    assert item.suggestion["contractor"] == str(ada.pk)
    assert item.suggestion["same_contractor"] is True
    item.job.refresh_from_db()
    assert item.job.status == "open"
    assert OutboxEvent.objects.get(type="PlanAccepted").data | {"accepted": 1, "stale": 1} == (
        OutboxEvent.objects.get(type="PlanAccepted").data
    )


def test_the_next_contractor_is_offered_when_the_day_is_full() -> None:
    plan, ada, bruno = ready_plan(), ContractorFactory(), ContractorFactory(name="Bruno")
    item = proposes(plan, ada, at(9, days=2))
    add_absence(contractor_id=ada.pk, period=TimeSlot(at(0, days=2), at(0, days=3)), actor=None)
    assert accept(plan, item) == (0, 1)
    assert (item.state, plan.state) == ("stale", "ready")
    assert "is absent at that time" in item.stale_reason
    assert item.suggestion
    assert (item.suggestion["contractor"], item.suggestion["contractor_name"]) == (str(bruno.pk), "Bruno")
    assert item.suggestion["same_contractor"] is False


def test_the_others_of_a_stale_bundle_say_with_what_they_belong() -> None:
    plan, ada, bruno = ready_plan(), ContractorFactory(), ContractorFactory()
    taken = booked(ada, at(9, days=2))
    moves = changes(plan, taken, bruno, bundle=1)
    books = proposes(plan, ada, at(9, days=2), bundle=1)
    cancel_job(job_id=books.job_id, reason="No longer needed", actor=UserFactory(name="Casey"))
    before = events()
    assert accept(plan, books) == (0, 2)
    moves.refresh_from_db()
    assert (books.stale_code, moves.stale_code) == ("job-not-open", "job-not-open")
    assert "Casey canceled" in books.stale_reason
    assert moves.stale_reason.startswith(f"It is possible only together with {books.job.job_number}.")
    assert books.suggestion is None
    taken.refresh_from_db()
    assert (taken.contractor, taken.status) == (ada, "pending")
    assert events() - before == {"PlanAccepted": 1}


def test_a_booking_that_changed_since_the_plan_stays_as_it_is() -> None:
    plan, ada, bruno = ready_plan(), ContractorFactory(), ContractorFactory()
    taken = booked(ada, at(9, days=2))
    item = changes(plan, taken, bruno)
    confirm_assignment(assignment_id=taken.pk, actor=UserFactory(name="Casey"))
    assert accept(plan, item) == (0, 1)
    assert item.stale_code == "precondition-failed"
    assert "Casey confirmed the booking" in item.stale_reason
    taken.refresh_from_db()
    assert (taken.contractor, taken.status) == (ada, "confirmed")


def test_all_or_nothing_writes_nothing_and_names_every_stale_item() -> None:
    plan, ada = ready_plan(), ContractorFactory()
    good, *bad = (proposes(plan, ada, at(hour, days=2)) for hour in (8, 11, 14))
    for item in bad:
        cancel_job(job_id=item.job_id, reason="No longer needed", actor=None)
    before = events()
    with pytest.raises(PlanStale) as refusal:
        accept(plan, all_or_nothing=True)
    assert [stale["item"] for stale in refusal.value.extra["stale"]] == [item.pk for item in bad]
    assert {stale["code"] for stale in refusal.value.extra["stale"]} == {"job-not-open"}
    assert events() == before
    assert not Assignment.objects.exists()
    assert set(plan.items.values_list("state", flat=True)) == {"proposed"}
    plan.refresh_from_db()
    assert plan.state == "ready"
    assert accept(plan, good, all_or_nothing=True) == (1, 0)


def test_accepted_twice_is_booked_once() -> None:
    plan, ada = ready_plan(), ContractorFactory()
    proposes(plan, ada, at(9, days=2))
    assert accept(plan) == (1, 0)
    before = events()
    assert accept(plan) == (1, 0)
    assert accept(plan, all_or_nothing=True) == (1, 0)
    assert events() == before
    assert Assignment.objects.count() == 1


def test_a_stale_item_is_booked_when_it_is_possible_again() -> None:
    plan, ada = ready_plan(), ContractorFactory()
    item, rival = proposes(plan, ada, at(9, days=2)), JobFactory()
    assign_job(job_id=rival.pk, contractor_id=ada.pk, start=at(9, days=2), actor=None)
    assert accept(plan, item) == (0, 1)
    cancel_job(job_id=rival.pk, reason="No longer needed", actor=None)
    assert accept(plan, item) == (1, 0)
    assert (item.state, item.stale_code, item.stale_reason, item.suggestion) == ("accepted", "", "", None)
    assert plan.state == "accepted"


def test_an_item_that_keeps_its_booking_changes_nothing() -> None:
    plan, ada = ready_plan(), ContractorFactory()
    taken = booked(ada, at(9, days=2))
    changes(plan, taken, ada, action="keep")
    proposes(plan, ada, at(13, days=2))
    assert accept(plan) == (1, 0)
    assert plan.state == "accepted"
    taken.refresh_from_db()
    assert taken.version == 1


@pytest.mark.parametrize("state", ["queued", "running", "failed", "cancelled", "discarded", "expired"])
def test_only_a_proposal_can_be_accepted(state: str) -> None:
    plan = PlanFactory(state=state)
    proposes(plan, ContractorFactory(), at(9, days=2))
    with pytest.raises(InvalidTransition):
        accept(plan)
    assert not Assignment.objects.exists()


@pytest.mark.parametrize("state", ["ready", "stopped", "partly_accepted"])
def test_a_proposal_whose_time_is_over_cannot_be_accepted(state: str) -> None:
    plan = PlanFactory(state=state, expires_at=timezone.now() - timedelta(seconds=1))
    proposes(plan, ContractorFactory(), at(9, days=2))
    with pytest.raises(InvalidTransition, match="expired"):
        accept(plan)
    assert not Assignment.objects.exists()


def test_an_item_of_another_plan_is_refused_by_name() -> None:
    plan = ready_plan()
    mine, foreign = (proposes(each, ContractorFactory(), at(9, days=2)) for each in (plan, ready_plan()))
    with pytest.raises(InvalidInput) as refusal:
        accept(plan, mine, foreign)
    assert refusal.value.errors == {"items": [f"The plan has no item {foreign.pk}."]}
    with pytest.raises(Plan.DoesNotExist):
        accept_plan(plan_id=uuid4(), item_ids=None, all_or_nothing=False, actor=None)
    assert not Assignment.objects.exists()
