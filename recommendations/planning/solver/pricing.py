"""Pricing: routes whose reward, the worth less what the duals charge for their jobs, is above a threshold.

A depth-first search over the orders of the jobs of one segment, exact as long as it stays within its steps. All amounts
are whole ten-thousandths × `SCALE`, so that the bound does not depend on rounding.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from recommendations.planning.solver.routes import SCALE, Network, starts_in

# Steps between two calls of `tick`: some milliseconds.
STEPS_A_TICK = 2_000


class RewardRange(NamedTuple):
    """A range of start times with what a start in it earns in this pricing, without the way to it."""

    earliest: int
    latest: int
    reward: int
    change: int
    day: int


class Visit(NamedTuple):
    """A job that a route of the segment may contain; its prices are scaled."""

    job: int
    site: int
    duration: int
    latest: int
    best: int  # its highest reward, less the cheapest drive to it
    minutes: int  # duration and shortest drive to it
    price_before: int
    price_after: int
    ranges: Sequence[RewardRange]


class Priced(NamedTuple):
    """Routes above the threshold as tuples of jobs, an upper limit of the reward of any route, and the steps taken."""

    routes: list[tuple[int, tuple[int, ...]]]
    most: int
    exact: bool
    steps: int


class _OutOfSteps(Exception):
    pass


class RouteSearch:
    """Search in one segment. With `rising`, each route found raises the threshold, so that the last one is the best.

    `tick` is called now and then; what it raises ends the search.
    """

    def __init__(
        self,
        network: Network,
        segment: int,
        visits: Sequence[Visit],
        threshold: int,
        *,
        rising: bool,
        tick: Callable[[], None] = lambda: None,
    ) -> None:
        self._tick, self._next_tick = tick, 0
        self._legs, self._step = network.legs, network.step
        self._visits = visits
        self._first_day, self._last_day = network.days[segment]
        self._base = network.problem.segments[segment].price * SCALE
        self._threshold, self._rising = threshold, rising
        self._end = max(visit.latest + visit.duration for visit in visits)
        self._routes: list[tuple[int, tuple[int, ...]]] = []
        self._steps = 0

    def run(self, most_steps: int) -> Priced:
        self._most_steps = most_steps
        threshold = self._threshold
        # A high reward for little time first: good routes raise the threshold early.
        order = sorted(self._visits, key=lambda visit: (-visit.best / visit.minutes, visit.job))
        exact = True
        try:
            self._extend((), None, self._first_day, 0, [(visit, 0) for visit in order])
        except _OutOfSteps:
            exact = False
        most = max((reward for reward, _ in self._routes), default=threshold)
        if not exact:
            most = max(most, self._most(order))
        return Priced(self._routes, most, exact, self._steps)

    def _most(self, order: Sequence[Visit]) -> int:
        """Upper limit of the reward of any route: the knapsack of all jobs, with the first drive free of charge."""
        room = self._end - min(start_range.earliest for visit in order for start_range in visit.ranges)
        total = self._base
        rewards = [(max(start_range.reward for start_range in visit.ranges), visit) for visit in order]
        first = max(visit.minutes - visit.duration for visit in order)
        room += first
        for reward, visit in sorted(rewards, key=lambda pair: (-pair[0] / pair[1].minutes, pair[1].job)):
            if reward <= 0 or room <= 0:
                break
            total += reward if visit.minutes <= room else reward * room // visit.minutes + 1
            room -= visit.minutes
        return total

    def _extend(
        self, route: tuple[int, ...], last: Visit | None, day: int, reward: int, rest: list[tuple[Visit, int]]
    ) -> None:
        """Append each of the remaining jobs, which come with the earliest time after the drives from all others.

        `day` is that of the last job, or of the booking before.
        """
        legs = self._legs[last.site] if last else None
        for visit, ready in rest:
            travel = visit.price_before if legs is None else legs[visit.site].price * SCALE
            for start, number in starts_in(visit.ranges, ready, self._step, travel, day):
                self._steps += 1
                if self._steps > self._next_tick:
                    self._pause()
                chosen = visit.ranges[number]
                earned = reward + chosen.reward - (travel if chosen.day == day else 0)
                total = earned + self._base - (visit.price_after if chosen.day == self._last_day else 0)
                longer = (*route, visit.job)
                if total > self._threshold:
                    self._routes.append((total, longer))
                    if self._rising:
                        self._threshold = total
                self._go_on(longer, visit, chosen.day, start + visit.duration, earned, rest)

    def _pause(self) -> None:
        """End the search if its steps are spent. Else let `tick` raise whatever ends the run."""
        if self._steps > self._most_steps:
            raise _OutOfSteps
        self._tick()
        self._next_tick = min(self._most_steps, self._steps + STEPS_A_TICK)

    def _go_on(
        self, route: tuple[int, ...], last: Visit, day: int, end: int, reward: int, rest: list[tuple[Visit, int]]
    ) -> None:
        """Continue the route unless no continuation can pass the threshold."""
        legs = self._legs[last.site]
        following = []
        missing = self._threshold - reward - self._base
        for visit, ready in rest:
            if visit is last or end + visit.minutes - visit.duration > visit.latest:
                continue
            leg = legs.get(visit.site)
            if leg is None:
                continue
            arrival = end + leg.minutes
            if arrival <= ready:
                arrival = ready
            if arrival <= visit.latest:
                following.append((visit, arrival))
                if visit.best > 0:
                    missing -= visit.best
        if following and missing < 0 and self._may_pass(following, reward, self._end - end):
            self._extend(route, last, day, reward, following)

    def _may_pass(self, rest: list[tuple[Visit, int]], reward: int, room: int) -> bool:
        """Whether the fractional knapsack of the remaining jobs in the remaining minutes passes the threshold."""
        missing = self._threshold - reward - self._base
        for visit, _ in rest:
            if visit.best <= 0:
                break
            if visit.minutes >= room:
                return missing * visit.minutes < visit.best * room
            missing -= visit.best
            if missing < 0:
                return True
            room -= visit.minutes
        return missing < 0


def visits_of(
    network: Network,
    segment: int,
    charges: Mapping[int, int],
    charge_of_change: int,
    cheapest: Sequence[tuple[int, int]],
) -> list[Visit]:
    """Visits of the jobs in `charges`, the scaled charge of the duals for each.

    `cheapest` has the shortest minutes and the lowest price of any drive to a job. A drive from another day is free.
    """
    joined, visits = network.joined[segment], []
    for job, charge in charges.items():
        option = network.by_segment[segment][job]
        paid = network.worths[job] * SCALE - charge
        booked = network.booked[job]
        ranges = [
            RewardRange(earliest, latest, paid + value * SCALE - charge_of_change * (change - booked), change, day)
            for earliest, latest, value, change, day in option.ranges
        ]
        best = max(start_range.reward for start_range in ranges)
        minutes, price = cheapest[job]
        visits.append(
            Visit(
                job,
                network.sites[job],
                network.durations[job],
                max(start_range.latest for start_range in ranges),
                best if joined else best - price * SCALE,
                network.durations[job] + minutes,
                option.price_before * SCALE,
                option.price_after * SCALE,
                ranges,
            )
        )
    return visits
