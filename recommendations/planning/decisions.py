"""Decisions that are stored with the bookings of a plan: of its items, and of bookings before it, for undo."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from assignments.decision_record import Decision
from assignments.models import Assignment
from recommendations.planning.decision_sentence import FIRST_CONTRACTOR, of_plan
from recommendations.planning.models import Plan, PlanItem
from smartscheduler.rules.values import Rules


def of_item(plan: Plan, item: PlanItem, rules: Rules) -> Decision | None:
    """Score and rank at the place of the item, and a sentence about the plan; None for a dropped booking."""
    if item.contractor_id is None:
        return None
    breakdown: dict[str, Any] = {name: part for name, part in item.score_breakdown.items() if name != FIRST_CONTRACTOR}
    breakdown["explanation"] = " ".join(filter(None, [breakdown.get("explanation", ""), of_plan(plan, item)]))
    assert item.score is not None, "an item with a contractor has a score"  # noqa: S101
    return Decision(
        rules=rules,
        score=item.score,
        score_breakdown=breakdown,
        rank=item.rank,
        candidates_considered=item.candidates_considered,
        candidates_exact=item.candidates_exact,
    )


def of_booking(booking: Assignment, rules: Rules) -> Decision:
    """The decision of a booking as it is. `rules` has its version only."""
    return Decision(
        rules=replace(rules, version=booking.rules_id),
        score=booking.score,
        score_breakdown=booking.score_breakdown,
        rank=booking.rank,
        candidates_considered=booking.candidates_considered,
        candidates_exact=booking.candidates_exact,
    )


def as_json(decision: Decision) -> dict[str, Any]:
    return {
        "rules": decision.rules.version,
        "score": str(decision.score),
        "score_breakdown": decision.score_breakdown,
        "rank": decision.rank,
        "candidates_considered": decision.candidates_considered,
        "candidates_exact": decision.candidates_exact,
    }


def of_json(value: Mapping[str, Any], rules: Rules) -> Decision:
    """The inverse of `as_json`."""
    return Decision(
        **{**value, "rules": replace(rules, version=value["rules"]), "score": Decimal(value["score"])},
    )
