"""A schedule under construction: one route for each used segment, with the running totals of the objective."""

from collections.abc import Iterable, Mapping

from recommendations.planning.problem import Placement
from recommendations.planning.solver.routes import Network, Route


class Schedule:
    """Routes by segment. `worth` is exact at any time; `changes` counts changed and left-out bookings."""

    def __init__(self, network: Network, routes: Iterable[Route] = ()) -> None:
        self.network = network
        self.routes: dict[int, Route] = {}
        self.segment_of: dict[int, int] = {}
        self.new: dict[int, int] = {}
        self.worth = 0
        self.changes = sum(network.booked)
        for route in routes:
            self.put(route.segment, route)

    def put(self, segment: int, route: Route | None) -> Route | None:
        """Replace the route of the segment, None for no route. Returns the previous one."""
        previous = self.routes.pop(segment, None)
        before = after = 0
        if previous is not None:
            self.worth -= previous.worth
            self.changes -= previous.changes
            before = previous.new
            for job in previous.jobs:
                del self.segment_of[job]
        if route is not None:
            self.routes[segment] = route
            self.worth += route.worth
            self.changes += route.changes
            after = route.new
            for job in route.jobs:
                self.segment_of[job] = segment
        self._count(self.network.contractors[segment], after - before)
        return previous

    def _count(self, contractor: int, added: int) -> None:
        if added:
            count = self.new.get(contractor, 0)
            self.worth -= self.fairness(count + added) - self.fairness(count)
            self.new[contractor] = count + added

    def fairness(self, count: int) -> int:
        return self.network.problem.fairness * count * (count - 1) // 2

    def restore(self, journal: Mapping[int, Route | None]) -> None:
        """Put back the routes of a journal, whose segments may have exchanged jobs."""
        for segment in journal:
            self.put(segment, None)
        for segment, route in journal.items():
            self.put(segment, route)

    def placements(self) -> list[Placement]:
        return sorted(placement for route in self.routes.values() for placement in route.placements())
