"""Small random problems, and their optimum by enumeration without the solver's code."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import permutations, product
from random import Random

from recommendations.planning.evaluation import worth_of
from recommendations.planning.problem import Leg, Option, Placement, PlanJob, Problem, Segment, StartRange

Best = dict[tuple[frozenset[int], int], int]


def small_problem(dice: Random, *, jobs: int = 5, booked: bool = False) -> Problem:
    """Up to three contractors with two segments each; drives and prices keep no triangle inequality."""
    count = dice.randint(1, jobs)
    sites = dice.randint(1, count)
    plan_jobs = [
        PlanJob(
            dice.choice([10_000, 15_000, 25_000, 40_000]),
            dice.choice([45, 60, 120, 240]),
            dice.randrange(sites),
            booked=booked and dice.random() < 0.4,
        )
        for _ in range(count)
    ]
    segments = [
        Segment(contractor, price=dice.choice([0, 0, 300, 900]), grid=dice.choice([0, 10]))
        for contractor in range(dice.randint(1, 3))
        for _ in range(dice.randint(1, 2))
    ]
    options = [
        _option(dice, job, segment, plan_jobs[job].booked)
        for job in range(count)
        for segment in range(len(segments))
        if dice.random() < 0.7
    ]
    legs = [
        {
            other: Leg(dice.choice([0, 10, 33, 90]), dice.choice([0, 40, 400, 1_500]))
            for other in range(sites)
            if dice.random() < 0.9
        }
        for _ in range(sites)
    ]
    limit = dice.choice([None, 0, 1, 2]) if booked else None
    return Problem(plan_jobs, segments, options, legs, dice.choice([0, 100, 2_000]), limit)


def _option(dice: Random, job: int, segment: int, booked: bool) -> Option:
    ranges = []
    for _ in range(dice.randint(1, 2)):
        earliest = 5 * dice.randrange(96)
        latest = earliest + dice.choice([0, 60, 240])
        ranges.append(StartRange(earliest, latest, dice.randint(0, 10_000), int(booked and dice.random() < 0.7)))
    ranges.sort()
    return Option(job, segment, tuple(ranges), dice.choice([0, 200, 800]), dice.choice([0, 200, 800]))


def joined_problem(dice: Random, *, jobs: int = 4, booked: bool = False) -> Problem:
    """A small problem whose segments have several days: travel has its price within a day only."""
    problem, length = small_problem(dice, jobs=jobs, booked=booked), dice.choice([240, 300, 400])
    options = [
        replace(option, ranges=tuple(piece for each in option.ranges for piece in _by_day(each, length)))
        for option in problem.options
    ]
    return replace(
        problem,
        options=options,
        segments=[
            _with_days(dice, segment, [each.day for o in options if o.segment == number for each in o.ranges])
            for number, segment in enumerate(problem.segments)
        ],
    )


def _by_day(start_range: StartRange, length: int) -> Iterator[StartRange]:
    for day in range(start_range.earliest // length, start_range.latest // length + 1):
        earliest, latest = max(start_range.earliest, day * length), min(start_range.latest, (day + 1) * length - 5)
        if earliest <= latest:
            yield start_range._replace(earliest=earliest, latest=latest, day=day)


def _with_days(dice: Random, segment: Segment, days: list[int]) -> Segment:
    """The booking before has the first day of the starts or an earlier one, the booking after the last or a later."""
    first, last = min(days, default=0) - dice.choice([0, 0, 1]), max(days, default=0) + dice.choice([0, 0, 1])
    return replace(segment, days=(first, last), price=segment.price if first == last else 0)


def optimum(problem: Problem) -> int:
    """The worth of the best solution that keeps to the limit of changes, over all routes of all segments."""
    whole: Best = {(frozenset(), 0): 0}
    for contractor in sorted({segment.contractor for segment in problem.segments}):
        whole = _combined(whole, _of_contractor(problem, contractor))
    booked = sum(job.booked for job in problem.jobs)
    return max(
        worth
        for (_, changes), worth in whole.items()
        if problem.max_changes is None or booked + changes <= problem.max_changes
    )


def _of_contractor(problem: Problem, contractor: int) -> Best:
    """The best worth of each set of jobs and number of changes, with fairness."""
    total: Best = {(frozenset(), 0): 0}
    for segment, row in enumerate(problem.segments):
        if row.contractor == contractor:
            total = _combined(total, _of_segment(problem, segment))
    priced: Best = {}
    for (jobs, changes), worth in total.items():
        new = sum(not problem.jobs[job].booked for job in jobs)
        priced[jobs, changes] = worth - problem.fairness * new * (new - 1) // 2
    return priced


def _of_segment(problem: Problem, segment: int) -> Best:
    best: Best = {(frozenset(), 0): 0}
    options = {option.job: option for option in problem.options if option.segment == segment}
    for length in range(1, len(options) + 1):
        for route in permutations(options, length):
            for numbers in product(*(range(len(options[job].ranges)) for job in route)):
                placements = list(_placed(problem, segment, route, numbers))
                if len(placements) < length:
                    continue
                changes = sum(
                    options[job].ranges[number].change - problem.jobs[job].booked
                    for job, number in zip(route, numbers, strict=True)
                )
                new = sum(not problem.jobs[job].booked for job in route)
                worth = worth_of(problem, placements) + problem.fairness * new * (new - 1) // 2
                key = frozenset(route), changes
                best[key] = max(worth, best.get(key, worth))
    return best


def _placed(problem: Problem, segment: int, route: tuple[int, ...], numbers: tuple[int, ...]) -> Iterator[Placement]:
    """Earliest starts in this order and in these ranges, as far as they fit."""
    options = {option.job: option for option in problem.options if option.segment == segment}
    ends: list[tuple[int, int]] = []
    for job, number in zip(route, numbers, strict=True):
        site = problem.jobs[job].site
        if any(site not in problem.legs[other] for other, _ in ends):
            return
        ready = max((end + problem.legs[other][site].minutes for other, end in ends), default=0)
        start_range = options[job].ranges[number]
        start = start_range.earliest
        if ready > start:
            start = -(-ready // problem.step) * problem.step
        if start > start_range.latest:
            return
        yield Placement(job, segment, start, number)
        ends.append((site, start + problem.jobs[job].duration))


def _combined(first: Best, second: Best) -> Best:
    both: Best = {}
    for (jobs, changes), worth in first.items():
        for (others, more), value in second.items():
            if not jobs & others:
                key = jobs | others, changes + more
                both[key] = max(worth + value, both.get(key, worth + value))
    return both
