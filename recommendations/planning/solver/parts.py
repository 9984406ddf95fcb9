"""Connected parts of a problem: jobs and contractors that no option connects cannot influence each other."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import NamedTuple

from recommendations.planning.problem import Placement, Problem


class Part(NamedTuple):
    """A problem of its own, with the numbers that its jobs and segments have in the whole."""

    problem: Problem
    jobs: list[int]
    segments: list[int]

    def in_whole(self, placements: Iterable[Placement]) -> list[Placement]:
        return [
            placement._replace(job=self.jobs[placement.job], segment=self.segments[placement.segment])
            for placement in placements
        ]

    def of_whole(self, placements: Mapping[int, Placement]) -> list[Placement]:
        """The placements of the whole, by job, that lie in this part."""
        segments = {segment: number for number, segment in enumerate(self.segments)}
        return [
            placement._replace(job=number, segment=segments[placement.segment])
            for number, job in enumerate(self.jobs)
            if (placement := placements.get(job)) and placement.segment in segments
        ]


def parts_of(problem: Problem) -> list[Part]:
    """Parts in the order of their first job; jobs without options and segments without them are in none.

    A limit of changes connects all existing bookings.
    """
    group = _Groups(len(problem.jobs))
    first_of_contractor: dict[int, int] = {}
    for option in problem.options:
        contractor = problem.segments[option.segment].contractor
        group.join(option.job, first_of_contractor.setdefault(contractor, option.job))
    if problem.max_changes is not None:
        booked = [number for number, job in enumerate(problem.jobs) if job.booked]
        for job in booked:
            group.join(job, booked[0])
    members: dict[int, list[int]] = {}
    for job in sorted({option.job for option in problem.options}):
        members.setdefault(group.of(job), []).append(job)
    options: dict[int, list[int]] = {}
    for number, option in enumerate(problem.options):
        options.setdefault(group.of(option.job), []).append(number)
    return [_part(problem, jobs, options[root]) for root, jobs in members.items()]


def _part(problem: Problem, jobs: list[int], options: list[int]) -> Part:
    segments = sorted({problem.options[number].segment for number in options})
    job_number = {job: number for number, job in enumerate(jobs)}
    segment_number = {segment: number for number, segment in enumerate(segments)}
    contractors = {problem.segments[segment].contractor for segment in segments}
    contractor_number = {contractor: number for number, contractor in enumerate(sorted(contractors))}
    part = replace(
        problem,
        jobs=[problem.jobs[job] for job in jobs],
        segments=[
            replace(segment, contractor=contractor_number[segment.contractor])
            for segment in (problem.segments[number] for number in segments)
        ],
        options=[
            replace(option, job=job_number[option.job], segment=segment_number[option.segment])
            for option in (problem.options[number] for number in options)
        ],
    )
    return Part(part, jobs, segments)


class _Groups:
    """Disjoint sets of the numbers below `count`."""

    def __init__(self, count: int) -> None:
        self._parent = list(range(count))

    def of(self, number: int) -> int:
        while self._parent[number] != number:
            self._parent[number] = self._parent[self._parent[number]]
            number = self._parent[number]
        return number

    def join(self, number: int, other: int) -> None:
        first, second = sorted((self.of(number), self.of(other)))
        self._parent[second] = first
