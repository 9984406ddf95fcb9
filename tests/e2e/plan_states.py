"""Plans in each state, for pictures and checks of their pages. Runs in the product: `manage.py shell -c`."""

import json
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone
from psycopg.types.range import TimestamptzRange

from contractors.models import Contractor
from jobs.models import Job
from recommendations.planning.models import Plan, PlanItem, PlanMiss
from recommendations.planning.scope import Scope
from recommendations.planning.states import MissCode
from smartscheduler.accounts.models import User
from tests.factories import AssignmentFactory, ContractorFactory, JobFactory, PlanFactory, PlanItemFactory, at

LONG = "Crew With a Long Name, Floors, Tiles and Carpets of the South of Austin"
BREAKDOWN = {
    **{f"{part}_score": 0.8 for part in ("availability", "rating", "distance")},
    "availability_weight": 0.4,
    "rating_weight": 0.35,
    "distance_weight": 0.25,
    "explanation": "Free on the desired day.",
}
SCORED = {"score": Decimal("0.8"), "score_breakdown": BREAKDOWN, "rank": 3, "candidates_considered": 48}
PARTS = {"priority_worth": 15_000, "travel": 120, "fairness": 100, "worth": 22_780}
FIGURES = {
    column: {
        "planned": planned,
        "unplanned": 6 - planned,
        "urgent_unplanned": 0,
        "mean_score": 0.84,
        "days_late": 1,
        "miles": 30.5 - planned,
        "busiest_hours": 8,
        "idlest_hours": 2,
        "customers_moved": 2,
    }
    for column, planned in (("today", 3), ("by_hand", 4), ("plan", 5))
}
NUMBERS: dict[str, dict[str, Any]] = {
    "no-slot-in-days": {"first_free": str((at(0) + timedelta(days=9)).date())},
    "max-changes": {"changes": 2},
    "nobody-eligible": {"outside_scope": True},
}


def make() -> dict[str, str]:
    """Ids by state. One plan of the administrator runs, so that the next one waits."""
    plans = {state: _plan(state) for state in Plan.State.values if state not in {"queued", "running"}}
    for state in ("ready", "stopped", "partly_accepted", "accepted", "discarded", "expired"):
        _propose(plans[state])
    plans["empty"] = _plan("ready", figures={}, worth=0, bound=0)
    user = User.objects.get(email="admin@example.com")
    far = timezone.now() + timedelta(days=1)
    best = {"planned": 57, "unplanned": 3, "miles": 210.4, "mean_score": 0.91, "worth": 1_000_000, "bound": 1_008_000}
    run = {"requested_by": user, "started_at": timezone.now(), "leased_until": far, "percent": 40, "progress": best}
    plans["running"] = _plan("running", **run)
    plans["queued"] = _plan("queued", requested_by=user)
    return {state: str(plan.pk) for state, plan in plans.items()}


def _plan(state: str, **values: Any) -> Plan:
    first, last = at(0, days=1).date(), at(0, days=7).date()
    out = ContractorFactory(name=LONG, status=Contractor.Status.INACTIVE)
    scope = Scope(
        jobs=[], first_day=first, last_day=last, excluded={out.pk: "Fixes the van"}, may_change="pending", max_changes=4
    )
    usual = {
        "state": state,
        "scope": scope.as_json(),
        "first_day": first,
        "last_day": last,
        "may_change": "pending",
        "worth": 200_000,
        "bound": 201_600,
        "figures": FIGURES,
        "expires_at": timezone.now() + timedelta(hours=48),
        "failure": "The worker was stopped twice during the run. Request a new plan." if state == "failed" else "",
        "requested_by": User.objects.get(email="coordinator@example.com"),
    }
    return PlanFactory(**{**usual, **values})


def _propose(plan: Plan) -> None:
    """Changes of each kind, alone and together, possible and stale, and a job left out for each reason."""
    contractors = [ContractorFactory(name=LONG if number == 0 else f"Floors and More {number}") for number in range(6)]
    booked = [AssignmentFactory(contractor=contractor, start=at(9, days=2)) for contractor in contractors[:4]]
    new = JobFactory(priority="urgent", desired_date=at(12, days=1))
    first = _item(plan, job=new, contractor=contractors[4], start=at(9, days=3))
    if plan.state in {"accepted", "partly_accepted"}:
        _accept(first)
    moved, reassigned, dropped, kept = booked
    _item(plan, moved, contractor=contractors[0], start=at(13, days=2), bundle=900, action="move")
    _item(plan, reassigned, contractor=contractors[5], start=at(9, days=2), bundle=900, action="reassign")
    _item(plan, dropped, contractor=None, time_slot=None, action="drop")
    _item(plan, kept, contractor=contractors[3], start=at(9, days=2), action="keep")
    slot = {"start": at(13, days=4).isoformat(), "end": at(15, days=4).isoformat()}
    _item(
        plan,
        contractor=contractors[5],
        start=at(9, days=4),
        state="stale",
        stale_code="slot-unavailable",
        stale_reason="Floors and More 5 has another assignment at that time.",
        suggestion={"contractor": str(contractors[5].pk), "contractor_name": "Floors and More 5", "time_slot": slot},
    )
    Plan.objects.filter(pk=plan.pk).update(
        conflicts=[{"assignment": str(each.pk), "job": each.job.job_number, "rules": ["absent"]} for each in booked]
    )
    for position, code in enumerate(MissCode.values):
        PlanMiss.objects.create(
            plan=plan,
            position=position,
            job=JobFactory(),
            code=code,
            sentence="4 contractors could do it, but none is free for 8 h from Mon, Nov 30 through Wed, Dec 2.",
            numbers=NUMBERS.get(code, {}),
        )


def _item(plan: Plan, booking: Any = None, **values: Any) -> PlanItem:
    so_far = {**_so_far(booking), "job": booking.job} if booking else {}
    scored = {} if values.get("action") == "drop" else SCORED | PARTS
    return PlanItemFactory(plan=plan, **scored, **so_far, **values)


def _accept(item: PlanItem) -> None:
    booking = AssignmentFactory(contractor=item.contractor, job=item.job, start=item.slot and item.slot.start)
    now = timezone.now()
    PlanItem.objects.filter(pk=item.pk).update(state="accepted", assignment=booking, accepted_at=now)
    Job.objects.filter(pk=item.job_id).update(status="assigned")
    Plan.objects.filter(pk=item.plan_id).update(accepted_at=now)


def _so_far(booking: Any) -> dict[str, Any]:
    return {
        "previous_assignment": booking,
        "previous_version": booking.version,
        "previous_contractor": booking.contractor,
        "previous_slot": TimestamptzRange(booking.slot.start, booking.slot.end, "[)"),
    }


def discard() -> None:
    """Close all of it, so that the board and home of later tests are without these proposals."""
    Plan.objects.filter(state__in=["queued", "running"]).update(state="cancelled")
    Plan.objects.filter(state__in=["ready", "stopped", "partly_accepted"]).update(state="discarded")


def show() -> None:
    print(json.dumps(make()))
