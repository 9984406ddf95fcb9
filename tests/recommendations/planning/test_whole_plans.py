"""Plans of random worlds from the snapshot to the bookings: every item of every plan can be booked."""

from collections.abc import Sequence
from datetime import time, timedelta
from random import Random

import pytest
from django.utils import timezone

from assignments.models import Assignment
from assignments.services import confirm_assignment
from contractors.working_week import Shift
from recommendations.planning.acceptance import accept_plan
from recommendations.planning.models import Plan
from recommendations.planning.problem import Placement
from recommendations.planning.reasons import explain_misses
from recommendations.planning.results import checked, items_of
from recommendations.planning.scope import Scope
from recommendations.planning.snapshot import Snapshot, read_snapshot
from recommendations.planning.solver import EFFORTS, solve
from recommendations.planning.staleness import watch
from recommendations.planning.states import MissCode
from recommendations.planning.undo import undo_plan
from tests.factories import EVERY_DAY, AbsenceFactory, AssignmentFactory, ContractorFactory, JobFactory, PlanFactory, at

pytestmark = pytest.mark.django_db

HOURS = [
    EVERY_DAY,
    [Shift(day, time(6), time(10)) for day in range(7)] + [Shift(day, time(12), time(16)) for day in range(7)],
    [Shift(day, time(18), time(23, 30)) for day in range(7)],
]
PLACES = [("30.2672", "-97.7431"), ("30.5083", "-97.6789"), ("30.0222", "-97.9330"), ("30.3500", "-97.5000")]
ZONES = ["America/Chicago", "America/Denver"]


def random_world(dice: Random, *, may_change: str) -> Scope:
    """Few contractors with bookings and absences, and more jobs than they have time for."""

    def place() -> dict[str, str]:
        return dict(zip(("latitude", "longitude"), dice.choice(PLACES), strict=True))

    for _ in range(4):
        hours = dice.choice(HOURS)
        crew = ContractorFactory(hours=hours, time_zone=dice.choice(ZONES), **place())
        start = at(dice.randrange(8, 12), days=3)
        AbsenceFactory(contractor=crew, period=(start, start + timedelta(hours=dice.randrange(1, 5))))
        first, second = (18, 21) if hours is HOURS[2] else (8, 13)
        site = place()
        for hour in (first, second):
            booking = AssignmentFactory(
                contractor=crew,
                start=at(hour, days=2, zone=crew.time_zone),
                job=JobFactory(status="assigned", **site),
            )
            if dice.random() < 0.5:
                confirm_assignment(assignment_id=booking.pk, actor=None)
    jobs = []
    for _ in range(14):
        window = at(dice.randrange(8, 15), days=dice.choice([2, 3]))
        promised = {"window_start": window, "window_end": window + timedelta(hours=2)} if dice.random() < 0.3 else {}
        jobs.append(
            JobFactory(
                duration=timedelta(hours=dice.choice([1, 2, 4])),
                priority=dice.choice(["low", "medium", "high", "urgent"]),
                **place(),
                **promised,
            )
        )
    return Scope(
        jobs=[job.pk for job in jobs],
        first_day=at(0, days=2).date(),
        last_day=at(0, days=3).date(),
        may_change=may_change,
    )


@pytest.mark.parametrize("may_change", ["open_jobs", "pending", "all_but_locked"])
def test_every_item_is_booked_and_taken_back_and_every_miss_has_one_reason(dice: Random, may_change: str) -> None:
    scope = random_world(dice, may_change=may_change)
    snapshot = read_snapshot(scope, now=timezone.now())
    solution = solve(snapshot.problem, EFFORTS["quick"], seed=1)
    placements, refused = checked(snapshot, solution)
    assert refused == []
    plan = proposal(snapshot, placements)
    assert watch(plan) == []
    before = places()
    result = accept_plan(plan_id=plan.pk, item_ids=None, all_or_nothing=False, actor=None)
    assert result.stale == []
    changes = plan.items.changes()
    assert len(result.accepted) == changes.count() > 0
    for item in changes.exclude(action="drop").select_related("assignment"):
        assert item.assignment
        assert (item.assignment.contractor_id, item.assignment.slot) == (item.contractor_id, item.slot)
    undo_plan(plan_id=plan.pk, actor=None)
    assert places() == before

    misses = explain_misses(
        snapshot, snapshot.problem, solution, lambda problem: solve(problem, EFFORTS["quick"], seed=1)
    )
    planned = set(plan.items.values_list("job_id", flat=True))
    assert {miss.job_id for miss in misses} == set(scope.jobs) - planned
    for miss in misses:
        assert miss.code in MissCode
        assert miss.sentence.endswith(".")
        if miss.code == MissCode.WORTH_LESS:
            assert miss.numbers["loss"] > 0


def proposal(snapshot: Snapshot, placements: Sequence[Placement]) -> Plan:
    plan = PlanFactory(state="ready")
    for item in items_of(snapshot, placements):
        item.plan = plan
        item.save()
    return plan


def places() -> set[tuple[object, ...]]:
    live = Assignment.objects.live()
    return {(booking.job_id, booking.contractor_id, booking.slot, booking.status) for booking in live}
