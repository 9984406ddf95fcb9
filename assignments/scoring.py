"""Score of a candidate, in integer arithmetic with the unit 1/10,000 (docs/ranking.md). Pure.

    score = w_a × availability + w_r × rating + w_d × distance

Part scores are rounded half up to four decimals, and so is the score computed from them. Integers make the score exact,
so that Python, SQL and the tests agree on every tie.
"""

import math
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from smartscheduler.rules.values import UNIT, Rules

LOSS_A_DAY = 1_000  # ten-thousandths


class Weights(NamedTuple):
    """Weights of the part scores in ten-thousandths; their sum is 10,000."""

    availability: int
    rating: int
    distance: int

    @classmethod
    def of(cls, rules: Rules) -> "Weights":
        return cls(rules.availability_weight, rules.rating_weight, rules.distance_weight)


def availability_part(days: int) -> int:
    """Part score of a contractor who is free `days` days after the desired date: 1,000 less a day, at least 0.

    Days before the desired date, which only an arrival window can have, cost nothing.
    """
    return max(0, UNIT - LOSS_A_DAY * max(0, days))


def rating_part(hundredths: int) -> int:
    """Part score of a rating of 0–500 hundredths of a star: its share of five stars."""
    return hundredths * 20


def hundredths(rating: Decimal) -> int:
    """Rating of 0.00–5.00 stars in hundredths of a star."""
    return int(rating * 100)


def distance_part(miles: float, max_miles: float) -> int:
    """Part score of a distance in miles: linear from 10,000 at the site to 0 at `max_miles`."""
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
    """Part scores in the order of `PARTS` and of the weights."""
    return score.availability, score.rating, score.distance


def score(*, availability: int, rating: int, distance: int, weights: Weights) -> Score:
    """Part scores with their weighted sum, rounded half up to a ten-thousandth."""
    return Score(availability, rating, distance, total(availability, rating, distance, weights))


def total(availability: int, rating: int, distance: int, weights: Weights) -> int:
    """Weighted sum of the part scores in ten-thousandths, rounded half up."""
    weighted = weights[0] * availability + weights[1] * rating + weights[2] * distance
    return (weighted + UNIT // 2) // UNIT


@lru_cache(maxsize=2 * UNIT)
def as_decimal(units: int) -> Decimal:
    """Decimal number with four decimals for a number of ten-thousandths."""
    return Decimal(units).scaleb(-4)
