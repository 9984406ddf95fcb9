"""Estimate of how many contractors reach a bound, from a few of the nearest. Pure.

A contractor at the site has the bound `top`, and the bound falls linearly with the distance. If contractors are equally
dense everywhere, their number grows with the square of the distance: `weight` × (top − bound)² of them reach a bound.
"""

import math
from collections.abc import Iterable
from typing import NamedTuple


class Density(NamedTuple):
    """`top`: the bound at the site. `weight`: contractors per squared unit of bound."""

    top: float
    weight: float


def bound_of(densities: Iterable[Density], number: float) -> float | None:
    """The bound that about `number` contractors reach; None without contractors.

    Solves Σ weight × (top − x)² = number for x, over the densities with top > x. Expanded, the sum is
    a × x² − 2 b × x + c. Densities are added by descending top until the solution lies above the next one.
    """
    ordered = sorted(densities, reverse=True)
    bound, a, b, c = None, 0.0, 0.0, 0.0
    for place, (top, weight) in enumerate(ordered, start=1):
        a, b, c = a + weight, b + weight * top, c + weight * top * top
        # The lower root: at the upper one, x would be greater than the tops.
        bound = b / a - math.sqrt(max(0.0, b * b / (a * a) - (c - number) / a))
        if place < len(ordered) and bound >= ordered[place].top:
            break
    return bound
