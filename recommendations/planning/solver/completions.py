"""Upper limits of what the rest of a route can earn, by a dynamic program that forgets jobs.

A route in progress is reduced to its last job, the time at which that ends, and which of a few jobs it has been to.
Which ones are remembered depends on the last job. Routes of this relaxation can return to a job that they have
forgotten, so they are worth at least as much as the real ones. Where the best of them does, more is remembered (dynamic
ng-routes: Roberti and Mingozzi, Transportation Science 48, 2014).
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from recommendations.planning.solver.pricing import Visit
from recommendations.planning.solver.routes import SCALE, Network

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
# The jobs that a route remembers at a job.
Memory = dict[int, list[int]]

# A reward that no route can make good, minutes that no day has, and a day that no start has.
NEVER, FAR, UNKNOWN = -(2**60), 10**7, -(2**40)
# Entries of the table that take as long as one step of a search.
ENTRIES_A_STEP = 300
# Routes of the relaxation that are examined at a time.
MOST_TRACED = 6


class _Nodes(NamedTuple):
    """The start ranges of all visits as arrays; `visit` is the position of the visit."""

    visit: Ints
    earliest: Ints
    latest: Ints
    reward: Ints
    duration: Ints
    day: Ints


class Completions:
    """The most that a route can earn after one of the visits, less the price of the way to the end.

    A state is a visit with what is remembered there; `first[i]` is that of visit i when nothing is remembered. The day
    of the last visit follows from its end. Where two days are possible within a step, the way from it is free.
    """

    def __init__(self, network: Network, segment: int, visits: Sequence[Visit], memory: Memory) -> None:
        self._step, self._visits, self._memory = network.step, visits, memory
        ranges = [(number, each) for number, visit in enumerate(visits) for each in visit.ranges]
        self._nodes = _Nodes(
            np.array([number for number, _ in ranges], np.int64),
            np.array([each.earliest for _, each in ranges], np.int64),
            np.array([each.latest for _, each in ranges], np.int64),
            np.array([each.reward for _, each in ranges], np.int64),
            np.array([visits[number].duration for number, _ in ranges], np.int64),
            np.array([each.day for _, each in ranges], np.int64),
        )
        self._first_day, self._last_day = network.days[segment]
        self._begin = int(self._nodes.earliest.min()) // self._step * self._step
        self._slots = (max(visit.latest + visit.duration for visit in visits) - self._begin) // self._step + 1
        self._days = self._days_by_end() if network.joined[segment] else None
        self._minutes, self._prices = self._legs(network)
        position = {visit.job: number for number, visit in enumerate(visits)}
        self._remembered = [[position[job] for job in memory.get(visit.job, ()) if job in position] for visit in visits]
        self._owner = np.repeat(np.arange(len(visits)), [2 ** len(jobs) for jobs in self._remembered])
        self.first: list[int] = np.cumsum([0, *(2 ** len(jobs) for jobs in self._remembered)])[:-1].tolist()
        self._next, self._allowed = self._transitions()
        self._gains, self._ends = self._timed()
        self._most = self._filled()

    @staticmethod
    def possible(network: Network, visits: Sequence[Visit]) -> bool:
        """Whether each visit takes a step of the starts at least, so that the program ends."""
        return min(visit.duration for visit in visits) >= network.step

    @property
    def steps(self) -> int:
        """What the table cost, as steps of a search."""
        return self._slots * len(self._owner) * len(self._nodes.visit) // ENTRIES_A_STEP

    def states_after(self, state: int) -> list[int]:
        """The state at each visit when the route continues there."""
        states: list[int] = self._next[state].tolist()
        return states

    def most(self, state: int, end: int) -> int:
        """Upper limit for a route that is in this state when its last job ends at this time."""
        return int(self._most[(end - self._begin) // self._step, state])

    def remember_more(self, threshold: int, most_steps: int) -> bool:
        """Add to the memory what the best routes of the relaxation forgot. False if they forgot nothing.

        A table for what is then remembered takes this many steps at most.
        """
        states, entries = len(self._owner), most_steps * ENTRIES_A_STEP // (self._slots * len(self._nodes.visit))
        grown = False
        for route in self._best_routes(threshold):
            for job, between in _returns(route):
                for visit in between:
                    known = self._memory.setdefault(self._visits[visit].job, [])
                    added = 2 ** len(self._remembered[visit])
                    if self._visits[job].job not in known and states + added <= entries:
                        known.append(self._visits[job].job)
                        self._remembered[visit].append(job)
                        states += added
                        grown = True
        return grown

    def _best_routes(self, threshold: int) -> Iterator[list[int]]:
        """The best routes of the relaxation by their first visit, as far as they pass the threshold."""
        nodes = self._nodes
        ends = (nodes.earliest + nodes.duration - self._begin) // self._step
        before = np.array([visit.price_before for visit in self._visits], np.int64)[nodes.visit]
        before *= nodes.day == self._first_day
        states = np.array(self.first)[nodes.visit]
        limits = nodes.reward - before + self._most[ends, states]
        for number in np.argsort(-limits, kind="stable")[:MOST_TRACED].tolist():
            if limits[number] > threshold:
                yield self._traced(int(states[number]), int(ends[number]))

    def _traced(self, state: int, slot: int) -> list[int]:
        route = [int(self._owner[state])]
        while True:
            last, visits = route[-1], self._nodes.visit
            following, ends = self._next[state][visits], self._ends[slot, last]
            values = np.where(
                self._allowed[state][visits], self._most[ends, following] + self._gains[slot, last], NEVER
            )
            number = int(values.argmax())
            if values[number] < self._most[slot, state]:
                return route
            state, slot = int(following[number]), int(ends[number])
            route.append(int(visits[number]))

    def _legs(self, network: Network) -> tuple[Ints, Ints]:
        count = len(self._visits)
        minutes, prices = np.full((count, count), FAR, np.int64), np.zeros((count, count), np.int64)
        for origin, visit in enumerate(self._visits):
            legs = network.legs[visit.site]
            for target, other in enumerate(self._visits):
                leg = legs.get(other.site)
                if leg is not None and target != origin:
                    minutes[origin, target], prices[origin, target] = leg
        return minutes[:, self._nodes.visit], SCALE * prices[:, self._nodes.visit]

    def _days_by_end(self) -> Ints:
        """The day of each visit by the slot in which it ends, UNKNOWN if several are possible."""
        nodes = self._nodes
        days = np.full((self._slots, len(self._visits)), UNKNOWN, np.int64)
        seen = np.zeros(days.shape, np.bool_)
        firsts = (nodes.earliest + nodes.duration - self._begin) // self._step
        lasts = (nodes.latest + nodes.duration - self._begin) // self._step
        for visit, day, first, last in zip(nodes.visit, nodes.day, firsts, lasts, strict=True):
            slots = slice(first, last + 1)
            days[slots, visit] = np.where(seen[slots, visit] & (days[slots, visit] != day), UNKNOWN, day)
            seen[slots, visit] = True
        return days

    def _transitions(self) -> tuple[Ints, Flags]:
        """The next state by state and next visit, and whether the visit is neither the last one nor remembered."""
        visited = np.zeros((len(self._owner), len(self._visits)), np.bool_)
        for visit, jobs in enumerate(self._remembered):
            block = slice(self.first[visit], self.first[visit] + 2 ** len(jobs))
            visited[block, visit] = True
            for bit, job in enumerate(jobs):
                visited[block, job] = np.arange(2 ** len(jobs)) >> bit & 1
        following = np.tile(np.array(self.first, np.int64), (len(self._owner), 1))
        for visit, jobs in enumerate(self._remembered):
            for bit, job in enumerate(jobs):
                following[:, visit] += visited[:, job].astype(np.int64) << bit
        return following, ~visited

    def _timed(self) -> tuple[Ints, Ints]:
        """What the drive and the job at each node earn, by slot of the last end, visit and node; and the next end."""
        nodes, slots = self._nodes, np.arange(self._slots)[:, None, None]
        ready = self._begin + slots * self._step + self._minutes
        start = np.where(ready <= nodes.earliest, nodes.earliest, -(-ready // self._step) * self._step)
        fits = start <= nodes.latest
        ends = np.where(fits, (start + nodes.duration - self._begin) // self._step, self._slots - 1)
        prices = self._prices if self._days is None else self._prices * (self._days[:, :, None] == nodes.day)
        return np.where(fits, nodes.reward - prices, NEVER), ends

    def _filled(self) -> Ints:
        """The table by time in steps and state, from the last end backward."""
        states, visits = len(self._owner), self._nodes.visit
        after = np.tile(np.array([visit.price_after for visit in self._visits], np.int64), (self._slots, 1))
        if self._days is not None:
            after *= self._days == self._last_day
        table = np.ascontiguousarray(-after[:, self._owner])
        flat = table.reshape(-1)
        cells, barred = self._next[:, visits], np.where(self._allowed[:, visits], 0, NEVER)
        useful = [bool((gains > NEVER).any()) for gains in self._gains]
        for slot in range(self._slots - 1, -1, -1):
            if useful[slot]:
                values = flat[self._ends[slot][self._owner] * states + cells]
                values += self._gains[slot][self._owner]
                values += barred
                np.maximum(table[slot], values.max(axis=1), out=table[slot])
        return table


def _returns(route: Sequence[int]) -> Iterator[tuple[int, Sequence[int]]]:
    """Each job to which the route returns for the first time, with the visits between."""
    last: dict[int, int] = {}
    for position, visit in enumerate(route):
        if visit in last:
            yield visit, route[last[visit] + 1 : position]
        last[visit] = position
