"""Behavior of a run: same seed, progress, stop, cancel, work without HiGHS, parts, start times."""

import os
import subprocess
import sys
from dataclasses import replace
from random import Random

import pytest

from recommendations.planning.evaluation import violations, worth_of
from recommendations.planning.problem import Leg, Option, PlanJob, Problem, Segment, StartRange
from recommendations.planning.solver import EFFORTS, Phase, Progress, Signal, SolveCancelled, solve
from recommendations.planning.solver.parts import parts_of
from tests.recommendations.planning.solver.small_problems import optimum, small_problem

QUICK = EFFORTS["quick"]


def medium_problem(seed: int = 1) -> Problem:
    """Sixty jobs on a plane, three segments each for twenty contractors: too many for all to be planned."""
    dice = Random(seed)
    places = [(dice.randrange(40), dice.randrange(40)) for _ in range(60)]
    jobs = [PlanJob(dice.choice([10_000, 15_000, 40_000]), dice.choice([90, 180, 240]), n) for n in range(60)]
    segments = [Segment(contractor, grid=480) for contractor in range(20) for _ in range(3)]
    options = [
        Option(job, segment, (StartRange(480, 1_020 - jobs[job].duration, dice.randint(3_000, 9_000)),))
        for job in range(60)
        for segment in range(60)
        if dice.random() < 0.3
    ]
    miles = [[abs(a[0] - b[0]) + abs(a[1] - b[1]) for b in places] for a in places]
    legs = [{other: Leg(2 * far, 50 * far) for other, far in enumerate(row)} for row in miles]
    return Problem(jobs, segments, options, legs)


