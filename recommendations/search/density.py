"""How many contractors have a bound, judged by a few of the nearest. Pure.

Somebody at the site has the bound `top`, and loses of it with every mile. So of people who stand equally dense
everywhere, `weight` × (top − bound)² have a certain bound or a better one.
"""

import math
from collections.abc import Iterable
from typing import NamedTuple


class Density(NamedTuple):
    """The bound at the site, and how many people a unit of bound brings, by its square."""

    top: float
    weight: float


def bound_of(densities: Iterable[Density], number: float) -> float | None:
    """The bound that about `number` have; None when there is nobody."""
    ordered = sorted(densities, reverse=True)
    bound, a, b, c = None, 0.0, 0.0, 0.0
    for place, (top, weight) in enumerate(ordered, start=1):
        # Of a × x² − 2 b × x + c = number the lower root: all of these have it, and those that follow do not.
        a, b, c = a + weight, b + weight * top, c + weight * top * top
        bound = b / a - math.sqrt(max(0.0, b * b / (a * a) - (c - number) / a))
        if place < len(ordered) and bound >= ordered[place].top:
            break
    return bound
