"""Alternative plans that contain a job which a plan leaves out: what would give way, and what it would cost. Pure.

The solver solves the problem again with the job forced in. In a large problem it may change only the segments that the
job fits into. The worth of an alternative comes from its placements (`evaluation`), so the loss is exact for that
alternative.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from recommendations.planning.evaluation import changes_of, worth_of
from recommendations.planning.problem import Option, Placement, Problem, Solution

# Of the problem that is solved again: jobs of a whole problem, and segments of a part of a larger one.
MOST_JOBS, MOST_SEGMENTS = 120, 24

Solve = Callable[[Problem], Solution]


@dataclass(frozen=True, slots=True)
class Alternative:
    """The best plan found with the job, and what it is worth less. `left_out` are jobs that it gives up."""

    job: int
    loss: int
    left_out: tuple[int, ...]
    changes: int
    placements: tuple[Placement, ...]


def with_job(
    problem: Problem, solution: Solution, job: int, solve: Solve, *, most_segments: int = MOST_SEGMENTS
) -> Alternative | None:
    """The best alternative found that contains `job`, or None if there is none.

    A problem with at most MOST_JOBS jobs is solved whole, unless `most_segments` is less than MOST_SEGMENTS.
    """
    segments = _segments(problem, job, most_segments)
    if len(problem.jobs) <= MOST_JOBS and most_segments == MOST_SEGMENTS:
        segments = set(range(len(problem.segments)))
    part, numbers, outside = _part(problem, solution, job, segments)
    solved = solve(part.requiring(numbers.index(job)))
    placements = [*outside, *(placement._replace(job=numbers[placement.job]) for placement in solved.placements)]
    if all(placement.job != job for placement in placements):
        return None
    planned = {placement.job for placement in placements}
    return Alternative(
        job,
        solution.worth - worth_of(problem, placements),
        tuple(placement.job for placement in solution.placements if placement.job not in planned),
        changes_of(problem, placements),
        tuple(sorted(placements)),
    )


def _segments(problem: Problem, job: int, most: int) -> set[int]:
    """The segments that `job` fits into, at most `most`, those with the highest values first."""
    options = [option for option in problem.options if option.job == job]
    options.sort(key=lambda option: (-_value(problem, option), option.segment))
    return {option.segment for option in options[:most]}


def _value(problem: Problem, option: Option) -> int:
    """The highest value of a start, less the travel before it."""
    before = problem.segments[option.segment].days[0]
    return max(each.value - (option.price_before if each.day == before else 0) for each in option.ranges)


def _part(
    problem: Problem, solution: Solution, job: int, segments: set[int]
) -> tuple[Problem, list[int], list[Placement]]:
    """The problem of some segments and the jobs planned in them, the numbers of these jobs, and the other placements.

    Segments keep their numbers. What is planned outside stays, and counts for fairness and for changed bookings.
    """
    inside = [placement for placement in solution.placements if placement.segment in segments]
    outside = [placement for placement in solution.placements if placement.segment not in segments]
    if len(segments) == len(problem.segments):  # the whole: jobs that are left out can come in as well
        return problem, list(range(len(problem.jobs))), []
    numbers = sorted({job, *(placement.job for placement in inside)})
    position = {number: index for index, number in enumerate(numbers)}
    busy = Counter(
        problem.segments[placement.segment].contractor
        for placement in outside
        if not problem.jobs[placement.job].booked
    )
    options = []
    for option in problem.options:
        if option.segment in segments and option.job in position:
            surcharge = 0
            if not problem.jobs[option.job].booked:
                surcharge = problem.fairness * busy[problem.segments[option.segment].contractor]
            ranges = tuple(rng._replace(value=rng.value - surcharge) for rng in option.ranges)
            options.append(replace(option, job=position[option.job], ranges=ranges))
    part = replace(
        problem,
        jobs=[replace(problem.jobs[number], beyond=None) for number in numbers],
        options=options,
        max_changes=_changes_left(problem, outside, numbers),
    )
    return part, numbers, outside


def _changes_left(problem: Problem, outside: Sequence[Placement], numbers: Sequence[int]) -> int | None:
    """The changes that a part may make: the limit less those outside, where the jobs of the part do not count."""
    if problem.max_changes is None:
        return None
    booked_inside = sum(problem.jobs[number].booked for number in numbers)
    return problem.max_changes - (changes_of(problem, outside) - booked_inside)
