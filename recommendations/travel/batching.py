"""Many drives as few matrices. Pure.

The drives of a job are stars: from many bases to one site, and between the site and those of neighbouring bookings.
A matrix is asked and paid for whole, so no star becomes a square: one row or one column, cut to what a provider takes.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator
from typing import NamedTuple

from smartscheduler.travel.geocells import Pair


class Batch(NamedTuple):
    """A matrix with one row or one column; every element of it is wanted."""

    origins: tuple[int, ...]
    destinations: tuple[int, ...]

    @property
    def pairs(self) -> list[Pair]:
        return [Pair(origin, destination) for origin in self.origins for destination in self.destinations]

    def halves(self) -> "tuple[Batch, Batch]":
        """The same in two."""
        origins, destinations = self
        if len(origins) > 1:
            middle = len(origins) // 2
            return Batch(origins[:middle], destinations), Batch(origins[middle:], destinations)
        middle = len(destinations) // 2
        return Batch(origins, destinations[:middle]), Batch(origins, destinations[middle:])


def batches(pairs: Collection[Pair], most: int) -> Iterator[Batch]:
    """All of `pairs`, each once, in matrices of at most `most` elements: one for each star when it fits."""
    ways_in = Counter(pair.destination for pair in pairs)
    ways_out = Counter(pair.origin for pair in pairs)
    into: dict[int, list[int]] = defaultdict(list)
    out_of: dict[int, list[int]] = defaultdict(list)
    for origin, destination in sorted(pairs):
        if ways_in[destination] >= ways_out[origin]:
            into[destination].append(origin)
        else:
            out_of[origin].append(destination)
    for destination, origins in into.items():
        for start in range(0, len(origins), most):
            yield Batch(tuple(origins[start : start + most]), (destination,))
    for origin, destinations in out_of.items():
        for start in range(0, len(destinations), most):
            yield Batch((origin,), tuple(destinations[start : start + most]))
