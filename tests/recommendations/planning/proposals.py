"""Plans with items, as a run would store them."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from assignments.models import Assignment
from contractors.models import Contractor
from jobs.models import Job
from recommendations.planning.models import Plan, PlanItem
from tests.factories import AssignmentFactory, JobFactory, PlanFactory, PlanItemFactory

BREAKDOWN = {
    **{f"{part}_score": 0.8 for part in ("availability", "rating", "distance")},
    "availability_weight": 0.4,
    "rating_weight": 0.35,
    "distance_weight": 0.25,
    "explanation": "Free on the desired day.",
}


def ready_plan(**values: Any) -> Plan:
    return PlanFactory(state="ready", **values)


def booked(contractor: Contractor, start: datetime, **job: Any) -> Assignment:
    return AssignmentFactory(contractor=contractor, start=start, job=JobFactory(status="assigned", **job))


def proposes(plan: Plan, contractor: Contractor, start: datetime, job: Job | None = None, **values: Any) -> PlanItem:
    """An item that books an open job."""
    return PlanItemFactory(
        plan=plan,
        contractor=contractor,
        start=start,
        job=job or JobFactory(),
        **{"score": Decimal("0.8"), "rank": 1, "candidates_considered": 2, "score_breakdown": BREAKDOWN} | values,
    )


def changes(
    plan: Plan, before: Assignment, contractor: Contractor | None = None, start: datetime | None = None, **values: Any
) -> PlanItem:
    """An item that moves or reassigns a booking; without a contractor and a start it drops it."""
    so_far = {
        "previous_assignment": before,
        "previous_version": before.version,
        "previous_contractor": before.contractor,
        "previous_slot": before.time_slot,
    }
    if contractor is None and start is None:
        return PlanItemFactory(
            plan=plan, job=before.job, action="drop", contractor=None, time_slot=None, **so_far | values
        )
    target = contractor or before.contractor
    action = "move" if target == before.contractor else "reassign"
    when = start or before.slot.start
    return proposes(plan, target, when, before.job, **{"action": action} | so_far | values)
