"""Alternatives with a job that was left out, against the enumeration of all plans of small problems."""

from collections.abc import Iterator
from itertools import product

from hypothesis import assume, given
from hypothesis import strategies as st

from recommendations.planning.alternatives import with_job
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

DAY = range(0, 480, 120)
DURATION = 100


def plans(problem: Problem) -> Iterator[list[Placement]]:
    """All feasible plans of a problem whose ranges have one start each."""
    choices: list[list[Placement | None]] = [[None] for _ in problem.jobs]
    for option in problem.options:
        for number, each in enumerate(option.ranges):
            choices[option.job].append(Placement(option.job, option.segment, each.earliest, number))
    for chosen in product(*choices):
        placements = [placement for placement in chosen if placement]
        if not violations(problem, placements):
            yield placements


def best(problem: Problem) -> Solution:
    worth, placements = max((worth_of(problem, each), each) for each in plans(problem))
    return Solution(tuple(placements), worth, worth, "", {})


@st.composite
def problems(draw: st.DrawFn) -> Problem:
    """Three or four jobs on three days of two contractors; sites are a line, an hour is 60 minutes."""
    jobs = [
        PlanJob(worth=draw(st.sampled_from([10_000, 15_000, 40_000])), duration=DURATION, site=number, booked=booked)
        for number, booked in enumerate(draw(st.lists(st.booleans(), min_size=3, max_size=4)))
    ]
    segments = [Segment(0), Segment(0), Segment(1)]
    options = []
    for job, segment in product(range(len(jobs)), range(len(segments))):
        starts = draw(st.lists(st.sampled_from(list(DAY)), max_size=2, unique=True))
        ranges = tuple(
            StartRange(start, start, draw(st.integers(0, 9_000)), int(jobs[job].booked)) for start in sorted(starts)
        )
        if ranges:
            options.append(Option(job, segment, ranges))
    legs = [{b: Leg(10 * abs(a - b), 100 * abs(a - b)) for b in range(len(jobs))} for a in range(len(jobs))]
    limit = draw(st.sampled_from([None, 1, 2]))
    return Problem(jobs, segments, options, legs, fairness=300, max_changes=limit)


@given(problems())
def test_the_loss_of_a_whole_problem_is_that_of_the_best_plan_with_the_job(problem: Problem) -> None:
    assume(any(True for _ in plans(problem)))
    solution = best(problem)
    for job in {option.job for option in problem.options} - {placement.job for placement in solution.placements}:
        alternative = with_job(problem, solution, job, best)
        worths = [worth_of(problem, each) for each in plans(problem) if any(p.job == job for p in each)]
        if not worths:
            assert alternative is None
            continue
        assert alternative
        assert alternative.loss == solution.worth - max(worths) >= 0
        _is_true(problem, solution, job, alternative.placements)
        gone = {p.job for p in solution.placements} - {p.job for p in alternative.placements}
        assert set(alternative.left_out) == gone


@given(problems(), st.integers(1, 2))
def test_the_alternative_of_a_part_is_a_plan_of_the_whole(problem: Problem, segments: int) -> None:
    assume(any(True for _ in plans(problem)))
    solution = best(problem)
    for job in {option.job for option in problem.options} - {placement.job for placement in solution.placements}:
        alternative = with_job(problem, solution, job, best, most_segments=segments)
        if alternative:
            _is_true(problem, solution, job, alternative.placements)
            assert alternative.loss >= 0
            whole = with_job(problem, solution, job, best)
            assert whole
            assert whole.loss <= alternative.loss


def _is_true(problem: Problem, solution: Solution, job: int, placements: tuple[Placement, ...]) -> None:
    assert violations(problem, placements) == []
    assert problem.max_changes is None or changes_of(problem, placements) <= problem.max_changes
    assert any(placement.job == job for placement in placements)
    assert worth_of(problem, placements) < REQUIRED
    assert worth_of(problem, placements) <= solution.worth


def test_an_alternative_names_what_gives_way() -> None:
    """One contractor, one place: the urgent job has it."""
    jobs = [PlanJob(40_000, DURATION, 0), PlanJob(10_000, DURATION, 0)]
    options = [Option(job, 0, (StartRange(0, 0, 8_000),)) for job in (0, 1)]
    problem = Problem(jobs, [Segment(0)], options, [{0: Leg(0, 0)}])
    alternative = with_job(problem, best(problem), 1, best)
    assert alternative
    assert (alternative.loss, alternative.left_out, alternative.changes) == (30_000, (0,), 0)
