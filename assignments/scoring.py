"""The score of a candidate (spec section 6). Pure, and exact: everything is counted in ten-thousandths.

    score = w_a × availability + w_r × rating + w_d × distance

Part scores are rounded to four decimals, then the score made of them; halves round up.
"""

import math
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from smartscheduler.rules.values import UNIT, Rules

LOSS_A_DAY = 1_000


class Weights(NamedTuple):
    """The three weights in ten-thousandths; they sum to 10,000."""

    availability: int
    rating: int
    distance: int

    @classmethod
    def of(cls, rules: Rules) -> "Weights":
        return cls(rules.availability_weight, rules.rating_weight, rules.distance_weight)


def availability_part(days: int) -> int:
    """1 when free on the desired day, a tenth less for each day later, never below 0."""
    return max(0, UNIT - LOSS_A_DAY * days)


def rating_part(hundredths: int) -> int:
    """A rating of 0–500 hundredths of a star as a share of 5; exact."""
    return hundredths * 20


def hundredths(rating: Decimal) -> int:
    """A rating of 0.00–5.00 in hundredths of a star."""
    return int(rating * 100)


def distance_part(miles: float, max_miles: float) -> int:
    """1 at the site, 0 at `max_miles` and beyond."""
    return max(0, math.floor((1 - miles / max_miles) * UNIT + 0.5))


@dataclass(frozen=True, slots=True)
class Score:
    """Part scores and score in ten-thousandths."""

    availability: int
    rating: int
    distance: int
    total: int


PARTS = ("availability", "rating", "distance")


def parts_of(score: Score) -> tuple[int, int, int]:
    """The part scores in the order of `PARTS` and of the weights."""
    return score.availability, score.rating, score.distance


def score(*, availability: int, rating: int, distance: int, weights: Weights) -> Score:
    """The weighted sum of three part scores, rounded half up to a ten-thousandth."""
    return Score(availability, rating, distance, total(availability, rating, distance, weights))


def total(availability: int, rating: int, distance: int, weights: Weights) -> int:
    """The sum alone."""
    weighted = weights[0] * availability + weights[1] * rating + weights[2] * distance
    return (weighted + UNIT // 2) // UNIT


@lru_cache(maxsize=2 * UNIT)
def as_decimal(units: int) -> Decimal:
    """Ten-thousandths as a number with four decimals."""
    return Decimal(units).scaleb(-4)
