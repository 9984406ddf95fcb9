"""The geometry of a search: which distances and ratings can reach a bound. Pure.

A bound is an upper limit of a score, in ten-thousandths, here as a real number. The score of a contractor with rating r
(0–5) at m miles is at most

    w_a × (best availability) + w_r × r / 5 + w_d × max(0, 1 − m / max_miles)

So for each bound and band of ratings there is a distance within which contractors can reach the bound. Beyond
`max_miles` the distance part is 0, and only a rating decides.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from assignments.scoring import availability_part, rating_part
from contractors.spatial_index import Region, regions
from recommendations.search.density import Density, bound_of
from recommendations.search.query import RankingQuery
from smartscheduler.core.geo.blur import places_are_blurred
from smartscheduler.core.geo.bounding_boxes import boxes_around
from smartscheduler.places import Point
from smartscheduler.rules.values import UNIT

# Miles. Contractors with a larger service radius are also in an index by rating (contractors.models).
LOCAL_MILES = 50.0
# Ten-thousandths of a score. Margin for rounding: bounds are floats computed by SQL, scores are integers of Python.
SLACK = 2.0
# Number of nearest contractors per region from which the first bound is estimated.
SAMPLE_OF_A_REGION = 3
# Miles. Smallest radius of a density: three contractors at one address do not make a dense region.
NEAREST_MILES = 0.25
# Rows. Limit on the estimated rows that the first page reads, even if few of them are eligible.
FIRST_LOOKED_AT = 1_000
# Fraction of the rating weight: the first step below the bound at which distance no longer matters.
SMALL_STEP = 0.01
# Ten-thousandths of a score, below the bound of every contractor.
LOWEST_BOUND = -1.0


class Sampled(NamedTuple):
    """One of the nearest contractors of a region: miles, and its bound without the distance part.

    `parts` is None if the contractor is not eligible.
    """

    region: int
    miles: float
    parts: float | None


class ScoreBounds:
    """Conversions between bounds, distances and ratings for one search."""

    def __init__(self, search: RankingQuery) -> None:
        self.search = search
        availability, rating, self.distance = (float(weight) for weight in search.weights)
        self.rating = rating
        self.best_availability = availability * availability_part(search.first_open_offset) / UNIT
        self.reach = max(LOCAL_MILES, search.max_miles)
        self.regions = list(regions(search.request.type))

    @property
    def top(self) -> float:
        """The bound of a contractor with 5 stars at the site."""
        return self.best_availability + self.rating + self.distance

    @property
    def top_far_away(self) -> float:
        """The bound of a contractor with 5 stars so far away that the distance part is 0."""
        return self.best_availability + self.rating

    def boxes(self, bound: float) -> Iterator[str]:
        """The boxes on the plane of the spatial index that hold all contractors within reach who can have that bound.

        In PostgreSQL's notation; one or two for each region.
        """
        for region in self.regions:
            miles = self._miles(region, bound)
            if miles is not None:
                for box in boxes_around(self.search.request.point, miles):
                    south, north, west, east = box.of_cells if places_are_blurred() else box
                    yield f"({west + region.east},{south}),({east + region.east},{north})"

    def half_sides(self) -> tuple[float, float]:
        """Half the height and width, in degrees, of a rectangle around the site that covers the reach."""
        (south, north, west, east), *_ = boxes_around(Point(self.search.request.point.latitude, 0.0), self.reach)
        return (north - south) / 2, (east - west) / 2

    def _miles(self, region: Region, bound: float) -> float | None:
        """The miles within which a contractor of the region can have that bound; None if not even at the site."""
        spare = self._top(region) - bound
        if spare < 0:
            return None
        return self.reach if spare >= self.distance else min(self.reach, self.search.max_miles * spare / self.distance)

    def _top(self, region: Region) -> float:
        """The bound of the best contractor of a region at the site."""
        return self.best_availability + self.rating * rating_part(region.top_rating) / UNIT + self.distance

    def far_rating(self, bound: float) -> float | None:
        """The rating (0–5) that a contractor out of reach needs for that bound; None if no rating suffices."""
        missing = bound - self.best_availability
        if missing > self.rating:
            return None
        return max(0.0, 5 * missing / self.rating - 0.001) if self.rating else 0.0

    def first_bound(self, sample: Sequence[Sampled], count: int) -> float:
        """An estimate of the bound that `count` contenders reach, from a sample of the nearest of each region.

        It affects the speed, not the result: the search continues below it if needed.
        """
        eligible, everyone = self._densities(sample)
        bound = bound_of(eligible, count)
        lowest = bound_of(everyone, FIRST_LOOKED_AT)
        bound = self.top - 0.1 * UNIT if bound is None else min(bound, self.top)
        return self._stop_before_far_away(self.top, bound if lowest is None else max(bound, lowest))

    def _densities(self, sample: Sequence[Sampled]) -> tuple[list[Density], list[Density]]:
        """The densities of the eligible contractors, and of all contractors."""
        tops = [self._top(region) for region in self.regions]
        by_region: dict[int, list[Sampled]] = defaultdict(list)
        for sampled in sample:
            by_region[sampled.region].append(sampled)
        miles_per_unit = self.search.max_miles / max(self.distance, 1.0)
        eligible, everyone = [], []
        for region, members in by_region.items():
            # Fewer than requested: these are all contractors of the region within reach.
            is_complete = len(members) < SAMPLE_OF_A_REGION
            radius = self.reach if is_complete else max(NEAREST_MILES, *(member.miles for member in members))
            # Contractors per squared unit of bound, for one contractor in a circle of this radius.
            weight = (miles_per_unit / radius) ** 2
            eligible += [
                Density(member.parts + self.distance, weight) for member in members if member.parts is not None
            ]
            everyone.append(Density(tops[region - 1], len(members) * weight))
        return eligible, everyone

    def next_bound(self, bound: float, reached: int, count: int) -> float:
        """The next lower bound, after `reached` of the `count` expected contenders reached `bound`."""
        # The number of contractors grows with the square of the distance, but only linearly with the range of ratings.
        # Steps that find too few contenders therefore grow faster where only the rating decides.
        if bound > self.top_far_away:
            start, growth = self.top, min(4.0, max(1.5, (count / (reached + 1)) ** (1 / 3)))
        else:
            start, growth = self.top_far_away, min(8.0, max(2.0, count / (reached + 1)))
        lower = start - max(start - bound, 0.01 * UNIT) * growth
        lower = self._stop_before_far_away(bound, lower)
        return lower if lower > 0 else LOWEST_BOUND

    def _stop_before_far_away(self, bound: float, lower: float) -> float:
        """`lower`, but a step from `bound` ends just below `top_far_away`.

        Below it, contractors at any distance count. They may be many, so the first step among them is a small one.
        """
        limit = self.top_far_away - SMALL_STEP * self.rating
        return limit if bound > limit > lower else lower
