"""The solver against the enumeration of all solutions of small problems."""

from dataclasses import replace
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recommendations.planning.evaluation import changes_of, violations, worth_of
from recommendations.planning.problem import (
    REQUIRED,
    Leg,
    Option,
    Placement,
    PlanJob,
    Problem,
    Segment,
    Solution,
    StartRange,
)
from recommendations.planning.solver import EFFORTS, solve
from recommendations.planning.solver.detours import savings
from recommendations.planning.solver.routes import Network
from tests.recommendations.planning.solver.small_problems import joined_problem, optimum, small_problem

EFFORT = EFFORTS["normal"]
dice = st.randoms(use_true_random=False)


def solved(problem: Problem, seed: int = 1) -> Solution:
    """The solution, after the checks that hold for any."""
    solution = solve(problem, EFFORT, seed)
    assert violations(problem, solution.placements) == []
    assert worth_of(problem, solution.placements) == solution.worth
    assert solution.bound is not None
    assert solution.bound >= solution.worth
    return solution


@given(dice=dice)
@settings(max_examples=60, deadline=None)
def test_finds_and_proves_the_optimum(dice: Random) -> None:
    problem = small_problem(dice)
    best = optimum(problem)
    solution = solved(problem)
    assert (solution.worth, solution.bound, solution.limit) == (best, best, "")


@given(dice=dice)
@settings(max_examples=60, deadline=None)
def test_finds_and_proves_the_optimum_where_days_are_joined(dice: Random) -> None:
    problem = joined_problem(dice)
    best = optimum(problem)
    solution = solved(problem)
    assert (solution.worth, solution.bound, solution.limit) == (best, best, "")


@given(dice=dice)
@settings(max_examples=30, deadline=None)
def test_finds_the_optimum_of_a_repair_where_days_are_joined(dice: Random) -> None:
    problem = replace(joined_problem(dice, booked=True), max_changes=None)
    best = optimum(problem)
    solution = solved(problem)
    assert (solution.worth, solution.bound) == (best, best)


def test_travel_has_its_price_within_a_day_only() -> None:
    """Two sites 20 hours of drive apart: on one day the way costs more than the second job is worth."""
    jobs = [PlanJob(15_000, 60, 0), PlanJob(15_000, 60, 1)]
    legs = [{0: Leg(0, 0), 1: Leg(1_200, 80_000)}, {0: Leg(1_200, 80_000), 1: Leg(0, 0)}]
    options = [
        Option(0, 0, (StartRange(0, 0, 500),), price_before=70_000, price_after=90_000),
        Option(1, 0, (StartRange(2_000, 2_000, 400, day=1), StartRange(4_000, 4_000, 300, day=2)), 70_000, 90_000),
    ]
    problem = Problem(jobs, [Segment(0, days=(-1, 2))], options, legs)
    solution = solved(problem)
    assert [placement.start for placement in solution.placements] == [0, 2_000]
    assert (solution.worth, solution.bound) == (30_800, 30_800)
    # The booking after is on the day of the second job: the third day is not worth its price.
    assert worth_of(problem, [solution.placements[0], Placement(1, 0, 4_000, 1)]) == 30_700 - 90_000


@pytest.mark.parametrize(
    ("seed", "fairness", "moves"),
    [(26, 100, 0), (2863, 100, 3), (5887, 100, 3), (6979, 2_000, 3), (2863, 100, None), (5887, 100, None)],
)
def test_a_selection_that_is_worse_than_its_proof_is_not_taken_for_proven(
    seed: int, fairness: int, moves: int | None
) -> None:
    """With its presolve, HiGHS 1.16 returns worse selections for these problems than it has proved."""
    problem = replace(small_problem(Random(seed), jobs=5), fairness=fairness)
    effort = EFFORT if moves is None else EFFORTS["quick"]._replace(moves=moves)
    solution = solve(problem, effort, 1)
    best = optimum(problem)
    assert (solution.worth, solution.bound) == (best, best)


def test_the_way_through_a_site_can_save_the_price_of_an_empty_segment() -> None:
    problem = Problem(
        [PlanJob(10_000, 60, 0)], [Segment(0, price=900)], [Option(0, 0, (StartRange(0, 100, 0),))], [{0: Leg(0, 0)}], 0
    )
    assert savings(Network(problem)).tolist() == [900]
    solution = solved(problem)
    assert (solution.worth, solution.bound) == (optimum(problem), optimum(problem))


@given(dice=dice)
@settings(max_examples=40, deadline=None)
def test_finds_the_optimum_of_a_repair(dice: Random) -> None:
    """Bookings that may move have a price of disruption and a limit of changes."""
    problem = small_problem(dice, booked=True)
    if problem.max_changes is not None:
        problem = replace(problem, max_changes=problem.max_changes + sum(job.booked for job in problem.jobs) // 2)
    solution = solved_repair(problem)
    if solution is not None:
        best = optimum(problem)
        assert solution.bound is not None
        assert solution.worth <= best <= solution.bound
        assert solution.worth == best


def solved_repair(problem: Problem) -> Solution | None:
    """None if not even the present bookings keep to the limit, so that there is nothing to compare."""
    solution = solve(problem, EFFORT)
    if problem.max_changes is not None and changes_of(problem, solution.placements) > problem.max_changes:
        return None
    return solved(problem)


@given(dice=dice)
@settings(max_examples=40, deadline=None)
def test_bound_holds_for_options_that_are_not_listed(dice: Random) -> None:
    problem = small_problem(dice)
    kept, jobs = [], list(problem.jobs)
    for option in problem.options:
        if dice.random() < 0.5:
            kept.append(option)
            continue
        value = max(start_range.value for start_range in option.ranges)
        known = jobs[option.job].beyond
        # A detour through an omitted job may save the price of its segment.
        saved = problem.segments[option.segment].price + 1_500
        jobs[option.job] = replace(jobs[option.job], beyond=max(value + saved, value if known is None else known))
    best = optimum(problem)
    solution = solve(replace(problem, jobs=jobs, options=kept), EFFORT)
    assert solution.bound is not None
    assert solution.worth <= best <= solution.bound


@pytest.mark.parametrize("seed", range(5))
def test_plans_a_required_job_if_any_solution_does(seed: int) -> None:
    problem = small_problem(Random(seed), jobs=5)
    for job in {option.job for option in problem.options}:
        solution = solved(problem.requiring(job))
        assert job in {placement.job for placement in solution.placements}
        assert solution.worth - REQUIRED <= optimum(problem)
