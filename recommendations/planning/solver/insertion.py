"""Regret insertion: the job that would lose most by waiting is placed next, where it gains most."""

import random
from collections.abc import Iterable
from typing import NamedTuple

from recommendations.planning.solver.routes import Network, Route
from recommendations.planning.solver.schedule import Schedule

# Options of a job that are tried, best first.
CANDIDATES = 80
NOWHERE = -(10**12)


class Chance(NamedTuple):
    """Best insertion of a job, and what the second best one gains."""

    gain: int
    second: int
    route: Route | None


class Inserter:
    """Inserts jobs into a schedule. Routes are computed once for each job and each content of a segment."""

    def __init__(self, network: Network, dice: random.Random) -> None:
        self.network = network
        self._dice = dice
        self.candidates = [
            [
                (option.segment, network.worths[job] + max(start_range.value for start_range in option.ranges))
                for option in options[:CANDIDATES]
            ]
            for job, options in enumerate(network.by_job)
        ]
        for candidates in self.candidates:
            candidates.sort(key=lambda candidate: (-candidate[1], candidate[0]))
        self._segments = [{segment for segment, _ in candidates} for candidates in self.candidates]
        self._known: list[dict[int, tuple[Route | None, Route | None]]] = [{} for _ in network.by_job]

    def insert(self, schedule: Schedule, jobs: Iterable[int], noise: float, journal: dict[int, Route | None]) -> None:
        """Insert those of the jobs that add worth; the journal gets the previous route of each changed segment."""
        chances = {job: self._chance(schedule, job) for job in jobs}
        while chances:
            job = self._most_urgent(chances, noise)
            route = chances.pop(job).route
            if route is None:
                return
            previous = schedule.put(route.segment, route)
            journal.setdefault(route.segment, previous)
            contractor = self.network.contractors[route.segment]
            for other, chance in chances.items():
                if route.segment in self._segments[other] or self._concerns(chance, contractor):
                    chances[other] = self._chance(schedule, other)

    def _most_urgent(self, chances: dict[int, Chance], noise: float) -> int:
        """The job with the largest regret; with noise, sometimes another one."""
        best, chosen = float(NOWHERE) * 2, -1
        for job, chance in chances.items():
            regret: float = NOWHERE if chance.route is None else chance.gain - max(0, chance.second)
            if noise and chance.route is not None:
                regret *= 1 + noise * self._dice.random()
            if regret > best:
                best, chosen = regret, job
        return chosen

    def _concerns(self, chance: Chance, contractor: int) -> bool:
        return chance.route is not None and self.network.contractors[chance.route.segment] == contractor

    def _chance(self, schedule: Schedule, job: int) -> Chance:
        gain = second = 0
        best: Route | None = None
        fairness, limit = self.network.problem.fairness, self.network.problem.max_changes
        new = not self.network.booked[job]
        for segment, most in self.candidates[job]:
            if most <= second:
                break
            current = schedule.routes.get(segment)
            route = self._inserted(job, segment, current)
            if route is None:
                continue
            worth = route.worth - (current.worth if current else 0)
            if new and fairness:
                worth -= fairness * schedule.new.get(self.network.contractors[segment], 0)
            if worth <= second or (limit is not None and not self._may_change(schedule, limit, route, current)):
                continue
            if worth > gain:
                gain, second, best = worth, gain, route
            else:
                second = worth
        return Chance(gain, second, best)

    def _may_change(self, schedule: Schedule, limit: int, route: Route, current: Route | None) -> bool:
        added = route.changes - (current.changes if current else 0)
        return added <= 0 or schedule.changes + added <= limit

    def _inserted(self, job: int, segment: int, current: Route | None) -> Route | None:
        """The route of the segment with the job at its best position."""
        known = self._known[job].get(segment)
        if known is not None and known[0] is current:
            return known[1]
        jobs = current.jobs if current else ()
        best: Route | None = None
        for position in range(len(jobs) + 1):
            route = self.network.route(segment, (*jobs[:position], job, *jobs[position:]))
            if route is not None and (best is None or route.worth > best.worth):
                best = route
        self._known[job][segment] = current, best
        return best
