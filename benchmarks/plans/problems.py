"""A world as a planning problem without the database, in the rules that the reference values were computed with."""

from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple

from benchmarks.plans.worlds import DAY, World, miles_between, minutes_between
from recommendations.planning.problem import Leg, Option, PlanJob, Problem, Segment, StartRange

WORTH = {"low": 10_000, "medium": 15_000, "high": 25_000, "urgent": 40_000}
PRICE_OF_A_MILE = 50


class _Gap(NamedTuple):
    """Free time of a contractor between two bookings of a shift, or a booking and an end of it."""

    contractor: int
    begin: int
    end: int
    before: list[float] | None
    after: list[float] | None


def problem_of(world: World, *, step: int = 5, most_options: int | None = None) -> Problem:
    """The problem of the world; with `most_options`, only the best options of each job and a limit of the others."""
    gaps = [gap for number, contractor in enumerate(world["contractors"]) for gap in _gaps(number, contractor)]
    by_contractor: dict[int, list[int]] = defaultdict(list)
    for number, gap in enumerate(gaps):
        by_contractor[gap.contractor].append(number)
    jobs, options = [], []
    for number, job in enumerate(world["jobs"]):
        beyond = None
        listed = 0
        scores = _scores(world, job, gaps, by_contractor)
        for score, segment in sorted(scores, key=lambda pair: (-pair[0], pair[1])):
            if listed == most_options:
                beyond = score
                break
            option = _option(number, job, segment, gaps[segment], score, step)
            if option is not None:
                options.append(option)
                listed += 1
        jobs.append(PlanJob(WORTH[job["priority"]], job["dur"], number, beyond=beyond))
    segments = [
        Segment(gap.contractor, None, None, _price(gap.before, gap.after), gap.begin - gap.begin % 30) for gap in gaps
    ]
    return Problem(jobs, segments, options, _legs(world, options), step=step)


def _gaps(number: int, contractor: dict[str, Any]) -> Iterator[_Gap]:
    for begin, end in contractor["shifts"]:
        time, site = begin, None
        for start, stop, place in sorted(booking for booking in contractor["bookings"] if begin <= booking[0] < end):
            yield _Gap(number, time, start, site, place)
            time, site = stop, place
        yield _Gap(number, time, end, site, None)


def _scores(
    world: World, job: dict[str, Any], gaps: list[_Gap], by_contractor: dict[int, list[int]]
) -> Iterator[tuple[int, int]]:
    """Score of the job in each gap of the contractors who could do it."""
    for number, contractor in enumerate(world["contractors"]):
        if contractor.get("metro") != job.get("metro"):
            continue
        miles = miles_between(job["at"], contractor["at"])
        if not _can_do(job, contractor, miles):
            continue
        rating = round(contractor["rating"] / 5 * 10_000)
        distance = round(max(0.0, 1 - miles / 50) * 10_000)
        for segment in by_contractor[number]:
            day = gaps[segment].begin // DAY
            if job["desired"] <= day <= job["last"]:
                available = max(0, 10_000 - 1_000 * (day - job["desired"]))
                yield round(0.40 * available + 0.35 * rating + 0.25 * distance), segment


def _can_do(job: dict[str, Any], contractor: dict[str, Any], miles: float) -> bool:
    return (
        contractor["type"] in (job["type"], "multi")
        and set(job["skills"]) <= set(contractor["skills"])
        and (contractor["radius"] is None or miles <= contractor["radius"])
    )


def _option(number: int, job: dict[str, Any], segment: int, gap: _Gap, score: int, step: int) -> Option | None:
    midnight = gap.begin // DAY * DAY
    earliest = gap.begin
    if gap.before:
        earliest = -(-(earliest + minutes_between(gap.before, job["at"])) // step) * step
    latest = gap.end - job["dur"] - (minutes_between(job["at"], gap.after) if gap.after else 0)
    if job["arrive"]:
        earliest, latest = max(earliest, midnight + job["arrive"][0]), min(latest, midnight + job["arrive"][1])
    if earliest > latest:
        return None
    return Option(
        number,
        segment,
        (StartRange(earliest, latest, score),),
        _price(gap.before, job["at"]),
        _price(job["at"], gap.after),
    )


def _price(a: list[float] | None, b: list[float] | None) -> int:
    return round(PRICE_OF_A_MILE * miles_between(a, b)) if a and b else 0


def _legs(world: World, options: list[Option]) -> list[dict[int, Leg]]:
    """Drives between the jobs that share a segment."""
    sharing: dict[int, set[int]] = defaultdict(set)
    for option in options:
        sharing[option.segment].add(option.job)
    legs: list[dict[int, Leg]] = [{} for _ in world["jobs"]]
    known = cache(Leg)
    for jobs in sharing.values():
        for a in jobs:
            for b in jobs - legs[a].keys():
                miles = miles_between(world["jobs"][a]["at"], world["jobs"][b]["at"])
                minutes = minutes_between(world["jobs"][a]["at"], world["jobs"][b]["at"])
                legs[a][b] = legs[b][a] = known(minutes, round(PRICE_OF_A_MILE * miles))
    return legs
