"""Sentences made from the numbers of a ranking. Pure."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from assignments.scoring import PARTS, Score, Weights, as_decimal, parts_of

# Where a sentence comes from: made from the numbers, or reworded by a language model (recommendations.llm).
TEMPLATE, MODEL = "template", "model"


@dataclass(frozen=True, slots=True, kw_only=True)
class Breakdown:
    """The three part scores, the three weights, the sentence that explains them, and its wording by a model, if any."""

    availability_score: Decimal
    rating_score: Decimal
    distance_score: Decimal
    availability_weight: Decimal
    rating_weight: Decimal
    distance_weight: Decimal
    explanation: str
    wording: str = ""

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
        """As it is kept with an assignment: the numbers, and the sentence that is made from them."""
        numbers = {name: float(getattr(self, name)) for name in NUMBERS}
        return {**numbers, "explanation": self.explanation}

    def as_shown(self) -> dict[str, Any]:
        """As it is told to people: in the words of the model, where there are some."""
        return {**self.as_json(), "explanation": self.shown, "explanation_source": self.source}

    @property
    def shown(self) -> str:
        return self.wording or self.explanation

    @property
    def source(self) -> str:
        return MODEL if self.wording else TEMPLATE


NUMBERS = [f"{part}_{kind}" for kind in ("score", "weight") for part in PARTS]


def explain(*, score: Score, weights: Weights, rated: str, distance: str, free: str) -> str:
    """Why the score is what it is: when free, how rated, how far (by the functions below), and the sum."""
    parts = zip(weights, parts_of(score), strict=True)
    terms = " + ".join(f"{as_decimal(weight).normalize():f} × {as_decimal(part)}" for weight, part in parts)
    return f"{free}; {rated}; {distance}. Score {as_decimal(score.total)} = {terms}."


def distance(miles: str, minutes: int, *, by_road: bool) -> str:
    if by_road:
        return f"{miles} miles to the site by road ({minutes} min drive)"
    return f"{miles} miles from the site (about {minutes} min drive)"


def day_in_words(day: date) -> str:
    return f"{day:%a} {day.day} {day:%b}"


def free_sentence(day: str, days: int, slots: int) -> str:
    """When the contractor is first free, `days` after the desired day."""
    offer = "1 slot" if slots == 1 else f"{slots} slots"
    if days == 0:
        return f"Free on the desired day, {day} ({offer})"
    later = "1 day later" if days == 1 else f"{days} days later"
    return f"First free {later} than desired, on {day} ({offer})"


def rated(rating: Decimal | str, count: int) -> str:
    if count == 0:
        return f"rated {rating} of 5" if Decimal(rating) else "not rated yet"
    return f"rated {rating} of 5 by {count} customer{'' if count == 1 else 's'}"


def ordinal(number: int) -> str:
    """1st, 2nd, 3rd, 4th, 11th …"""
    if number % 100 in {11, 12, 13}:
        return f"{number}th"
    return f"{number}{ {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th') }"
