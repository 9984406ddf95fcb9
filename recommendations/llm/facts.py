"""The numbers that an explanation is made of: what a model is told, and what it is held against. Pure.

Nobody is in them. The contractor and the day are placeholders, filled in when a sentence is shown, so equal numbers
have one sentence, whoever they are of, and no name leaves the house.
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
    """Figures as the sentence says them: score parts and weights with four decimals, miles with one."""

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
        """The sentence made from the numbers, with the placeholder of the day."""
        free = free_sentence(DAY, self.days_later, self.slots)
        far = distance(self.miles, self.minutes, by_road=self.by_road)
        return explain(score=self.score, weights=self.weights, rated=self.rated, distance=far, free=free)

    def as_prompt(self) -> dict[str, Any]:
        """What a model is told: numbers by the names of the rules."""
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
        """The same for equal numbers and the same model, prompt and check."""
        says = (self.days_later, self.slots, self.rating, self.rating_count, self.miles, self.minutes, self.by_road)
        # Part of every ranking, where a model is configured: flat, and so quick.
        told = json.dumps([*parts_of(self.score), self.score.total, *self.weights, *says, *about])
        return hashlib.sha256(told.encode()).hexdigest()


def filled(text: str, values: Mapping[str, str]) -> str:
    """The sentence with its placeholders replaced; what they are replaced by is not looked into."""
    return PLACEHOLDER.sub(lambda found: values[found[1]], text)
