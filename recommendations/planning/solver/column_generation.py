"""Column generation: the best schedule of one connected part, with a bound that is true.

    routes of the local search ─▶ linear program ─▶ charges ─▶ pricing: routes that pay more than their charges
                                       ▲                                        │ some: add them
                                       └────────────────────────────────────────┘
                                                                                │ none: the bound is found
    integer program over the routes so far ─▶ list every route that a better schedule could contain ─▶ again

A segment with many short jobs is priced by a best-first search with limits of a dynamic program (`long_routes`).

The bound is the Lagrangian one: whatever the charges, no schedule is worth more than all charges together plus what the
best route of each segment pays above them. Charges are rounded to whole numbers first, so it holds without tolerance.
A schedule that beats the best known one contains no route that falls short of the bound by more than the gap. Where
those routes are few enough to list, the integer program over them is exact (Baldacci, Christofides and Mingozzi,
Mathematical Programming 115, 2008).
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from recommendations.planning.solver.completions import Completions, Memory
from recommendations.planning.solver.detours import savings
from recommendations.planning.solver.effort import Effort
from recommendations.planning.solver.long_routes import LongRouteSearch
from recommendations.planning.solver.packing import Duals, Packing
from recommendations.planning.solver.pricing import Priced, RouteSearch, visits_of
from recommendations.planning.solver.progress import Monitor, Phase
from recommendations.planning.solver.routes import SCALE, Network, Route
from recommendations.planning.solver.schedule import Schedule

Ints = NDArray[np.int64]

# Options of each job that begin as routes of their own; routes added after one linear program.
SINGLES = 10
MOST_ADDED = 3_000
# Routes of a segment that are added after one linear program.
MOST_OF_A_SEGMENT = 12
# How much more work than others a segment of long routes may take, to find the best one and to list many.
LONGER, LONGEST = 4, 16
# The first and the last part of the gap by which routes fall short that are listed where routes are long.
FIRST_PART, LAST_PART = 8, 64


class Pricing(NamedTuple):
    """Result of pricing all segments: routes by segment with their rewards, and the bound that follows, scaled.

    `shares` is what each segment contributes to the bound.
    """

    routes: list[tuple[int, int, tuple[int, ...]]]
    bound: int
    shares: Ints
    exact: bool


NEVER = -(2**60)


class OptionTable:
    """The options of a part as arrays, sorted by segment, to find quickly where a route could pay."""

    def __init__(self, network: Network) -> None:
        self.network = network
        options = [option for options in network.by_segment for option in options.values()]
        self.job = np.array([option.job for option in options], np.int64)
        self.segment = np.array([option.segment for option in options], np.int64)
        self.contractor = np.array(network.contractors, np.int64)[self.segment]
        self.new = np.array([not network.booked[option.job] for option in options], np.int64)
        self.cheapest = _cheapest_legs(network)
        prices = np.array([price for _, price in self.cheapest], np.int64)[self.job]
        self.toll = SCALE * np.minimum(prices, np.array([option.price_before for option in options], np.int64))
        joined = np.array(network.joined, np.bool_)
        self.toll[joined[self.segment]] = 0
        self._first_range = np.cumsum([0, *(len(option.ranges) for option in options[:-1])])
        self._gross = np.array([SCALE * (network.worths[o.job] + r.value) for o in options for r in o.ranges], np.int64)
        self._change = np.array([r.change - network.booked[o.job] for o in options for r in o.ranges], np.int64)
        self._starts = np.flatnonzero(np.diff(self.segment, prepend=-1))
        self.used = self.segment[self._starts]
        self._detour = -SCALE * savings(network)
        after = np.array([option.price_after for option in options], np.int64)
        prices = np.array([segment.price for segment in network.problem.segments], np.int64)[self.used]
        least_after = np.where(joined[self.used], 0, np.minimum.reduceat(after, self._starts))
        self._excess = SCALE * (prices - least_after)

    def rewards(self, duals: Duals, slack: int) -> tuple[Ints, NDArray[np.bool_]]:
        """Upper limit of the reward of any route by used segment, and the options that a route may contain.

        Options are left out if every route with them is more than `slack` below the best route of its segment.
        """
        paid = np.maximum.reduceat(self._gross - duals.change * self._change, self._first_range)
        reward = paid - duals.jobs[self.job] - duals.contractors[self.contractor] * self.new
        included = reward > self._detour - slack
        limits = np.add.reduceat(np.maximum(reward - self.toll, 0), self._starts) + self._excess
        return np.where(np.add.reduceat(included, self._starts, dtype=np.int64) > 0, limits, NEVER), included

    def jobs_of(self, place: int, included: NDArray[np.bool_]) -> list[int]:
        """Jobs of the included options of the used segment at this place."""
        begin = self._starts[place]
        end = self._starts[place + 1] if place + 1 < len(self._starts) else len(self.job)
        jobs: list[int] = self.job[begin:end][included[begin:end]].tolist()
        return jobs


def _cheapest_legs(network: Network) -> list[tuple[int, int]]:
    """Shortest minutes and lowest price of any drive from another job's site to each job."""
    sites = set(network.sites)
    fewest: dict[int, tuple[int, int]] = {}
    for site in sorted(sites):
        for target, leg in network.legs[site].items():
            minutes, price = fewest.get(target, (leg.minutes, leg.price))
            fewest[target] = min(minutes, leg.minutes), min(price, leg.price)
    return [fewest.get(site, (0, 0)) for site in network.sites]


