"""Sentences made from the numbers of a ranking. Pure."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from assignments.scoring import Score, Weights, as_decimal, parts_of
from smartscheduler.travel.ways import ROAD, Way


@dataclass(frozen=True, slots=True, kw_only=True)
class Breakdown:
    """The three part scores, the three weights, and the sentence that explains them."""

    availability_score: Decimal
    rating_score: Decimal
    distance_score: Decimal
    availability_weight: Decimal
    rating_weight: Decimal
    distance_weight: Decimal
    explanation: str

    @classmethod
    def of(cls, score: Score, weights: Weights, explanation: str) -> "Breakdown":
        return cls(
            availability_score=as_decimal(score.availability),
            rating_score=as_decimal(score.rating),
            distance_score=as_decimal(score.distance),
            availability_weight=as_decimal(weights.availability),
            rating_weight=as_decimal(weights.rating),
            distance_weight=as_decimal(weights.distance),
            explanation=explanation,
        )

    def as_json(self) -> dict[str, Any]:
        numbers = {name: float(getattr(self, name)) for name in self.__slots__ if name != "explanation"}
        return {**numbers, "explanation": self.explanation}


def explain(*, score: Score, weights: Weights, rating: Decimal, rating_count: int, way: Way, free: str) -> str:
    """Why the score is what it is: when free, how rated, how far, and the sum.

    `free` is the half sentence that `free_on` or a booking gives.
    """
    parts = zip(weights, parts_of(score), strict=True)
    terms = " + ".join(f"{as_decimal(weight).normalize():f} × {as_decimal(part)}" for weight, part in parts)
    return f"{free}; {rated(rating, rating_count)}; {distance(way)}. Score {as_decimal(score.total)} = {terms}."


def distance(way: Way) -> str:
    if way.source == ROAD:
        return f"{way.miles:.1f} miles to the site by road ({way.minutes} min drive)"
    return f"{way.miles:.1f} miles from the site (about {way.minutes} min drive)"


def free_on(day: date, days: int, slots: int) -> str:
    """When the contractor is first free, `days` after the desired day."""
    offer = "1 slot" if slots == 1 else f"{slots} slots"
    when = f"{day:%a} {day.day} {day:%b}"
    if days == 0:
        return f"Free on the desired day, {when} ({offer})"
    later = "1 day later" if days == 1 else f"{days} days later"
    return f"First free {later} than desired, on {when} ({offer})"


def rated(rating: Decimal, count: int) -> str:
    if count == 0:
        return f"rated {rating} of 5" if rating else "not rated yet"
    return f"rated {rating} of 5 by {count} customer{'' if count == 1 else 's'}"


def ordinal(number: int) -> str:
    """1st, 2nd, 3rd, 4th, 11th …"""
    if number % 100 in {11, 12, 13}:
        return f"{number}th"
    return f"{number}{ {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th') }"
