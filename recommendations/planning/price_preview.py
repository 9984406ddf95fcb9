"""Preview of a change of the scheduling rules: the latest plan, with the worth of the same rows by both rules."""

from dataclasses import dataclass
from decimal import Decimal

from assignments.scoring import PARTS, Weights, total
from recommendations.planning.models import Plan, PlanItem
from recommendations.planning.objective import BookingSoFar, priority_worth
from recommendations.planning.states import Action
from smartscheduler.rules.values import UNIT, Rules


@dataclass(frozen=True)
class PricePreview:
    """The latest plan, and the worth of its items by the present and by the other rules, in scores."""

    plan: Plan
    items: int
    before: Decimal
    after: Decimal


def preview_prices(present: Rules, other: Rules) -> PricePreview | None:
    """Value the latest plan with items by both rules; None without one. Three queries.

    The rows stay the same. Another plan could be worth more by the other rules.
    """
    plan = Plan.objects.filter(items__isnull=False).exclude(worth=None).order_by("-created_at").first()
    if plan is None:
        return None
    own = plan.rules.rules if plan.rules else Rules.of_settings()
    items = list(plan.items.select_related("job", "previous_assignment"))
    before, after = (sum(_worth(item, own, rules) for item in items) for rules in (present, other))
    return PricePreview(plan, len(items), Decimal(before) / UNIT, Decimal(after) / UNIT)


def _worth(item: PlanItem, own: Rules, rules: Rules) -> int:
    """The worth of an item by `rules`, from what it stores by its `own`."""
    if item.action == Action.DROP:
        return -(rules.prices.price_window if item.disruption else 0)
    position = item.fairness // own.prices.price_fairness if own.prices.price_fairness else 0
    mile, own_mile = (each.distance_weight / each.max_miles for each in (rules, own))
    travel = round(item.travel * mile / own_mile) if own_mile else 0
    return (
        priority_worth(item.job.priority, rules)
        + _score(item, rules)
        - travel
        - position * rules.prices.price_fairness
        - _disruption(item, rules)
    )


def _score(item: PlanItem, rules: Rules) -> int:
    """The score of the stored parts by the weights of `rules`."""
    availability, rating, distance = (round(item.score_breakdown[f"{part}_score"] * UNIT) for part in PARTS)
    return total(availability, rating, distance, Weights.of(rules))


def _disruption(item: PlanItem, rules: Rules) -> int:
    booked, slot, so_far = item.previous_assignment, item.slot, item.slot_so_far
    if not (booked and slot and so_far and item.contractor_id and item.previous_contractor_id):
        return 0
    booking = BookingSoFar(
        assignment_id=booked.pk,
        version=booked.version,
        contractor_id=item.previous_contractor_id,
        slot=so_far,
        status=booked.status,
        has_window=False,
        zone=item.job.zone,
    )
    return booking.disruption(item.contractor_id, slot.start, rules)
