"""Pricing of days with many short jobs: a best-first search, led by limits of what the rest of a route can earn."""

from collections.abc import Callable, Sequence
from heapq import heappop, heappush
from typing import NamedTuple

from recommendations.planning.solver.completions import Completions, Memory
from recommendations.planning.solver.pricing import Priced, Visit
from recommendations.planning.solver.routes import SCALE, Network, starts_in

# An extension of a route is as much work as two of the depth-first search.
STEPS = 2


class _Start(NamedTuple):
    """A route in progress: positions of its visits, its state, when its last job ends, its day and what it has earned.

    `rest` are the visits that can follow, with the earliest time after the drives from all before.
    """

    visits: tuple[int, ...]
    state: int
    end: int
    day: int
    earned: int
    rest: list[tuple[int, int]]


class LongRouteSearch:
    """Search in one segment, with the results of `RouteSearch`.

    The route with the highest limit is continued to its end before the next one, so that good routes are found early.
    When the steps are spent, the highest limit of what was not continued is the limit of all.
    """

    def __init__(
        self,
        network: Network,
        segment: int,
        visits: Sequence[Visit],
        threshold: int,
        memory: Memory,
        *,
        rising: bool,
        tick: Callable[[], None] = lambda: None,
    ) -> None:
        self._tick = tick
        self._legs, self._step = network.legs, network.step
        self._visits = visits
        self._segment = segment
        self._first_day, self._last_day = network.days[segment]
        self._base = network.problem.segments[segment].price * SCALE
        self._threshold, self._rising = threshold, rising
        self._network, self._memory = network, memory
        self._routes: list[tuple[int, tuple[int, ...]]] = []
        self._open: list[tuple[int, tuple[int, ...], _Start]] = []
        self._steps = 0

    def run(self, most_steps: int) -> Priced:
        self._completions = self._completed(most_steps)
        limit = self._steps + most_steps
        self._descend(_Start((), 0, 0, self._first_day, 0, [(position, 0) for position in range(len(self._visits))]))
        while self._open and -self._open[0][0] > self._threshold and self._steps <= limit:
            self._tick()
            self._descend(heappop(self._open)[2])
        most = max((reward for reward, _ in self._routes), default=self._threshold)
        exact = not self._open or -self._open[0][0] <= self._threshold
        if not exact:
            most = max(most, -self._open[0][0])
        return Priced(self._routes, most, exact, self._steps)

    def _completed(self, most_steps: int) -> Completions:
        """Limits that remember as much as these steps allow, if it helps."""
        while True:
            self._tick()
            completions = Completions(self._network, self._segment, self._visits, self._memory)
            self._steps += completions.steps
            rest = most_steps - self._steps
            if rest <= 0 or not completions.remember_more(self._threshold - self._base, rest):
                return completions

    def _descend(self, start: _Start | None) -> None:
        """Continue the route by the visit with the highest limit, again and again, and note the others."""
        while start is not None:
            best: tuple[int, tuple[int, ...], _Start] | None = None
            for entry in self._continued(start):
                if best is None or entry[:2] < best[:2]:
                    best, entry = entry, best
                if entry is not None and -entry[0] > self._threshold:
                    heappush(self._open, entry)
            start = best[2] if best is not None and -best[0] > self._threshold else None

    def _continued(self, start: _Start) -> list[tuple[int, tuple[int, ...], _Start]]:
        """The route with one more visit, whose limit passes the threshold, with the limit."""
        visits, legs = self._visits, self._legs[self._visits[start.visits[-1]].site] if start.visits else None
        states = self._completions.states_after(start.state) if start.visits else self._completions.first
        entries = []
        for position, ready in start.rest:
            visit = visits[position]
            travel = visit.price_before if legs is None else legs[visit.site].price * SCALE
            for begin, number in starts_in(visit.ranges, ready, self._step, travel, start.day):
                self._steps += STEPS
                chosen = visit.ranges[number]
                earned = start.earned + chosen.reward - (travel if chosen.day == start.day else 0)
                end = begin + visit.duration
                after = visit.price_after if chosen.day == self._last_day else 0
                self._note(earned - after + self._base, start.visits, position)
                most = earned + self._base + self._completions.most(states[position], end)
                if most > self._threshold:
                    longer = (*start.visits, position)
                    rest = self._rest(start, visit, end)
                    entries.append((-most, longer, _Start(longer, states[position], end, chosen.day, earned, rest)))
        return entries

    def _note(self, total: int, before: tuple[int, ...], position: int) -> None:
        if total > self._threshold:
            self._routes.append((total, tuple(self._visits[other].job for other in (*before, position))))
            if self._rising:
                self._threshold = total

    def _rest(self, start: _Start, last: Visit, end: int) -> list[tuple[int, int]]:
        legs = self._legs[last.site]
        rest = []
        for position, ready in start.rest:
            visit = self._visits[position]
            leg = legs.get(visit.site)
            if visit is last or leg is None:
                continue
            arrival = max(ready, end + leg.minutes)
            if arrival <= visit.latest:
                rest.append((position, arrival))
        return rest
