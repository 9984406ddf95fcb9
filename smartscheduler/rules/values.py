"""The scheduling rules as a value. Pure, except that `Rules.of_settings` reads the settings."""

from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings

from smartscheduler.places import Pace

# The fields of a version; columns of the table, form fields and events have these names.
WEIGHT_FIELDS = ("availability_weight", "rating_weight", "distance_weight")
LIMIT_FIELDS = ("max_miles", "minimum_gap_minutes", "drive_mph", "road_factor", "horizon_days")
# Worths and prices of plans (docs/planning.md), in scores.
PRICE_FIELDS = (
    "worth_low",
    "worth_medium",
    "worth_high",
    "worth_urgent",
    "price_fairness",
    "price_contractor",
    "price_day",
    "price_time",
    "price_window",
    "pending_share",
)
FIELDS = (*WEIGHT_FIELDS, *LIMIT_FIELDS, *PRICE_FIELDS)
# Scores and weights are whole ten-thousandths.
UNIT = 10_000
# Days. Few contractors have bookings further ahead, so a longer horizon would cost time and change nothing.
LONGEST_HORIZON = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Prices:
    """Worths and prices of plans in ten-thousandths of a score.

    `worth_…` is what planning a job of that priority is worth beside its score. `price_fairness` × n(n-1)/2 is the
    price of n new jobs of one contractor. A booking costs `price_contractor` with another contractor, and `price_day`
    on another day or `price_time` at another time of the same day; while it is pending, `pending_share` of that.
    `price_window` is the price of dropping a booking whose customer was promised an arrival window.
    """

    worth_low: int = 10_000
    worth_medium: int = 15_000
    worth_high: int = 25_000
    worth_urgent: int = 40_000
    price_fairness: int = 100
    price_contractor: int = 1_500
    price_day: int = 1_000
    price_time: int = 300
    price_window: int = 5_000
    pending_share: int = 5_000

    def worth_of(self, priority: str) -> int:
        """The worth of planning a job of this priority."""
        worth: int = getattr(self, f"worth_{priority}")
        return worth


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """The parameters of scores, drives and gaps, and the prices of plans.

    Weights are in ten-thousandths and sum to 10,000. At `max_miles` the distance score reaches 0; it is also the
    service radius suggested for a new contractor. `drive_mph` is in miles per hour, `road_factor` in road miles per
    great-circle mile. `version` is None for the rules of the settings, which apply until a version is published.
    """

    availability_weight: int
    rating_weight: int
    distance_weight: int
    max_miles: float
    minimum_gap: timedelta
    drive_mph: float
    road_factor: float
    horizon_days: int
    prices: Prices = field(default_factory=Prices)
    version: int | None = None

    @classmethod
    def of_settings(cls) -> "Rules":
        weights = settings.SCORE_WEIGHTS
        return cls(
            availability_weight=round(weights["availability"] * UNIT),
            rating_weight=round(weights["rating"] * UNIT),
            distance_weight=round(weights["distance"] * UNIT),
            max_miles=settings.SCORE_MAX_MILES,
            minimum_gap=settings.MINIMUM_GAP,
            drive_mph=settings.DRIVE_MPH,
            road_factor=settings.DRIVE_ROAD_FACTOR,
            horizon_days=settings.HORIZON_DAYS,
        )

    @property
    def pace(self) -> Pace:
        """The conversion of great-circle miles to minutes."""
        return Pace(self.road_factor, self.drive_mph)

    def as_fields(self) -> dict[str, Any]:
        """The values as forms show and versions store them: weights and prices in scores, the gap in minutes."""
        return {
            "availability_weight": Decimal(self.availability_weight) / UNIT,
            "rating_weight": Decimal(self.rating_weight) / UNIT,
            "distance_weight": Decimal(self.distance_weight) / UNIT,
            "max_miles": Decimal(str(self.max_miles)),
            "minimum_gap_minutes": int(self.minimum_gap.total_seconds() // 60),
            "drive_mph": Decimal(str(self.drive_mph)),
            "road_factor": Decimal(str(self.road_factor)),
            "horizon_days": self.horizon_days,
            **{name: Decimal(getattr(self.prices, name)) / UNIT for name in PRICE_FIELDS},
        }

    @classmethod
    def of_fields(cls, fields: dict[str, Any], *, version: int | None = None) -> "Rules":
        """The inverse of `as_fields`."""
        return cls(
            availability_weight=int(fields["availability_weight"] * UNIT),
            rating_weight=int(fields["rating_weight"] * UNIT),
            distance_weight=int(fields["distance_weight"] * UNIT),
            max_miles=float(fields["max_miles"]),
            minimum_gap=timedelta(minutes=fields["minimum_gap_minutes"]),
            drive_mph=float(fields["drive_mph"]),
            road_factor=float(fields["road_factor"]),
            horizon_days=fields["horizon_days"],
            prices=Prices(**{name: int(fields[name] * UNIT) for name in PRICE_FIELDS}),
            version=version,
        )
