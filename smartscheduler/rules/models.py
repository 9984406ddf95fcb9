"""Published versions of the scheduling rules: they are added, and never changed."""

import pgtrigger
from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q

from smartscheduler.core.db.text_fields import ShortNotesField
from smartscheduler.rules.values import FIELDS, LONGEST_HORIZON, Rules

# Beyond these a number is a slip of the finger.
LONGEST_GAP_MINUTES, MOST_MILES = 480, 500
SLOWEST_MPH, FASTEST_MPH, LARGEST_FACTOR = 5, 100, 3


def share(**kwargs: object) -> models.DecimalField:
    return models.DecimalField(max_digits=5, decimal_places=4, validators=_between(0, 1), **kwargs)  # type: ignore[arg-type]


def _between(least: float, most: float) -> list[MinValueValidator | MaxValueValidator]:
    return [MinValueValidator(least), MaxValueValidator(most)]


class RulesVersion(models.Model):
    """One set of numbers, from its publication until that of the next."""

    number = models.PositiveIntegerField("version", primary_key=True)
    availability_weight = share()
    rating_weight = share()
    distance_weight = share()
    max_miles = models.DecimalField(
        "maximum miles",
        max_digits=6,
        decimal_places=2,
        validators=_between(1, MOST_MILES),
        help_text="Where the distance score reaches 0; also the service radius offered for a new contractor.",
    )
    minimum_gap_minutes = models.PositiveSmallIntegerField(
        "minimum gap (minutes)",
        validators=_between(0, LONGEST_GAP_MINUTES),
        help_text="At least so long between two jobs of a contractor; the drive counts towards it.",
    )
    drive_mph = models.DecimalField(
        "driving speed (mph)",
        max_digits=5,
        decimal_places=2,
        validators=_between(SLOWEST_MPH, FASTEST_MPH),
        help_text="Of drives without a road distance.",
    )
    road_factor = models.DecimalField(
        max_digits=4,
        decimal_places=2,
        validators=_between(1, LARGEST_FACTOR),
        help_text="Road miles a great-circle mile, where no road distance is known.",
    )
    horizon_days = models.PositiveSmallIntegerField(
        "horizon (days)",
        validators=_between(0, LONGEST_HORIZON),
        help_text="So many days after the desired one are looked at; 0 is the desired day alone.",
    )
    note = ShortNotesField("why", max_length=500, blank=True, help_text="What the change is meant to bring.")
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    published_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-number"]
        verbose_name = "version of the scheduling rules"
        verbose_name_plural = "scheduling rules"
        constraints = [
            models.CheckConstraint(
                condition=Q(availability_weight=1 - F("rating_weight") - F("distance_weight")),
                name="rules_weights_sum_to_1",
            ),
            models.CheckConstraint(
                condition=Q(availability_weight__gte=0, rating_weight__gte=0, distance_weight__gte=0),
                name="rules_weights_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(max_miles__gt=0, drive_mph__gt=0, road_factor__gte=1), name="rules_miles_in_range"
            ),
            models.CheckConstraint(condition=Q(horizon_days__lte=LONGEST_HORIZON), name="rules_horizon_in_range"),
        ]
        triggers = [pgtrigger.Protect(name="published_for_good", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"Version {self.number}"

    @property
    def rules(self) -> Rules:
        return Rules.of_fields({name: getattr(self, name) for name in FIELDS}, version=self.number)