class ColumnGeneration:
    """Improves `best`, a list of routes, and lowers `bound` until they meet or the effort is spent."""

    def __init__(self, network: Network, effort: Effort, monitor: Monitor, start: Sequence[Route]) -> None:
        self.network, self.effort, self.monitor = network, effort, monitor
        self.best = list(start)
        schedule = Schedule(network, start)
        self.worth = schedule.worth
        limit = network.problem.max_changes
        self.most_changes = None if limit is None else max(limit, schedule.changes)
        self.bound: int | None = None
        self.limit = "rounds"
        self.statistics = {"rounds": 0, "steps": 0, "routes": 0, "listed": 0}
        self._beyond = [
            (number, job.worth + job.beyond)
            for number, job in enumerate(network.problem.jobs)
            if job.beyond is not None
        ]
        self._known: dict[tuple[int, frozenset[int], int], Route] = {}
        self._steps_a_segment = effort.steps_a_segment // 10
        self._memory: dict[int, Memory] = {}

    def run(self) -> None:
        self._table = OptionTable(self.network)
        self._lowest: tuple[Duals, Pricing] | None = None
        packing = self._packing(self._new_routes(self._first_routes()))
        self._relax(packing)
        if self._lowest is None or self.proven:
            return
        self._select(self._worth_keeping(self._known.values(), *self._lowest, self._gap(self._lowest[1])))
        if not self.proven:
            self._prove(*self._lowest)

    @property
    def proven(self) -> bool:
        return self.bound is not None and self.bound <= self.worth

    def _packing(self, routes: Iterable[Route], *, beyond: bool = True) -> Packing:
        packing = Packing(self.network, self.most_changes, self._beyond if beyond else (), self.monitor.poll)
        packing.add(routes)
        return packing

    def _first_routes(self) -> Iterator[Route]:
        yield from self.best
        for options in self.network.by_job:
            for option in options[:SINGLES]:
                route = self.network.route(option.segment, (option.job,))
                if route is not None:
                    yield route

    def _new_routes(self, routes: Iterable[Route]) -> list[Route]:
        """Those that are worth more than any other of the same segment, jobs and changes."""
        new: dict[tuple[int, frozenset[int], int], Route] = {}
        for route in routes:
            key = route.segment, frozenset(route.jobs), route.changes
            known = self._known.get(key)
            if known is None or route.worth > known.worth:
                self._known[key] = new[key] = route
        return list(new.values())

    def _relax(self, packing: Packing) -> None:
        """Alternate linear programs and pricing until no route pays, or the effort is spent."""
        for number in range(self.effort.rounds):
            self.monitor.phase(Phase.PRICING, 0.1 + 0.5 * number / self.effort.rounds)
            duals = packing.relaxation()
            self.monitor.tick()
            if duals is None:
                return
            self.statistics["rounds"] += 1
            pricing = self._price(duals, duals.segments)
            self._note(duals, pricing)
            if self.proven or self.statistics["steps"] > self.effort.steps:
                return
            pricing.routes.sort(key=lambda priced: (-priced[0], priced[1:]))
            routes = self._new_routes(self._timed(pricing.routes[:MOST_ADDED], duals))
            if not routes and (pricing.exact or not self._look_deeper()):
                return
            packing.add(routes)

    def _look_deeper(self) -> bool:
        """Give pricing more steps a segment, up to the limit of the effort."""
        deeper = self._steps_a_segment < self.effort.steps_a_segment
        self._steps_a_segment = self.effort.steps_a_segment
        return deeper

    def _note(self, duals: Duals, pricing: Pricing) -> None:
        if self._lowest is None or pricing.bound < self._lowest[1].bound:
            self._lowest = duals, pricing
            self.bound = max(self.worth, pricing.bound // SCALE)

    def _price(self, duals: Duals, thresholds: Ints, slack: int = 0, most_routes: int = 10**9) -> Pricing:
        """Routes that pay more than the threshold of their segment: the best of each, or with `slack` all of them.

        `slack` is how far the thresholds are below the best routes. The bound has a meaning without it only.
        """
        table, rising = self._table, not slack
        limits, included = table.rewards(duals, slack)
        shares = np.zeros(len(thresholds), np.int64)
        shares[table.used] = np.clip(limits, 0, np.maximum(thresholds[table.used], 0))
        exact, routes = True, []
        for place in np.flatnonzero(limits > thresholds[table.used]).tolist():
            segment = int(table.used[place])
            priced = self._search(segment, table.jobs_of(place, included), duals, int(thresholds[segment]), rising)
            shares[segment] = max(0, priced.most)
            exact = exact and priced.exact
            best = priced.routes[-MOST_OF_A_SEGMENT:] if rising else priced.routes
            routes += [(reward - int(thresholds[segment]), segment, jobs) for reward, jobs in best]
            if len(routes) > most_routes:
                exact = False
                break
        return Pricing(routes, self._constant(duals) + int(shares.sum()), shares, exact)

    def _search(self, segment: int, jobs: Sequence[int], duals: Duals, threshold: int, rising: bool) -> Priced:
        contractor = int(duals.contractors[self.network.contractors[segment]])
        booked = self.network.booked
        charges = {job: int(duals.jobs[job]) + (0 if booked[job] else contractor) for job in jobs}
        visits = visits_of(self.network, segment, charges, duals.change, self._table.cheapest)
        tick = self.monitor.tick
        tick()
        if segment not in self._memory:
            first = RouteSearch(self.network, segment, visits, threshold, rising=rising, tick=tick)
            priced = first.run(self._steps_a_segment)
            self.statistics["steps"] += priced.steps
            if priced.exact or not Completions.possible(self.network, visits):
                return priced
            self._memory[segment] = {}
        memory = self._memory[segment]
        search = LongRouteSearch(self.network, segment, visits, threshold, memory, rising=rising, tick=tick)
        priced = search.run((LONGER if rising else LONGEST) * self._steps_a_segment)
        self.statistics["steps"] += priced.steps
        return priced

    def _constant(self, duals: Duals) -> int:
        """Charges of all jobs, of the changes and of the fairness levels: the bound without the segments."""
        total = int(duals.jobs.sum())
        step = SCALE * self.network.problem.fairness
        for charge in duals.contractors[duals.contractors > 0].tolist():
            levels = -(-charge // step)
            total += levels * charge - step * levels * (levels - 1) // 2
        if self.most_changes is not None:
            total += duals.change * (self.most_changes - sum(self.network.booked))
        return total

    def _timed(self, routes: Iterable[tuple[int, int, tuple[int, ...]]], duals: Duals) -> Iterator[Route]:
        for _, segment, jobs in routes:
            route = self.network.route(segment, jobs, duals.change)
            if route is not None:
                yield route

    def _worth_keeping(self, routes: Iterable[Route], duals: Duals, pricing: Pricing, slack: int) -> list[Route]:
        """Routes that fall short of the best of their segment by `slack` at most, and those of the best schedule."""
        kept = list(self.best)
        members = {id(route) for route in kept}
        for route in routes:
            contractor = self.network.contractors[route.segment]
            reward = SCALE * route.worth - int(duals.jobs[list(route.jobs)].sum())
            reward -= route.new * int(duals.contractors[contractor]) + route.changes * duals.change
            if id(route) not in members and reward >= int(pricing.shares[route.segment]) - slack:
                kept.append(route)
        return kept

    def _select(self, routes: Sequence[Route]) -> float | None:
        """Solve the integer program over the routes; keep what it finds. Returns its bound, None if interrupted."""
        self.monitor.phase(Phase.PROOF, 0.7)
        packing = self._packing(routes, beyond=False)
        self.statistics["routes"] = max(self.statistics["routes"], len(routes))
        selection = packing.selection(self.best, self.effort.branches)
        schedule = Schedule(self.network, selection.routes)
        if schedule.worth > self.worth and self._allowed(schedule):
            self.best, self.worth = selection.routes, schedule.worth
            self.bound = None if self.bound is None else max(self.bound, self.worth)
            self.monitor.improved()
        self.monitor.tick()
        if selection.proven:
            return float(self.worth)
        return selection.bound if np.isfinite(selection.bound) else None

    def _allowed(self, schedule: Schedule) -> bool:
        return self.most_changes is None or schedule.changes <= self.most_changes

    def _prove(self, duals: Duals, pricing: Pricing) -> None:
        """List the routes that a better schedule could contain and solve the integer program over them.

        If they are too many, only those are listed that fall short of the best of their segment by less.
        """
        self.monitor.phase(Phase.PROOF, 0.8)
        self._steps_a_segment = self.effort.steps_a_segment
        gap = self._gap(pricing)
        slack, self.limit = -(-gap // FIRST_PART) if self._memory else gap, "routes"
        while slack * LAST_PART >= gap and self.statistics["steps"] < 2 * self.effort.steps:
            routes = self._listed(duals, pricing, slack)
            if routes is None and self.statistics["listed"]:
                return
            if routes is None:
                slack //= 2
                continue
            self.statistics["listed"] = len(routes)
            self._settle(duals, pricing, routes, slack)
            if self._gap(pricing) <= slack:
                return
            slack = self._gap(pricing)

    def _settle(self, duals: Duals, pricing: Pricing, routes: Sequence[Route], slack: int) -> None:
        """Solve the integer program over all routes that fall short by `slack` at most, and lower the bound.

        A schedule with another route is worth at most the bound less that.
        """
        gap = self._gap(pricing)
        bound = self._select(routes)
        if bound is None or self.bound is None:
            return
        proven, omitted = max(self.worth, int(np.floor(bound + 0.5))), max(self._omitted(duals, pricing, gap))
        unlisted = (pricing.bound - slack - 1) // SCALE if slack < self._gap(pricing) else self.worth
        self.bound = min(self.bound, max(proven, omitted, unlisted))
        if max(proven, omitted) >= unlisted:
            self.limit = "branches" if proven >= omitted else "options"

    def _gap(self, pricing: Pricing) -> int:
        """How far a route of a better schedule can fall short of the best one of its segment, scaled."""
        return pricing.bound - SCALE * (self.worth + 1)

    def _listed(self, duals: Duals, pricing: Pricing, slack: int) -> list[Route] | None:
        """All routes that fall short by `slack` at most; None if they are too many or the steps are spent."""
        listed = self._price(duals, pricing.shares - slack - 1, slack + 1, self.effort.routes * 4)
        if not listed.exact:
            return None
        self._new_routes(route for _, segment, jobs in listed.routes for route in self.network.variants(segment, jobs))
        routes = self._worth_keeping(self._known.values(), duals, pricing, slack)
        return routes if len(routes) <= self.effort.routes else None

    def _omitted(self, duals: Duals, pricing: Pricing, gap: int) -> Iterator[int]:
        """Bounds of the schedules that use an option which the snapshot omitted, where they could be better."""
        yield self.worth
        for job, worth in self._beyond:
            lost = int(duals.jobs[job]) - SCALE * worth
            if lost <= gap:
                yield (pricing.bound - max(0, lost)) // SCALE
