"""Grouping of drives into few matrix requests. Pure.

The drives of a job form stars: from many bases to one site, and between the site and those of adjacent bookings. A
provider computes and charges all elements of a matrix, so each matrix is one row or one column of a star, cut to the
limit of the provider; no element is wasted.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator
from typing import NamedTuple

from smartscheduler.travel.geocells import Pair


class Batch(NamedTuple):
    """A matrix with one row or one column, all of whose elements are needed. Places are geocells."""

    origins: tuple[int, ...]
    destinations: tuple[int, ...]

    @property
    def pairs(self) -> list[Pair]:
        return [Pair(origin, destination) for origin in self.origins for destination in self.destinations]

    def halves(self) -> "tuple[Batch, Batch]":
        """The batch split in two."""
        origins, destinations = self
        if len(origins) > 1:
            middle = len(origins) // 2
            return Batch(origins[:middle], destinations), Batch(origins[middle:], destinations)
        middle = len(destinations) // 2
        return Batch(origins, destinations[:middle]), Batch(origins, destinations[middle:])


def batches(pairs: Collection[Pair], most: int) -> Iterator[Batch]:
    """Each of `pairs` once, in matrices of at most `most` elements; one matrix per star if it fits."""
    inbound = Counter(pair.destination for pair in pairs)
    outbound = Counter(pair.origin for pair in pairs)
    origins_of: dict[int, list[int]] = defaultdict(list)
    destinations_of: dict[int, list[int]] = defaultdict(list)
    for origin, destination in sorted(pairs):
        # Each drive belongs to the larger star of its two ends.
        if inbound[destination] >= outbound[origin]:
            origins_of[destination].append(origin)
        else:
            destinations_of[origin].append(destination)
    for destination, origins in origins_of.items():
        for start in range(0, len(origins), most):
            yield Batch(tuple(origins[start : start + most]), (destination,))
    for origin, destinations in destinations_of.items():
        for start in range(0, len(destinations), most):
            yield Batch((origin,), tuple(destinations[start : start + most]))
