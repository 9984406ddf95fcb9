"""Acceptance of a plan: its bundles become bookings, each in a transaction of its own.

Each item is checked by the availability engine against the bookings of now. A bundle that is refused becomes stale,
with the cause and a suggestion; the others go on. Locks are taken in one order: the plan, then contractors, jobs and
assignments.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext

from assignments.booking_changes import BookingChange
from assignments.services import change_bookings, lock_for_changes
from recommendations.planning.decisions import as_json, of_booking, of_item
from recommendations.planning.errors import PlanStale
from recommendations.planning.events import PlanAccepted
from recommendations.planning.models import Plan, PlanItem
from recommendations.planning.staleness import Stale, explain_refusal
from recommendations.planning.states import OPEN, ItemState, State, check_transition
from smartscheduler.accounts.models import User
from smartscheduler.core.db.transactions import domain_transaction
from smartscheduler.errors import Busy, DomainError, InvalidInput
from smartscheduler.events.models import OutboxEvent
from smartscheduler.events.publishing import publish
from smartscheduler.rules.values import FIELDS, Rules

# Items that were accepted before the call are accepted again without a change, so that a repeated call has one result.
AGAIN = frozenset({ItemState.PROPOSED, ItemState.STALE, ItemState.ACCEPTED})


@dataclass(frozen=True)
class Acceptance:
    """Items that are bookings now, also those of earlier calls, and those that could not be booked."""

    accepted: list[PlanItem] = field(default_factory=list)
    stale: list[PlanItem] = field(default_factory=list)


Bundle = Sequence[PlanItem]


def accept_plan(
    *, plan_id: UUID, item_ids: Collection[int] | None, all_or_nothing: bool, actor: User | None
) -> Acceptance:
    """Book the items with `item_ids` and the other items of their bundles; None for all items.

    A call that was interrupted can be repeated: what was booked stays booked, and the rest follows. Raises
    InvalidInput for unknown items, InvalidTransition if the plan is not a proposal, and, with `all_or_nothing`,
    PlanStale without any change if one bundle is refused.
    """
    plan = Plan.objects.get(pk=plan_id)
    _check_open(plan)
    bundles = _bundles(plan, item_ids)
    before = {item.pk for bundle in bundles for item in bundle if item.state == ItemState.ACCEPTED}
    if all_or_nothing:
        _accept_together(plan, bundles, actor)
    else:
        for bundle in bundles:
            _accept_or_mark(plan, bundle, actor)
    result = _result(bundles)
    new = [item for item in result.accepted if item.pk not in before]
    _announce(plan_id=plan.pk, accepted=len(new), stale=len(result.stale), actor=actor)
    return result


def _check_open(plan: Plan) -> None:
    """Raise InvalidTransition if nothing of the plan can be accepted. An accepted plan can be accepted again."""
    if plan.state != State.ACCEPTED:
        check_transition(plan.state, State.ACCEPTED)
    if plan.state in OPEN and not plan.is_open:
        check_transition(State.EXPIRED, State.ACCEPTED)


def _bundles(plan: Plan, item_ids: Collection[int] | None) -> list[Bundle]:
    """The bundles of the items, in the order of the plan. Raises InvalidInput for items of other plans."""
    items = list(
        plan.items.changes()
        .filter(state__in=AGAIN)
        .select_related("job", "contractor", "previous_assignment", "previous_contractor")
        .order_by("bundle", "position")
    )
    bundles = [list(members) for _, members in groupby(items, key=lambda item: item.bundle)]
    if item_ids is not None:
        chosen = set(item_ids)
        unknown = chosen - set(plan.items.values_list("pk", flat=True))
        if unknown:
            message = gettext("The plan has no item {item}.").format(item=min(unknown))
            raise InvalidInput.of("items", message)
        bundles = [bundle for bundle in bundles if any(item.pk in chosen for item in bundle)]
    return sorted(bundles, key=lambda bundle: min(item.position for item in bundle))


def _result(bundles: Sequence[Bundle]) -> Acceptance:
    states = PlanItem.objects.select_related("job", "contractor", "assignment").in_bulk(
        [item.pk for bundle in bundles for item in bundle]
    )
    items = [states[item.pk] for bundle in bundles for item in bundle]
    return Acceptance(
        [item for item in items if item.state == ItemState.ACCEPTED],
        [item for item in items if item.state == ItemState.STALE],
    )


def _accept_or_mark(plan: Plan, bundle: Bundle, actor: User | None) -> None:
    """Book a bundle, or mark it as stale. Raises Busy if the records stay locked by others."""
    try:
        try:
            _accept_bundle(plan_id=plan.pk, bundle=bundle, actor=actor)
        except Busy:
            _accept_bundle(plan_id=plan.pk, bundle=bundle, actor=actor)
    except Busy:
        raise
    except DomainError as refusal:
        _mark_stale(plan_id=plan.pk, stale=explain_refusal(plan, bundle, refusal, actor), actor=actor)


@domain_transaction
def _accept_bundle(*, plan_id: UUID, bundle: Bundle, actor: User | None) -> None:
    plan = Plan.objects.locked().get(pk=plan_id)
    _check_open(plan)
    _book(plan, bundle, actor)


def _book(plan: Plan, bundle: Bundle, actor: User | None) -> None:
    """Make the bookings of a bundle, unless another call has made them. The plan is locked."""
    items = list(_current(bundle))
    if all(item.state == ItemState.ACCEPTED for item in items):
        return
    rules = _rules_of(plan)
    changes = [_change(plan, item, rules) for item in items]
    assignments = change_bookings(changes=changes, actor=actor, plan_id=plan.pk)
    now = timezone.now()
    for item, assignment in zip(items, assignments, strict=True):
        before = item.previous_assignment
        item.previous_decision = as_json(of_booking(before, rules)) if before and before.pk == assignment.pk else None
        item.state, item.assignment, item.accepted_at = ItemState.ACCEPTED, assignment, now
        item.stale_code, item.stale_reason, item.suggestion = "", "", None
    PlanItem.objects.bulk_update(
        items, ["state", "assignment", "accepted_at", "previous_decision", "stale_code", "stale_reason", "suggestion"]
    )
    plan.accepted_at = now
    update_state(plan)


def _current(bundle: Bundle) -> Sequence[PlanItem]:
    """The items as they are now, in the same order."""
    items = PlanItem.objects.select_related("job", "contractor", "previous_contractor", "previous_assignment").in_bulk(
        [item.pk for item in bundle]
    )
    return [items[item.pk] for item in bundle]


def update_state(plan: Plan) -> None:
    """Set the state of a locked plan from those of its items, and save it. A discarded plan stays closed."""
    states = set(plan.items.changes().values_list("state", flat=True))
    if ItemState.ACCEPTED not in states:
        state = State.READY
    elif states == {ItemState.ACCEPTED}:
        state = State.ACCEPTED
    else:
        state = State.PARTLY_ACCEPTED
    if plan.state not in {state, State.DISCARDED}:
        plan.move_to(state)
    plan.save(update_fields=["state", "accepted_at"])


def _rules_of(plan: Plan) -> Rules:
    """The rules by which the items were scored."""
    if plan.rules is None:
        return Rules.of_settings()
    fields = {name: getattr(plan.rules, name) for name in FIELDS}
    return Rules.of_fields(fields, version=plan.rules.number)


def _change(plan: Plan, item: PlanItem, rules: Rules) -> BookingChange:
    return BookingChange(
        job_id=item.job_id,
        contractor_id=item.contractor_id,
        start=item.slot.start if item.slot else None,
        assignment_id=item.previous_assignment_id,
        version=item.previous_version,
        decision=of_item(plan, item, rules),
        reason=gettext("Dropped by {plan}").format(plan=plan.number) if item.action == item.Action.DROP else "",
    )


@domain_transaction
def _mark_stale(*, plan_id: UUID, stale: Sequence[Stale], actor: User | None) -> None:
    """Store why items are stale, unless another call has booked them in the meantime."""
    Plan.objects.locked().get(pk=plan_id)
    for each in stale:
        PlanItem.objects.filter(pk=each.item_id).exclude(state=ItemState.ACCEPTED).update(
            state=ItemState.STALE,
            stale_code=each.code,
            stale_reason=each.reason,
            suggestion=each.suggestion,
        )


class _RefusedBundles(Exception):
    """Rolls back the transaction of all bundles. Holds the refused bundles with their refusals."""

    def __init__(self, refusals: list[tuple[Bundle, DomainError]]) -> None:
        super().__init__()
        self.refusals = refusals


def _accept_together(plan: Plan, bundles: Sequence[Bundle], actor: User | None) -> None:
    """Book all bundles in one transaction. Raises PlanStale, which names every stale item."""
    try:
        _book_together(plan_id=plan.pk, bundles=bundles, actor=actor)
    except _RefusedBundles as refused:
        stale = [each for bundle, refusal in refused.refusals for each in explain_refusal(plan, bundle, refusal, actor)]
        raise plan_stale(stale) from refused


def plan_stale(stale: Sequence[Stale]) -> PlanStale:
    message = gettext("Nothing was changed, because a part of the plan no longer holds: {reason}")
    return PlanStale(
        message.format(reason=stale[0].reason if stale else ""), extra={"stale": [each.as_json() for each in stale]}
    )


@domain_transaction
def _book_together(*, plan_id: UUID, bundles: Sequence[Bundle], actor: User | None) -> None:
    plan = Plan.objects.locked().get(pk=plan_id)
    _check_open(plan)
    waiting = [bundle for bundle in map(_current, bundles) if any(item.state != ItemState.ACCEPTED for item in bundle)]
    rules = _rules_of(plan)
    # All records in one order; one bundle after the other could deadlock with another acceptance.
    lock_for_changes([_change(plan, item, rules) for bundle in waiting for item in bundle])
    refusals: list[tuple[Bundle, DomainError]] = []
    for bundle in waiting:
        try:
            with transaction.atomic():
                _book(plan, bundle, actor)
        except Busy:
            raise
        except DomainError as refusal:
            refusals.append((bundle, refusal))
    if refusals:
        raise _RefusedBundles(refusals)


@domain_transaction
def _announce(*, plan_id: UUID, accepted: int, stale: int, actor: User | None) -> None:
    """Publish PlanAccepted, unless a repeated call has changed nothing."""
    plan = Plan.objects.get(pk=plan_id)
    if not (accepted or stale) and _is_announced(plan):
        return
    publish(
        PlanAccepted(plan_id=plan.pk, plan_number=plan.number, accepted=accepted, stale=stale),
        actor=actor,
    )


def _is_announced(plan: Plan) -> bool:
    return OutboxEvent.objects.filter(type=PlanAccepted.__name__, data__contains={"plan_id": str(plan.pk)}).exists()
