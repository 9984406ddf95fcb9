"""How far a search has to look: from a score to distances and ratings, and back. Pure.

A bound is a score in ten-thousandths, here as a real number. Somebody of rating r at m miles cannot pass

    w_a × (best availability) + w_r × r / 5 + w_d × max(0, 1 − m / max_miles)

so for a bound there is a distance within which each band of ratings can reach it, and, once the distance
part counts for nothing, a rating that is needed.
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

# Who travels farther than this is kept in an index of their own (contractors.models).
LOCAL_MILES = 50.0
# Floats and roundings: bounds are real numbers of SQL, scores are whole ten-thousandths of Python.
SLACK = 2.0
# How many of the nearest of each region are looked at to judge how far to look.
SAMPLE_OF_A_REGION = 3
# Three at one spot are not yet a crowd.
NEAREST_MILES = 0.25
# About so many rows are looked at for the first page, however few of them may come.
FIRST_LOOKED_AT = 1_000
# The first step among those whom distance no longer sets apart, as a part of what ratings weigh.
SMALL_STEP = 0.01
# Nobody's bound is lower.
EVERYBODY = -1.0


class Sampled(NamedTuple):
    """One of the nearest of a region: miles, and its bound without the distance part; None when a rule keeps it out."""

    region: int
    miles: float
    parts: float | None


class ScoreBounds:
    """The geometry of one search."""

    def __init__(self, search: RankingQuery) -> None:
        self.search = search
        availability, rating, self.distance = (float(weight) for weight in search.weights)
        self.rating = rating
        self.best_availability = availability * availability_part(search.days_gone) / UNIT
        self.reach = max(LOCAL_MILES, search.max_miles)
        self.regions = list(regions(search.request.type))

    @property
    def top(self) -> float:
        """The bound of somebody perfect at the site."""
        return self.best_availability + self.rating + self.distance

    @property
    def top_far_away(self) -> float:
        """The same for somebody so far away that the distance part is 0."""
        return self.best_availability + self.rating

    def boxes(self, bound: float) -> Iterator[str]:
        """The rectangles of the plane outside which nobody within reach has that bound, as PostgreSQL writes boxes."""
        for region in self.regions:
            miles = self._miles(region, bound)
            if miles is not None:
                for box in boxes_around(self.search.request.point, miles):
                    south, north, west, east = box.of_cells if places_are_blurred() else box
                    yield f"({west + region.east},{south}),({east + region.east},{north})"

    def half_sides(self) -> tuple[float, float]:
        """Height and width in degrees from the site to the sides of a rectangle that holds about all within reach."""
        (south, north, west, east), *_ = boxes_around(Point(self.search.request.point.latitude, 0.0), self.reach)
        return (north - south) / 2, (east - west) / 2

    def _miles(self, region: Region, bound: float) -> float | None:
        """How near somebody of the region must be to have that bound; None when not even at the site."""
        spare = self._top(region) - bound
        if spare < 0:
            return None
        return self.reach if spare >= self.distance else min(self.reach, self.search.max_miles * spare / self.distance)

    def _top(self, region: Region) -> float:
        """The bound of the best of a region at the site."""
        return self.best_availability + self.rating * rating_part(region.top_rating) / UNIT + self.distance

    def far_rating(self, bound: float) -> float | None:
        """The rating (0–5) that somebody out of reach needs for that bound; None when no rating will do."""
        missing = bound - self.best_availability
        if missing > self.rating:
            return None
        return max(0.0, 5 * missing / self.rating - 0.001) if self.rating else 0.0

    def first_bound(self, sample: Sequence[Sampled], wanted: int) -> float:
        """A bound that about `wanted` contenders reach, judged by a sample of the nearest of each region.

        Only a guess: the search goes on below it, or stops above it, as the bounds say.
        """
        coming, crowd = self._densities(sample)
        bound = bound_of(coming, wanted)
        most = bound_of(crowd, FIRST_LOOKED_AT)
        bound = self.top - 0.1 * UNIT if bound is None else min(bound, self.top)
        return self._stop_before_crowd(self.top, bound if most is None else max(bound, most))

    def _densities(self, sample: Sequence[Sampled]) -> tuple[list[Density], list[Density]]:
        """How dense those who may come stand, and everybody."""
        tops = [self._top(region) for region in self.regions]
        seen: dict[int, list[Sampled]] = defaultdict(list)
        for one in sample:
            seen[one.region].append(one)
        miles_a_unit = self.search.max_miles / max(self.distance, 1.0)
        coming, crowd = [], []
        for region, members in seen.items():
            all_there_are = len(members) < SAMPLE_OF_A_REGION
            radius = self.reach if all_there_are else max(NEAREST_MILES, *(member.miles for member in members))
            weight = (miles_a_unit / radius) ** 2
            coming += [Density(member.parts + self.distance, weight) for member in members if member.parts is not None]
            crowd.append(Density(tops[region - 1], len(members) * weight))
        return coming, crowd

    def next_bound(self, bound: float, found: int, wanted: int) -> float:
        """A lower bound to go on with, when `found` contenders reached the last one and `wanted` were expected."""
        # How many there are grows with the square of a distance, but only with the range of a rating.
        if bound > self.top_far_away:
            start, growth = self.top, min(4.0, max(1.5, (wanted / (found + 1)) ** (1 / 3)))
        else:
            start, growth = self.top_far_away, min(8.0, max(2.0, wanted / (found + 1)))
        lower = start - max(start - bound, 0.01 * UNIT) * growth
        lower = self._stop_before_crowd(bound, lower)
        return lower if lower > 0 else EVERYBODY

    def _stop_before_crowd(self, bound: float, lower: float) -> float:
        """`lower`, unless the way there from `bound` leads past where everybody anywhere begins to count.

        They may be many: the first step among them is a small one.
        """
        limit = self.top_far_away - SMALL_STEP * self.rating
        return limit if bound > limit > lower else lower
