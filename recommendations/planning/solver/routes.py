"""Routes: the jobs of one segment in order, with the start times that are worth most."""

from collections.abc import Sequence
from typing import NamedTuple

from recommendations.planning.problem import Option, Placement, Problem

GRID = 30
# Fractions of a ten-thousandth in which the duals of the linear program are expressed.
SCALE = 1_024


class Route(NamedTuple):
    """Jobs of a segment in order, with their start times and the numbers of their ranges.

    `worth` contains the worths and values of the jobs and the added travel, but no fairness. `new` counts the jobs that
    have no booking yet, `changes` the changed bookings less the jobs that have one (see `Problem.max_changes`).
    """

    segment: int
    jobs: tuple[int, ...]
    starts: tuple[int, ...]
    ranges: tuple[int, ...]
    worth: int
    new: int
    changes: int

    def placements(self) -> list[Placement]:
        return [
            Placement(job, self.segment, start, number)
            for job, start, number in zip(self.jobs, self.starts, self.ranges, strict=True)
        ]


class _Timing(NamedTuple):
    """Start times of the first jobs of a route, with the values of their ranges less the travel to them.

    `day` is that of the last one.
    """

    starts: tuple[int, ...]
    ranges: tuple[int, ...]
    value: int
    changes: int
    day: int


def _best_by_changes(timings: list[_Timing]) -> list[_Timing]:
    best: dict[int, _Timing] = {}
    for timing in timings:
        known = best.get(timing.changes)
        if known is None or (-timing.value, timing.starts) < (-known.value, known.starts):
            best[timing.changes] = timing
    return list(best.values())


class Network:
    """A problem arranged for the solver: options by segment and by job, jobs as parallel lists."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.step = problem.step
        self.durations = [job.duration for job in problem.jobs]
        self.sites = [job.site for job in problem.jobs]
        self.worths = [job.worth for job in problem.jobs]
        self.booked = [job.booked for job in problem.jobs]
        self.contractors = [segment.contractor for segment in problem.segments]
        self.days = [segment.days for segment in problem.segments]
        self.legs = problem.legs
        self.by_segment: list[dict[int, Option]] = [{} for _ in problem.segments]
        self.by_job: list[list[Option]] = [[] for _ in problem.jobs]
        for option in problem.options:
            self.by_segment[option.segment][option.job] = option
            self.by_job[option.job].append(option)
        self.joined = [self._is_joined(segment) for segment in range(len(problem.segments))]
        for options in self.by_job:
            options.sort(key=lambda option: (-self.alone(option), option.segment))

    def _is_joined(self, segment: int) -> bool:
        """Whether starts of the segment can have different days, so that some travel may have no price."""
        days, (before, after) = set[int](), self.days[segment]
        for option in self.by_segment[segment].values():
            days.update(start_range.day for start_range in option.ranges)
            days.update([before] if option.price_before else [])
            days.update([after] if option.price_after else [])
        return len(days) > 1

    def alone(self, option: Option) -> int:
        """Worth of the option as the only one of its segment."""
        before, after = self.days[option.segment]
        value = max(
            value - option.price_before * (day == before) - option.price_after * (day == after)
            for _, _, value, _, day in option.ranges
        )
        return self.worths[option.job] + value + self.problem.segments[option.segment].price

    def route(self, segment: int, jobs: Sequence[int], charge: int = 0) -> Route | None:
        """The jobs in this order at their best start times, or None if they do not fit.

        A change costs `charge`, in ten-thousandths × `SCALE`.
        """
        variants = self.variants(segment, jobs)
        if len(variants) < 2:
            return variants[0] if variants else None
        return max(variants, key=lambda route: (SCALE * route.worth - charge * route.changes, -route.changes))

    def variants(self, segment: int, jobs: Sequence[int]) -> list[Route]:
        """The best start times of the jobs in this order for each number of changes."""
        options = [self.by_segment[segment][job] for job in jobs]
        before, after = self.days[segment]
        timings = [_Timing((), (), self.problem.segments[segment].price, 0, before)]
        for position, option in enumerate(options):
            timings = [extended for timing in timings for extended in self._extended(timing, jobs[:position], option)]
            if not timings:
                return []
        if price := options[-1].price_after:
            timings = [
                timing._replace(value=timing.value - price) if timing.day == after else timing for timing in timings
            ]
        if len(timings) > 1:
            timings = _best_by_changes(timings)
        fixed = sum(self.worths[job] for job in jobs)
        new = sum(not self.booked[job] for job in jobs)
        return [
            Route(segment, tuple(jobs), timing.starts, timing.ranges, fixed + timing.value, new, timing.changes)
            for timing in timings
        ]

    def _extended(self, timing: _Timing, jobs: Sequence[int], option: Option) -> list[_Timing]:
        """The timing with one more job, once for each range that is worth waiting for."""
        ready, travel = 0, option.price_before
        site = self.sites[option.job]
        for job, start in zip(jobs, timing.starts, strict=True):
            leg = self.legs[self.sites[job]].get(site)
            if leg is None:
                return []
            ready, travel = max(ready, start + self.durations[job] + leg.minutes), leg.price
        booked = self.booked[option.job]
        return [
            _Timing(
                (*timing.starts, start),
                (*timing.ranges, number),
                timing.value + option.ranges[number].value - travel * (option.ranges[number].day == timing.day),
                timing.changes + option.ranges[number].change - booked,
                option.ranges[number].day,
            )
            for start, number in starts_in(option.ranges, ready, self.step, travel, timing.day)
        ]


def starts_in(
    ranges: Sequence[tuple[int, int, int, int, int]], ready: int, step: int, travel: int, day: int
) -> list[tuple[int, int]]:
    """Earliest start of each range with the number of the range, without those that another one dominates.

    `travel` is the price of the way to the job, which starts on `day` pay. A start dominates a later one that has no
    more value after it and no fewer changes. The way from the earlier one costs no more: what follows both starts after
    the later one, and has a price for the earlier one only if all three have the same day.
    """
    starts = []
    for number, (earliest, latest, value, change, own_day) in enumerate(ranges):
        start = earliest if ready <= earliest else -(-ready // step) * step
        if start <= latest:
            starts.append((start, travel - value if own_day == day else -value, change, number))
    if len(starts) < 2:
        return [(start, number) for start, _, _, number in starts]
    starts.sort()
    kept: list[tuple[int, int, int, int]] = []
    for entry in starts:
        if not any(other[1] <= entry[1] and other[2] <= entry[2] for other in kept):
            kept.append(entry)
    return [(start, number) for start, _, _, number in kept]


def on_grid(network: Network, route: Route) -> Route:
    """The route with starts moved to the 30-minute grid of the segment where that costs nothing."""
    grid = network.problem.segments[route.segment].grid
    starts = list(route.starts)
    for position in reversed(range(len(starts))):
        job, start = route.jobs[position], starts[position]
        start_range = network.by_segment[route.segment][job].ranges[route.ranges[position]]
        preferred = grid + -((grid - start) // GRID) * GRID
        end = preferred + network.durations[job]
        if preferred <= start_range.latest and all(
            end + network.legs[network.sites[job]][network.sites[later]].minutes <= starts[after]
            for after, later in enumerate(route.jobs)
            if after > position
        ):
            starts[position] = preferred
    return route._replace(starts=tuple(starts))
