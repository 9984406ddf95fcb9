"""Undo of an acceptance, as long as nothing that came of it was confirmed, started or changed."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext, ngettext

from assignments.booking_changes import BookingChange
from assignments.decision_record import Decision
from assignments.models import Assignment
from assignments.services import change_bookings
from assignments.states import LIVE, Status
from recommendations.planning.acceptance import plan_stale, update_state
from recommendations.planning.decisions import of_booking, of_json
from recommendations.planning.events import PlanUndone
from recommendations.planning.models import Plan, PlanItem
from recommendations.planning.staleness import Stale, explain_refusal
from recommendations.planning.states import Action, ItemState
from smartscheduler.accounts.models import User
from smartscheduler.core.db.transactions import domain_transaction
from smartscheduler.errors import Busy, DomainError, InvalidTransition
from smartscheduler.events.publishing import publish
from smartscheduler.rules.current import current_rules
from smartscheduler.rules.values import Rules

UNDO_MINUTES = 30


def undoable(plan: Plan) -> list[PlanItem]:
    """Items that were accepted in the last UNDO_MINUTES."""
    since = timezone.now() - timedelta(minutes=UNDO_MINUTES)
    accepted = plan.items.changes().filter(state=ItemState.ACCEPTED, accepted_at__gt=since)
    return list(accepted.select_related("job", "contractor", "assignment", "previous_assignment").order_by("position"))


def undo_plan(*, plan_id: UUID, actor: User | None) -> Plan:
    """Take back what was accepted in the last UNDO_MINUTES: all of it, or nothing.

    The items are proposed again, unless the plan is discarded. An old place counts also if hours, absences or
    requirements forbid it by now: its booking is then in conflict, as it would be without the plan. Raises
    InvalidTransition if there is nothing to take back, and PlanStale, which names the items, if one of the bookings was
    confirmed, started or changed since, or if the old place is taken.
    """
    plan = Plan.objects.get(pk=plan_id)
    try:
        return _undo(plan_id=plan_id, actor=actor)
    except _Refused as refused:
        raise plan_stale(explain_refusal(plan, refused.items, refused.refusal, actor)) from refused


class _Refused(Exception):
    """Rolls back the undo; holds its items and the refusal."""

    def __init__(self, items: Sequence[PlanItem], refusal: DomainError) -> None:
        super().__init__()
        self.items, self.refusal = items, refusal


@domain_transaction
def _undo(*, plan_id: UUID, actor: User | None) -> Plan:
    plan = Plan.objects.locked().get(pk=plan_id)
    items = undoable(plan)
    if not items:
        message = ngettext(
            "Nothing of this plan was accepted in the last {minutes} minute.",
            "Nothing of this plan was accepted in the last {minutes} minutes.",
            UNDO_MINUTES,
        )
        raise InvalidTransition(
            message.format(minutes=UNDO_MINUTES), extra={"from": plan.state, "to": Plan.State.READY.value}
        )
    if changed := [stale for item in items if (stale := _changed(item))]:
        raise plan_stale(changed)
    rules = current_rules()
    changes = [_inverse(plan, item, rules) for item in items]
    try:
        restored = change_bookings(changes=changes, actor=actor, plan_id=plan.pk)
    except Busy:
        raise
    except DomainError as refusal:
        raise _Refused(items, refusal) from refusal
    for item, assignment in zip(items, restored, strict=True):
        _propose_again(item, assignment)
    update_state(plan)
    publish(PlanUndone(plan_id=plan.pk, plan_number=plan.number, items=len(items)), actor=actor)
    return plan


def _changed(item: PlanItem) -> Stale | None:
    """The item as stale if its booking was confirmed, started, moved or ended since the acceptance."""
    assignment, job = item.assignment, item.job.job_number
    assert assignment is not None, "an accepted item has its booking"  # noqa: S101
    assert item.accepted_at is not None, "an accepted item has the time of its acceptance"  # noqa: S101
    if item.action == Action.DROP:  # its booking is canceled; another one is refused by the service
        return None
    if assignment.status not in LIVE or assignment.contractor_id != item.contractor_id or assignment.slot != item.slot:
        message = gettext("The booking of {job} has changed in the meantime.")
    elif assignment.status == Status.IN_PROGRESS:
        message = gettext("The work for {job} has started.")
    elif assignment.confirmed_at and assignment.confirmed_at > item.accepted_at:
        message = gettext("The booking of {job} is confirmed.")
    else:
        return None
    return Stale(item.pk, InvalidTransition.code, message.format(job=job))


def _inverse(plan: Plan, item: PlanItem, rules: Rules) -> BookingChange:
    """The change that restores what was before the item."""
    before, after = item.previous_assignment, item.assignment
    assert after, "an accepted item has its booking"  # noqa: S101
    return BookingChange(
        job_id=item.job_id,
        assignment_id=None if item.action == Action.DROP else after.pk,
        version=None if item.action == Action.DROP else after.version,
        contractor_id=item.previous_contractor_id,
        start=item.slot_so_far.start if item.slot_so_far else None,
        decision=_decision_so_far(item, rules),
        reason=gettext("{plan} was taken back").format(plan=plan.number),
        confirmed_at=before.confirmed_at if before else None,
        restores=True,
    )


def _decision_so_far(item: PlanItem, rules: Rules) -> Decision | None:
    """The decision that the booking had before the acceptance."""
    if item.previous_decision:
        return of_json(item.previous_decision, rules)
    return of_booking(item.previous_assignment, rules) if item.previous_assignment else None


def _propose_again(item: PlanItem, assignment: Assignment) -> None:
    """Propose the item from the restored booking, if there was one before."""
    item.state, item.assignment, item.accepted_at, item.previous_decision = ItemState.PROPOSED, None, None, None
    if item.action != Action.BOOK:
        item.previous_assignment, item.previous_version = assignment, assignment.version
    previous = ("previous_assignment", "previous_version", "previous_decision")
    item.save(update_fields=["state", "assignment", "accepted_at", *previous])