def test_the_same_seed_gives_the_same_solution_in_another_process() -> None:
    """Also with another hash seed, on which the order of sets may depend."""
    command = "from tests.recommendations.planning.solver.test_solve import *\nprint(solve(medium_problem(), QUICK, 7))"
    outputs = {
        subprocess.run(
            [sys.executable, "-c", command],
            check=True,
            capture_output=True,
            text=True,
            env={**os.environ, "PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("1", "2")
    }
    assert outputs == {f"{solve(medium_problem(), QUICK, 7)}\n"}


def test_reports_progress_that_only_improves() -> None:
    problem = medium_problem()
    seen: list[Progress] = []

    def listen(progress: Progress) -> Signal:
        seen.append(progress)
        return Signal.CONTINUE

    solution = solve(problem, EFFORTS["normal"], listen=listen)
    assert seen
    assert seen[0].phase is Phase.SEARCH
    assert [progress.worth for progress in seen] == sorted(progress.worth for progress in seen)
    assert [progress.done for progress in seen] == sorted(progress.done for progress in seen)
    assert all(worth_of(problem, progress.placements) == progress.worth <= solution.worth for progress in seen)
    assert all(progress.bound is None or progress.bound >= solution.worth for progress in seen)


def test_is_worth_at_least_as_much_as_the_solution_that_it_starts_from() -> None:
    both, nothing = twice(medium_problem()), QUICK._replace(moves=0)
    best = solve(both, QUICK)
    stopped = solve(both, nothing, listen=lambda progress: Signal.STOP, start=best.placements)
    assert (stopped.worth, stopped.limit) == (best.worth, "stopped")
    assert worth_of(both, stopped.placements) == best.worth
    alone = solve(both, nothing, listen=lambda progress: Signal.STOP)
    assert alone.worth < best.worth


def test_stop_keeps_the_best_solution_so_far() -> None:
    problem = medium_problem()
    first: list[Progress] = []

    def listen(progress: Progress) -> Signal:
        first.append(progress)
        return Signal.STOP

    solution = solve(problem, EFFORTS["thorough"], listen=listen)
    assert len(first) == 1
    assert (solution.placements, solution.worth) == (tuple(first[0].placements), first[0].worth)
    assert solution.limit == "stopped"
    assert violations(problem, solution.placements) == []


def test_cancel_gives_no_solution() -> None:
    with pytest.raises(SolveCancelled):
        solve(medium_problem(), QUICK, listen=lambda progress: Signal.CANCEL)


def test_without_highs_there_is_a_solution_but_no_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("recommendations.planning.solver.run.HAS_BOUND", False)
    problem = small_problem(Random(3))
    solution = solve(problem, QUICK)
    assert violations(problem, solution.placements) == []
    assert solution.worth <= optimum(problem)
    assert (solution.bound, solution.proven, solution.limit) == (None, False, "no-bound")


def test_an_empty_problem_is_proven_at_once() -> None:
    solution = solve(Problem([PlanJob(10_000, 60, 0)], [], [], [{}]), QUICK)
    assert (solution.placements, solution.worth, solution.bound) == ((), 0, 0)
    assert solution.proven


def twice(problem: Problem) -> Problem:
    """Two copies of the medium problem side by side."""
    jobs, segments = len(problem.jobs), len(problem.segments)
    return Problem(
        [*problem.jobs, *(replace(job, site=job.site + jobs) for job in problem.jobs)],
        [*problem.segments, *(replace(s, contractor=s.contractor + 20) for s in problem.segments)],
        [
            *problem.options,
            *(replace(option, job=option.job + jobs, segment=option.segment + segments) for option in problem.options),
        ],
        [*problem.legs, *({site + jobs: leg for site, leg in legs.items()} for legs in problem.legs)],
    )


def test_parts_lose_nothing() -> None:
    problem = medium_problem()
    both = twice(problem)
    assert [len(part.jobs) for part in parts_of(both)] == [60, 60]
    alone, together = solve(problem, QUICK), solve(both, QUICK)
    assert alone.bound is not None
    assert (together.worth, together.bound) == (2 * alone.worth, 2 * alone.bound)


def test_a_stop_in_the_first_part_still_plans_the_others() -> None:
    both = twice(medium_problem())
    solution = solve(both, QUICK, listen=lambda progress: Signal.STOP)
    assert solution.limit == "stopped"
    assert violations(both, solution.placements) == []
    assert {placement.job >= 60 for placement in solution.placements} == {False, True}


def test_a_stop_during_the_proof_keeps_the_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("recommendations.planning.solver.progress.PAUSE", -1)

    def listen(progress: Progress) -> Signal:
        return Signal.STOP if progress.phase is Phase.PROOF else Signal.CONTINUE

    solution = solve(medium_problem(), EFFORTS["normal"], listen=listen)
    assert solution.bound is not None
    assert solution.bound >= solution.worth


def test_an_error_of_the_listener_ends_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also from a callback of HiGHS, which an exception must not cross."""
    monkeypatch.setattr("recommendations.planning.solver.progress.PAUSE", -1)

    def listen(progress: Progress) -> Signal:
        if progress.phase is Phase.PRICING:
            raise ValueError("The connection is lost.")
        return Signal.CONTINUE

    with pytest.raises(ValueError, match="connection is lost"):
        solve(medium_problem(), QUICK, listen=listen)


def test_a_limit_of_changes_connects_all_bookings() -> None:
    jobs = [PlanJob(10_000, 60, n, booked=n < 2) for n in range(3)]
    segments = [Segment(n) for n in range(3)]
    options = [Option(n, n, (StartRange(0, 60, 100),)) for n in range(3)]
    problem = Problem(jobs, segments, options, [{}, {}, {}], max_changes=1)
    assert [part.jobs for part in parts_of(problem)] == [[0, 1], [2]]


def test_starts_move_to_the_grid_where_it_costs_nothing() -> None:
    """The first job could start at 7:10 and the second 25 minutes of drive after it."""
    jobs = [PlanJob(10_000, 60, 0), PlanJob(10_000, 60, 1)]
    options = [
        Option(0, 0, (StartRange(430, 600, 100),), price_before=10),
        Option(1, 0, (StartRange(430, 600, 100),), price_after=10),
    ]
    legs = [{1: Leg(25, 0)}, {}]
    solution = solve(Problem(jobs, [Segment(0, grid=420)], options, legs), QUICK)
    assert [placement.start for placement in solution.placements] == [450, 540]
    tight = [replace(option, ranges=(StartRange(430, 517, 100),)) for option in options]
    solution = solve(Problem(jobs, [Segment(0, grid=420)], tight, legs), QUICK)
    assert [placement.start for placement in solution.placements] == [430, 515]


def test_a_booking_that_stays_costs_no_change() -> None:
    """Its own minute has a range of its own; the new job uses the time that is left."""
    jobs = [PlanJob(15_000, 60, 0, booked=True), PlanJob(15_000, 60, 1)]
    own = (StartRange(480, 600, 4_700, 1), StartRange(487, 487, 5_000))
    options = [Option(0, 0, own), Option(1, 0, (StartRange(480, 600, 5_000),))]
    legs = [{1: Leg(10, 0)}, {0: Leg(10, 0)}]
    problem = Problem(jobs, [Segment(0)], options, legs, max_changes=0)
    solution = solve(problem, QUICK)
    assert [(placement.job, placement.start) for placement in solution.placements] == [(0, 487), (1, 570)]


def test_drives_between_jobs_that_are_not_neighbors_count() -> None:
    """Roads may need 210 minutes from the first to the last job, more than by way of the second."""
    jobs = [PlanJob(10_000, 30, n) for n in range(3)]
    options = [Option(n, 0, (StartRange(100 * n, 100 * n + 30, 100),)) for n in range(3)]
    legs = [{1: Leg(5, 0), 2: Leg(210, 0)}, {2: Leg(5, 0)}, {}]
    solution = solve(Problem(jobs, [Segment(0)], options, legs), QUICK)
    assert len(solution.placements) == 2
    assert solution.proven
