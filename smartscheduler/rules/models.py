"""Published versions of the scheduling rules: an append-only table."""

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pgtrigger
from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.expressions import Combinable
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from smartscheduler.core.db.text_fields import ShortNotesField
from smartscheduler.rules.values import FIELDS, LONGEST_HORIZON, Rules

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

# Values outside these limits are typing errors.
LONGEST_GAP_MINUTES, MOST_MILES = 480, 500
SLOWEST_MPH, FASTEST_MPH, LARGEST_FACTOR = 5, 100, 3
MOST_WORTH, MOST_PRICE = 100, 10


def share(verbose_name: "StrOrPromise") -> "models.DecimalField[str | float | Decimal | Combinable, Decimal]":
    """A weight: a fraction of 1 with four decimals."""
    return models.DecimalField(verbose_name, max_digits=5, decimal_places=4, validators=_between(0, 1))


def price(
    verbose_name: "StrOrPromise", default: Decimal | int, *, least: float = 0, most: float = MOST_PRICE, **options: Any
) -> "models.DecimalField[str | float | Decimal | Combinable, Decimal]":
    """A worth or price of plans in scores, with four decimals. The default lets an earlier release publish rules."""
    return models.DecimalField(
        verbose_name,
        max_digits=7,
        decimal_places=4,
        default=default,
        db_default=default,
        validators=_between(least, most),
        **options,
    )


def _between(least: float, most: float) -> list[MinValueValidator | MaxValueValidator]:
    return [MinValueValidator(least), MaxValueValidator(most)]


class RulesVersion(models.Model):
    """The rules that apply from the publication of this version until the next version is published."""

    number = models.PositiveIntegerField(_("version"), primary_key=True)
    availability_weight = share(_("availability weight"))
    rating_weight = share(_("rating weight"))
    distance_weight = share(_("distance weight"))
    max_miles = models.DecimalField(
        _("maximum miles"),
        max_digits=6,
        decimal_places=2,
        validators=_between(1, MOST_MILES),
        help_text=_(
            "At this distance the distance score is 0. It is also the suggested service radius of a new contractor."
        ),
    )
    minimum_gap_minutes = models.PositiveSmallIntegerField(
        _("minimum gap (minutes)"),
        validators=_between(0, LONGEST_GAP_MINUTES),
        help_text=_("Minimum gap between two jobs of a contractor. Driving time counts toward it."),
    )
    drive_mph = models.DecimalField(
        _("driving speed (mph)"),
        max_digits=5,
        decimal_places=2,
        validators=_between(SLOWEST_MPH, FASTEST_MPH),
        help_text=_("Average speed of drives whose road distance is not known."),
    )
    road_factor = models.DecimalField(
        _("road factor"),
        max_digits=4,
        decimal_places=2,
        validators=_between(1, LARGEST_FACTOR),
        help_text=_("Road miles per straight-line mile, for drives whose road distance is not known."),
    )
    horizon_days = models.PositiveSmallIntegerField(
        _("days ahead"),
        validators=_between(0, LONGEST_HORIZON),
        help_text=_("Number of days after the desired date to search. 0 searches the desired date only."),
    )
    worth_low = price(_("worth of a low-priority job"), 1, least=1, most=MOST_WORTH)
    worth_medium = price(_("worth of a medium-priority job"), Decimal("1.5"), least=1, most=MOST_WORTH)
    worth_high = price(_("worth of a high-priority job"), Decimal("2.5"), least=1, most=MOST_WORTH)
    worth_urgent = price(
        _("worth of an urgent job"),
        4,
        least=1,
        most=MOST_WORTH,
        help_text=_("A plan adds this to the score of each job that it plans. No score is more than 1."),
    )
    price_fairness = price(
        _("price of uneven work"),
        Decimal("0.01"),
        help_text=_("Times n(n-1)/2 for n new jobs of one contractor in a plan."),
    )
    price_contractor = price(_("price of another contractor"), Decimal("0.15"))
    price_day = price(_("price of another day"), Decimal("0.1"))
    price_time = price(
        _("price of another time"),
        Decimal("0.03"),
        help_text=_("What it costs a plan to change a booking, in scores."),
    )
    price_window = price(
        _("price of a broken arrival window"),
        Decimal("0.5"),
        help_text=_("For a booking that a plan drops although the customer was promised a window."),
    )
    pending_share = price(
        _("share while not confirmed"),
        Decimal("0.5"),
        most=1,
        help_text=_("This share of the price applies to a booking that is not confirmed."),
    )
    note = ShortNotesField(
        _("reason"), max_length=500, blank=True, help_text=_("What the change is expected to improve.")
    )
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("published by"),
    )
    published_at = models.DateTimeField(_("published at"), auto_now_add=True)

    class Meta:
        ordering = ["-number"]
        verbose_name = _("version of the scheduling rules")
        verbose_name_plural = _("scheduling rules")
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
            models.CheckConstraint(
                condition=Q(worth_low__gte=1, worth_medium__gte=1, worth_high__gte=1, worth_urgent__gte=1),
                name="rules_worths_above_scores",
            ),
            models.CheckConstraint(
                condition=Q(
                    price_fairness__gte=0,
                    price_contractor__gte=0,
                    price_day__gte=0,
                    price_time__gte=0,
                    price_window__gte=0,
                    pending_share__gte=0,
                    pending_share__lte=1,
                ),
                name="rules_prices_in_range",
            ),
            models.CheckConstraint(condition=Q(horizon_days__lte=LONGEST_HORIZON), name="rules_horizon_in_range"),
        ]
        triggers = [pgtrigger.Protect(name="published_for_good", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return gettext("Version {number}").format(number=self.number)

    @property
    def rules(self) -> Rules:
        return Rules.of_fields({name: getattr(self, name) for name in FIELDS}, version=self.number)
