"""Local search: remove a few related jobs and insert them again, with simulated annealing.

After Ropke and Pisinger, "An adaptive large neighborhood search heuristic for the pickup and delivery problem with time
windows", Transportation Science 40 (2006), without the adaptive weights.
"""

import math
import random
from collections.abc import Callable, Iterable

from recommendations.planning.problem import Placement
from recommendations.planning.solver.insertion import Inserter
from recommendations.planning.solver.routes import Network, Route
from recommendations.planning.solver.schedule import Schedule

# Losses in ten-thousandths that are accepted with the probability 1/e at the first and the last move.
HOT, COLD = 400.0, 5.0
NOISE = 0.3
NEIGHBORS = 30
MOST_REMOVED = 12


class LocalSearch:
    """A schedule that improves move by move. `best` are the routes of the best schedule so far."""

    def __init__(self, network: Network, seed: int) -> None:
        self.network = network
        self._dice = random.Random(seed)  # noqa: S311
        self._inserter = Inserter(network, self._dice)
        self._neighbors: dict[int, list[int]] = {}
        self.schedule = Schedule(network)
        self.best: dict[int, Route] = {}
        self.worth = 0

    def construct(self) -> None:
        """Keep the existing bookings and insert all other jobs by regret."""
        self._keep_bookings()
        jobs = [job for job in range(len(self.network.by_job)) if job not in self.schedule.segment_of]
        self._inserter.insert(self.schedule, jobs, 0.0, {})
        self.best, self.worth = dict(self.schedule.routes), self.schedule.worth

    def begin_with(self, placements: Iterable[Placement]) -> None:
        """Go on from these placements if they are worth more than what was constructed. Those that do not fit go."""
        jobs: dict[int, list[int]] = {}
        for placement in sorted(placements, key=lambda placement: placement.start):
            jobs.setdefault(placement.segment, []).append(placement.job)
        routes = [self.network.route(segment, route) for segment, route in jobs.items()]
        schedule = Schedule(self.network, [route for route in routes if route is not None])
        limit = self.network.problem.max_changes
        if schedule.worth > self.worth and (limit is None or schedule.changes <= limit):
            self.schedule = schedule
            self.best, self.worth = dict(schedule.routes), schedule.worth

    def improve(self, moves: int, improved: Callable[[int], None]) -> None:
        """Make this many moves; `improved` is called with the number of the move after each one."""
        current = self.schedule.worth
        jobs = [job for job, options in enumerate(self.network.by_job) if options]
        if len(jobs) < 2:
            return
        for move in range(moves):
            journal: dict[int, Route | None] = {}
            temperature = HOT * (COLD / HOT) ** (move / moves)
            self._ruin_and_recreate(jobs, journal)
            if self._accepted(self.schedule.worth - current, temperature):
                current = self.schedule.worth
                if current > self.worth:
                    self.best, self.worth = dict(self.schedule.routes), current
            else:
                self.schedule.restore(journal)
            improved(move)

    def _keep_bookings(self) -> None:
        """Start from the existing bookings where they are: the ranges without a change."""
        for job, options in enumerate(self.network.by_job):
            if not self.network.booked[job]:
                continue
            kept = [
                option.segment for option in options if any(not start_range.change for start_range in option.ranges)
            ]
            for segment in kept[:1]:
                self._keep(job, segment)

    def _keep(self, job: int, segment: int) -> None:
        current = self.schedule.routes.get(segment)
        jobs = current.jobs if current else ()
        routes = (
            self.network.route(segment, (*jobs[:position], job, *jobs[position:])) for position in range(len(jobs) + 1)
        )
        unchanged = -sum(self.network.booked[other] for other in (*jobs, job))
        fitting = [route for route in routes if route is not None and route.changes == unchanged]
        if fitting:
            self.schedule.put(segment, max(fitting, key=lambda route: route.worth))

    def _accepted(self, gain: int, temperature: float) -> bool:
        limit = self.network.problem.max_changes
        if limit is not None and self.schedule.changes > limit:
            return False
        return gain >= 0 or self._dice.random() < math.exp(gain / temperature)

    def _ruin_and_recreate(self, jobs: list[int], journal: dict[int, Route | None]) -> None:
        left_out = [job for job in jobs if job not in self.schedule.segment_of]
        around = self._dice.choice(left_out if left_out and self._dice.random() < 0.3 else jobs)
        removed = self._related(jobs, around)
        for job in removed:
            self._remove(job, journal)
        self._inserter.insert(self.schedule, [*removed, *left_out], NOISE, journal)

    def _related(self, jobs: list[int], around: int) -> list[int]:
        """Some planned jobs: near this one, of the same contractors, or any."""
        count = self._dice.randint(2, max(3, min(MOST_REMOVED, len(jobs) // 3)))
        way = self._dice.random()
        if way < 0.45:
            pool = self._near(around)[: 2 * count]
        elif way < 0.8:
            pool = self._rivals(around)
        else:
            pool = jobs
        chosen = [around, *self._dice.sample(pool, min(count, len(pool)))]
        return [job for job in dict.fromkeys(chosen) if job in self.schedule.segment_of]

    def _near(self, job: int) -> list[int]:
        """Nearest other jobs by the price of the drive."""
        if job not in self._neighbors:
            legs = self.network.legs[self.network.sites[job]]
            others = [
                (legs[site].price, other)
                for other, site in enumerate(self.network.sites)
                if other != job and site in legs
            ]
            self._neighbors[job] = [other for _, other in sorted(others)[:NEIGHBORS]]
        return self._neighbors[job]

    def _rivals(self, job: int) -> list[int]:
        """Jobs that occupy the best segments of this one."""
        segments = [segment for segment, _ in self._inserter.candidates[job][:25]]
        routes = [self.schedule.routes[segment] for segment in segments if segment in self.schedule.routes]
        return [other for route in routes for other in route.jobs if other != job]

    def _remove(self, job: int, journal: dict[int, Route | None]) -> None:
        segment = self.schedule.segment_of[job]
        route = self.schedule.routes[segment]
        jobs = [other for other in route.jobs if other != job]
        shorter = self.network.route(segment, jobs) if jobs else None
        journal.setdefault(segment, self.schedule.put(segment, shorter))
