"""Sentences about a candidate, made from its numbers. Pure.

A summary says what a customer would ask: when the contractor is free, how far away, and how well rated. An explanation
adds where the score comes from: three clauses and the sum.

An explanation is stored with the assignment and shown in many places, so its form is the same everywhere:
`<when free>; <rating>; <distance>. Score <total> = <terms>.`
"""

from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any

from django.utils.translation import get_language, gettext, ngettext

from assignments.scoring import PARTS, Score, Weights, as_decimal, parts_of
from assignments.wanted_time import apart_from_desired, start_and_difference
from jobs.requirements import JobRequest
from smartscheduler.timeslots import TimeSlot

# Sources of a sentence: made from the numbers, or reworded by a language model (recommendations.llm).
TEMPLATE, MODEL = "template", "model"


@dataclass(frozen=True, slots=True, kw_only=True)
class Breakdown:
    """Part scores, weights, the explanation made from them, and its rewording by a language model, if any."""

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
        """The form stored with an assignment: the numbers, and the explanation made from them."""
        numbers = {name: float(getattr(self, name)) for name in NUMBERS}
        return {**numbers, "explanation": self.explanation}

    def as_shown(self) -> dict[str, Any]:
        """The form shown to users: with the rewording of the model, if there is one."""
        return {**self.as_json(), "explanation": self.shown, "explanation_source": self.source}

    @property
    def shown(self) -> str:
        return self.wording or self.explanation

    @property
    def source(self) -> str:
        return MODEL if self.wording else TEMPLATE


NUMBERS = [f"{part}_{kind}" for kind in ("score", "weight") for part in PARTS]


def explain(*, score: Score, weights: Weights, rated: str, distance: str, free: str) -> str:
    """The explanation of a score, from the clauses of the functions below and the terms of the sum."""
    parts = zip(weights, parts_of(score), strict=True)
    terms = " + ".join(f"{as_decimal(weight).normalize():f} × {as_decimal(part)}" for weight, part in parts)
    return gettext("{free}; {rated}; {distance}. Score {total} = {terms}.").format(
        free=free, rated=rated, distance=distance, total=as_decimal(score.total), terms=terms
    )


def summary(request: JobRequest, slot: TimeSlot, miles: float, rating: Decimal, count: int) -> str:
    """A sentence for people who do not know the score: `Free at the desired time, 4 miles away, 4.8 stars.`

    `slot` is the suggested slot.
    """
    if apart_from_desired(slot, request):
        free = gettext("Free {start}").format(start=start_and_difference(slot, request))
    else:
        free = gettext("Free at the desired time")
    return gettext("{free}, {distance}, {rating}.").format(
        free=free, distance=_miles_away(miles), rating=_stars(rating, count)
    )


def _miles_away(miles: float) -> str:
    number = round(miles)
    if not number:
        return gettext("less than a mile away")
    return ngettext("{number} mile away", "{number} miles away", number).format(number=number)


def _stars(rating: Decimal, count: int) -> str:
    return (
        gettext("{rating} stars").format(rating=f"{rating:.1f}")
        if is_rated(rating, count)
        else gettext("not rated yet")
    )


def distance(miles: str, minutes: int, *, by_road: bool) -> str:
    """The clause about distance and drive."""
    if by_road:
        text = gettext("{miles} miles to the site by road ({minutes} min drive)")
    else:
        text = gettext("{miles} miles from the site (about {minutes} min drive)")
    return text.format(miles=miles, minutes=minutes)


def free_sentence(day: str, days: int, slots: int) -> str:
    """The clause about the first free day, which is `days` after the desired day and has `slots` start times.

    Negative `days`: an arrival window before the desired day.
    """
    return _free_sentence(day, days, slots, get_language())


# A ranking has many entries with few days and few counts of slots. The clause has no time of day, which depends on the
# reader.
@lru_cache(maxsize=2000)
def _free_sentence(day: str, days: int, slots: int, language: str) -> str:
    offer = ngettext("{count} slot", "{count} slots", slots).format(count=slots)
    if days == 0:
        return gettext("Free on the desired day, {day} ({slots})").format(day=day, slots=offer)
    if days < 0:
        return ngettext(
            "Free {count} day earlier than desired, on {day} ({slots})",
            "Free {count} days earlier than desired, on {day} ({slots})",
            -days,
        ).format(count=-days, day=day, slots=offer)
    return ngettext(
        "First free {count} day later than desired, on {day} ({slots})",
        "First free {count} days later than desired, on {day} ({slots})",
        days,
    ).format(count=days, day=day, slots=offer)


def rated(rating: Decimal | str, count: int) -> str:
    """The clause about the rating. Ratings that were imported have no count of customers."""
    if not is_rated(rating, count):
        return gettext("not rated yet")
    if count == 0:
        return gettext("rated {rating} of 5").format(rating=rating)
    return ngettext(
        "rated {rating} of 5 by {count} customer", "rated {rating} of 5 by {count} customers", count
    ).format(rating=rating, count=count)


def is_rated(rating: Decimal | str, count: int) -> bool:
    """Whether a contractor has a rating: from customers, or imported."""
    return count > 0 or Decimal(rating) > 0


def ordinal(number: int) -> str:
    """An English ordinal: 1st, 2nd, 3rd, 4th, 11th …"""
    if number % 100 in {11, 12, 13}:
        return f"{number}th"
    return f"{number}{ {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th') }"
