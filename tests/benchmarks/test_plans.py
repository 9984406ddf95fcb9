"""The planning benchmark: reference worlds, the loader of the database, and the other methods."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from benchmarks.plans.chart import chart
from benchmarks.plans.database import MONDAY, load
from benchmarks.plans.methods import OWN, SOLVER
from benchmarks.plans.problems import problem_of
from benchmarks.plans.worlds import BEST, DAY, generate, read
from recommendations.planning.evaluation import changes_of, violations, worth_of
from recommendations.planning.problem import Option, Placement, Problem, StartRange
from recommendations.planning.results import checked, rows_worth
from recommendations.planning.snapshot import read_snapshot
from recommendations.planning.solver import EFFORTS, solve


def test_worlds_of_equal_seeds_are_equal() -> None:
    assert generate(1, 20, 30, metros=2) == generate(1, 20, 30, metros=2)
    assert generate(1, 20, 30) != generate(2, 20, 30)


@pytest.mark.parametrize("name", ["60x60", "60x100"])
def test_the_reference_worlds_are_solved_to_the_optimum(name: str) -> None:
    problem = problem_of(read(name))
    solution = solve(problem, EFFORTS["normal"])
    assert violations(problem, solution.placements) == []
    assert (solution.worth, solution.proven) == (BEST[name], True)


def test_the_best_options_are_enough_for_a_true_bound() -> None:
    """With few options of each job listed, the bound is at least the optimum over all of them."""
    world = read("60x100")
    few = solve(problem_of(world, most_options=15), EFFORTS["normal"])
    assert few.bound is not None
    assert few.worth <= BEST["60x100"] <= few.bound


def without_the_busiest(problem: Problem) -> Problem:
    """The bookings of the best plan exist, and the contractor with the most of them is ill."""
    booked = {placement.job: placement for placement in solve(problem, EFFORTS["normal"]).placements}
    contractors = [segment.contractor for segment in problem.segments]
    counts = Counter(contractors[placement.segment] for placement in booked.values())
    ill = min(counts, key=lambda contractor: (-counts[contractor], contractor))
    kept = {job: placement for job, placement in booked.items() if contractors[placement.segment] != ill}

    def ranges(option: Option, so_far: Placement) -> Iterator[StartRange]:
        [free] = option.ranges
        price = 1_500 * (contractors[option.segment] != contractors[so_far.segment])
        price += 1_000 if free.earliest // DAY != so_far.start // DAY else 300
        yield free._replace(value=free.value - price, change=1)
        if option.segment == so_far.segment:
            yield free._replace(earliest=so_far.start, latest=so_far.start)

    return replace(
        problem,
        jobs=[replace(job, booked=number in kept) for number, job in enumerate(problem.jobs)],
        options=[
            replace(option, ranges=tuple(sorted(ranges(option, kept[option.job])))) if option.job in kept else option
            for option in problem.options
            if contractors[option.segment] != ill
        ],
    )


@pytest.mark.parametrize(("most", "planned", "changes"), [(None, 97, 1), (1, 97, 1), (0, 96, 0)])
def test_a_repair_moves_one_booking_or_leaves_out_one_job(most: int | None, planned: int, changes: int) -> None:
    """Five of 97 bookings are lost; moving another one saves the fifth job."""
    problem = replace(without_the_busiest(problem_of(read("60x100"))), max_changes=most)
    solution = solve(problem, EFFORTS["normal"])
    assert violations(problem, solution.placements) == []
    assert (len(solution.placements), changes_of(problem, solution.placements)) == (planned, changes)
    assert solution.proven


def test_metros_are_parts_of_their_own() -> None:
    solution = solve(problem_of(generate(4, 40, 20, metros=2, days=5)), EFFORTS["quick"])
    assert solution.statistics["parts"] >= 2
    assert solution.bound is not None


def test_other_methods_give_feasible_plans_of_no_more_worth() -> None:
    problem = problem_of(generate(6, 12, 15, days=5))
    best = OWN[SOLVER](problem)
    assert best.bound is not None
    for name in ("by hand", "regret", "local search"):
        placements = OWN[name](problem).placements
        assert violations(problem, placements) == []
        assert 0 < worth_of(problem, placements) <= best.bound


@pytest.mark.django_db
def test_a_world_is_planned_from_the_database() -> None:
    """The engine accepts every placement, and the rows add up to the worth that the solver states."""
    scope = load(generate(8, 15, 12, days=5))
    snapshot = read_snapshot(scope, now=MONDAY - timedelta(days=1))
    solution = solve(snapshot.problem, EFFORTS["normal"])
    placements, refused = checked(snapshot, solution)
    assert refused == []
    assert len(placements) > 8
    assert rows_worth(snapshot, placements) == solution.worth
    assert solution.proven


@pytest.mark.django_db
def test_the_problem_from_the_database_is_that_of_the_world() -> None:
    """The same options, and a plan of the same worth but for rounding."""
    world = generate(8, 15, 12, days=5)
    snapshot = read_snapshot(load(world), now=MONDAY - timedelta(days=1))
    alone = problem_of(world)
    assert len(snapshot.problem.options) == len(alone.options)
    from_database, without = (solve(problem, EFFORTS["normal"]) for problem in (snapshot.problem, alone))
    assert len(from_database.placements) == len(without.placements)
    assert abs(from_database.worth - without.worth) <= 2 * len(world["jobs"])


def test_the_chart_has_a_bar_for_each_method() -> None:
    drawing = chart({"60x60": {"by hand": 0.8, "product": 0.0}})
    assert drawing.count("<rect") == 3
    assert "0, proven" in drawing
    assert "60 × 60" in drawing
