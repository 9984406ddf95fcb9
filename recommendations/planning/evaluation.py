"""Worth of a solution and the constraints that it breaks, computed from its placements alone. Pure.

It shares no code with the solver: tests and the run of a plan compare both (docs/planning.md).
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from itertools import pairwise

from recommendations.planning.problem import Option, Placement, Problem


def worth_of(problem: Problem, placements: Iterable[Placement]) -> int:
    """Sum of the placed jobs' worths and values, less travel and fairness, in ten-thousandths."""
    options = _options(problem)
    total, new = 0, Counter[int]()
    routes = _routes(placements)
    for segment, route in routes.items():
        contractor = problem.segments[segment].contractor
        for placement in route:
            job = problem.jobs[placement.job]
            total += job.worth + options[placement.job, segment].ranges[placement.range].value
            new[contractor] += not job.booked
        total -= _added_travel(problem, options, segment, route)
    return total - sum(problem.fairness * count * (count - 1) // 2 for count in new.values())


def changes_of(problem: Problem, placements: Iterable[Placement]) -> int:
    """Number of existing bookings that would be changed or dropped."""
    options = _options(problem)
    changed = sum(job.booked for job in problem.jobs)
    for job, segment, _, number in placements:
        changed += options[job, segment].ranges[number].change - problem.jobs[job].booked
    return changed


def violations(problem: Problem, placements: Iterable[Placement]) -> list[str]:
    """Broken constraints, as sentences for developers; empty for a feasible solution."""
    placements = list(placements)
    broken = [
        f"job {job} is placed {count} times" for job, count in Counter(p.job for p in placements).items() if count > 1
    ]
    options = _options(problem)
    broken += (text for placement in placements for text in _misplaced(options, placement))
    broken += (text for route in _routes(placements).values() for text in _too_close(problem, route))
    if not broken and problem.max_changes is not None and changes_of(problem, placements) > problem.max_changes:
        broken.append(f"more than {problem.max_changes} bookings change")
    return broken


def _options(problem: Problem) -> dict[tuple[int, int], Option]:
    return {(option.job, option.segment): option for option in problem.options}


def _routes(placements: Iterable[Placement]) -> dict[int, list[Placement]]:
    """Placements of each segment in the order of their start."""
    routes: dict[int, list[Placement]] = defaultdict(list)
    for placement in sorted(placements, key=lambda placement: (placement.start, placement.job)):
        routes[placement.segment].append(placement)
    return routes


def _added_travel(
    problem: Problem, options: dict[tuple[int, int], Option], segment: int, route: list[Placement]
) -> int:
    """The price of the miles of each day, less that of the segment without a job."""
    days: dict[int, list[Placement]] = defaultdict(list)
    for placement in route:
        days[options[placement.job, segment].ranges[placement.range].day].append(placement)
    price = -problem.segments[segment].price
    before, after = problem.segments[segment].days
    for day, placements in days.items():
        sites = [problem.jobs[placement.job].site for placement in placements]
        price += sum(problem.legs[origin][target].price for origin, target in pairwise(sites))
        price += options[placements[0].job, segment].price_before if day == before else 0
        price += options[placements[-1].job, segment].price_after if day == after else 0
    return price


def _misplaced(options: dict[tuple[int, int], Option], placement: Placement) -> Iterator[str]:
    option = options.get((placement.job, placement.segment))
    if option is None:
        yield f"job {placement.job} has no option in segment {placement.segment}"
    else:
        start_range = option.ranges[placement.range]
        if not start_range.earliest <= placement.start <= start_range.latest:
            yield f"job {placement.job} starts at {placement.start}, outside {start_range}"


def _too_close(problem: Problem, route: list[Placement]) -> Iterator[str]:
    """Pairs of one route, neighbors or not, without the time for the drive between them."""
    for position, earlier in enumerate(route):
        job = problem.jobs[earlier.job]
        for later in route[position + 1 :]:
            leg = problem.legs[job.site].get(problem.jobs[later.job].site)
            if leg is None or earlier.start + job.duration + leg.minutes > later.start:
                yield f"job {later.job} starts too early after job {earlier.job}"
