"""The numbers of an explanation: the input of the language model, and the reference for its validation. Pure.

They contain no personal data. Contractor and day are placeholders that are filled in when a sentence is shown. So equal
numbers share one sentence, and no name is sent to a provider.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from assignments.scoring import PARTS, Score, Weights, as_decimal, parts_of
from recommendations.explanations import distance, explain, free_sentence, is_rated, rated
from smartscheduler.travel.routes import ROAD, RouteEstimate

CONTRACTOR, DAY = "{contractor}", "{day}"
PLACEHOLDER = re.compile(r"\{(contractor|day)\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """The figures as a sentence writes them: scores and weights in ten-thousandths, miles with one decimal."""

    score: Score
    weights: Weights
    days_later: int
    slots: int
    rating: str
    rating_count: int
    miles: str
    minutes: int
    by_road: bool

    @classmethod
    def of(
        cls, *, score: Score, weights: Weights, days: int, slots: int, rating: Any, count: int, route: RouteEstimate
    ) -> "Facts":
        return cls(
            score=score,
            weights=weights,
            days_later=days,
            slots=slots,
            rating=str(rating),
            rating_count=count,
            miles=f"{route.miles:.1f}",
            minutes=route.minutes,
            by_road=route.source == ROAD,
        )

    @property
    def is_rated(self) -> bool:
        return is_rated(self.rating, self.rating_count)

    @property
    def rated(self) -> str:
        return rated(self.rating, self.rating_count)

    @property
    def template(self) -> str:
        """The explanation made from the numbers, with a placeholder for the day."""
        free = free_sentence(DAY, self.days_later, self.slots)
        far = distance(self.miles, self.minutes, by_road=self.by_road)
        return explain(score=self.score, weights=self.weights, rated=self.rated, distance=far, free=free)

    def as_prompt(self) -> dict[str, Any]:
        """The user message for the model: numbers with descriptive keys."""
        parts = dict(zip(PARTS, map(as_decimal, parts_of(self.score)), strict=True))
        weights = dict(zip(PARTS, map(as_decimal, self.weights), strict=True))
        return {
            "score": str(as_decimal(self.score.total)),
            "part_scores": {name: str(value) for name, value in parts.items()},
            "weights": {name: f"{value.normalize():f}" for name, value in weights.items()},
            "days_later_than_desired": self.days_later,
            "free_slots_that_day": self.slots,
            "rating_of_5": self.rating if self.is_rated else None,
            "customers_who_rated": self.rating_count,
            "miles_to_site": self.miles,
            "drive_minutes": self.minutes,
            "distance_by": "road" if self.by_road else "straight line",
        }

    def key(self, *about: str) -> str:
        """The key of the sentence in the store: a hash of the numbers and of `about` (model, version of the prompt)."""
        other = (self.days_later, self.slots, self.rating, self.rating_count, self.miles, self.minutes, self.by_road)
        # Computed for each entry of each ranking if a model is configured. A flat list keeps it fast.
        content = json.dumps([*parts_of(self.score), self.score.total, *self.weights, *other, *about])
        return hashlib.sha256(content.encode()).hexdigest()


def filled(text: str, values: Mapping[str, str]) -> str:
    """The sentence with its placeholders replaced, in one pass: placeholders in the values are left alone."""
    return PLACEHOLDER.sub(lambda match: values[match[1]], text)
