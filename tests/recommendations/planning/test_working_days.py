"""The price of travel by the contractor's working days, in worlds whose days are joined by long drives and nights."""

import random
from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from uuid import UUID

import pytest
import time_machine
from django.utils import timezone

from assignments.availability import working_time
from contractors.models import Contractor
from jobs.models import Job
from recommendations.planning.evaluation import violations, worth_of
from recommendations.planning.figures import Booked, Figures, as_booked, by_hand, placements_of
from recommendations.planning.objective import travel_price
from recommendations.planning.problem import Solution
from recommendations.planning.results import place
from recommendations.planning.scope import Scope
from recommendations.planning.snapshot import Snapshot, read_snapshot
from recommendations.planning.solver import EFFORTS, solve
from recommendations.planning.solver.routes import Network
from smartscheduler.ops.demo.seed import seed_world
from smartscheduler.timeslots import TimeSlot
from tests.recommendations.worlds import World

pytestmark = pytest.mark.django_db
STEP = timedelta(minutes=5)
# No move and one linear program.
NOTHING = EFFORTS["quick"]._replace(moves=0, rounds=1)


@pytest.fixture
def snapshot(dice: random.Random) -> Snapshot:
    """Contractors of several cities without a radius, with night shifts and bookings on other days."""
    world = World(dice.getrandbits(32), people=14, bookings=2.0, spread=4.0)
    Contractor.objects.update(service_radius_miles=None)
    jobs = Job.objects.bulk_create([world.job(priority=dice.choice(Job.Priority.values)) for _ in range(12)])
    today = timezone.now().date()
    scope = Scope(jobs=[job.pk for job in jobs], first_day=today, last_day=today + timedelta(days=6))
    return read_snapshot(scope, now=timezone.now())


def plan_of(snapshot: Snapshot) -> Solution:
    return solve(snapshot.problem, EFFORTS["quick"], seed=1)


def day_of(snapshot: Snapshot, contractor: UUID, moment: datetime) -> date:
    """The local day on which the working hours around `moment` start, by steps back to their start."""
    calendar, start = snapshot.calendars[contractor], moment
    working = working_time(calendar, TimeSlot(moment - timedelta(days=2), moment + timedelta(days=1)))
    while any(slot.start <= start - STEP < start < slot.end or slot.start == start - STEP for slot in working):
        start -= STEP
        if moment - start > timedelta(days=1):  # around the clock
            return moment.astimezone(calendar.zone).date()
    return start.astimezone(calendar.zone).date()


def price_of_days(snapshot: Snapshot, booked: Iterable[Booked]) -> int:
    """The price of the miles between consecutive sites of each day of each contractor."""
    stops = defaultdict(list)
    for contractor, calendar in snapshot.calendars.items():
        for booking in calendar.bookings:
            day = day_of(snapshot, contractor, booking.slot.start)
            stops[contractor, day].append((booking.slot.start, booking.site))
    for each in booked:
        day = day_of(snapshot, each.contractor_id, each.slot.start)
        stops[each.contractor_id, day].append((each.slot.start, each.planned.request.point))
    return sum(
        travel_price(snapshot.sites[target].miles_from(origin), snapshot.rules)
        for day in stops.values()
        for (_, origin), (_, target) in pairwise(sorted(day))
    )


def test_rows_pay_for_the_miles_of_each_day(snapshot: Snapshot) -> None:
    assert any(Network(snapshot.problem).joined)
    for placements in (plan_of(snapshot).placements, placements_of(snapshot, by_hand(snapshot))):
        placed = place(snapshot, placements)
        travel = sum(each.travel for each in placed)
        assert travel == price_of_days(snapshot, as_booked(placed)) - price_of_days(snapshot, [])
        assert worth_of(snapshot.problem, placements) == sum(each.worth for each in placed)


def test_figures_count_the_same_miles(snapshot: Snapshot) -> None:
    placed = as_booked(place(snapshot, plan_of(snapshot).placements))
    figures = Figures(snapshot)
    miles = figures.of(placed)["miles"] - figures.of([])["miles"]
    price = price_of_days(snapshot, placed) - price_of_days(snapshot, [])
    # Miles are rounded to tenths, and each leg to whole ten-thousandths.
    assert miles == pytest.approx(price * snapshot.rules.max_miles / snapshot.rules.distance_weight, abs=1)


def test_a_plan_is_worth_as_much_as_what_is_booked_by_hand(snapshot: Snapshot) -> None:
    booked = by_hand(snapshot)
    placements = placements_of(snapshot, booked)
    assert len(placements) == len(booked) > 0
    assert violations(snapshot.problem, placements) == []
    solution = plan_of(snapshot)
    assert solution.worth >= worth_of(snapshot.problem, placements)
    assert solution.bound is not None
    assert solution.bound >= solution.worth
    begun = solve(snapshot.problem, NOTHING, seed=1, start=placements)
    assert begun.worth >= worth_of(snapshot.problem, placements)
    assert worth_of(snapshot.problem, begun.placements) == begun.worth


@pytest.mark.parametrize("hour", [5, 14], ids=["night", "morning"])
def test_the_plan_of_the_demo_data_is_no_worse_than_by_hand(hour: int) -> None:
    """All open jobs of contractors in several cities, some of whom travel to any of them."""
    with time_machine.travel(datetime(2026, 11, 30, hour, tzinfo=UTC), tick=False):
        seed_world()
        today = timezone.now().date()
        jobs = list(Job.objects.open().values_list("pk", flat=True))
        scope = Scope(jobs=jobs, first_day=today, last_day=today + timedelta(days=6))
        snapshot = read_snapshot(scope, now=timezone.now())
        booked, solution = by_hand(snapshot), solve(snapshot.problem, EFFORTS["normal"], seed=1)
    placements = placements_of(snapshot, booked)
    assert len(solution.placements) >= len(booked) == len(placements) > 10
    assert solution.worth >= worth_of(snapshot.problem, placements)
    assert solution.proven
