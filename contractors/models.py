"""Contractors with their working hours, absences and ratings, and the favorites of users."""

import uuid
from datetime import UTC
from decimal import ROUND_HALF_UP, Decimal

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, IntegerRangeField, RangeOperators
from django.contrib.postgres.indexes import SpGistIndex
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinLengthValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import Case, F, Func, Q, Value, When
from django.db.models.lookups import GreaterThan, LessThanOrEqual
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from psycopg.types.range import TimestamptzRange

from contractors import triggers
from contractors.fields import SkillsField
from contractors.querysets import LIST_ORDER, ContractorQuerySet
from contractors.spatial_index import place_sql
from contractors.states import Status, check_transition
from contractors.types import Type
from contractors.working_week import DAY_CHOICES, LONGEST_SHIFT, MIDNIGHT, Shift
from smartscheduler.core.db.external_ids import external_id_field, source_field, unique_external_id
from smartscheduler.core.db.model_fields import DecimalField
from smartscheduler.core.db.text_fields import (
    PLAIN_ADDRESS,
    ContactAddressField,
    LineField,
    ShortNotesField,
    ascii_lower,
)
from smartscheduler.core.db.text_search import LEFT_OUT, search_expression, search_index
from smartscheduler.core.formatting import local_day
from smartscheduler.core.geo.locations import Location
from smartscheduler.core.models import OF_THE_RECORD
from smartscheduler.core.pseudonyms import is_erased
from smartscheduler.history.triggers import keeps_history
from smartscheduler.timeslots import TimeSlot

LOWEST_RATING, HIGHEST_RATING = Decimal("0.00"), Decimal("5.00")
PHONE_NUMBER = RegexValidator(
    r"^\([0-9]{3}\) [0-9]{3}-[0-9]{4}\Z", _("Enter a phone number in the format (512) 555-0143.")
)


def default_service_radius() -> Decimal:
    """Service radius in miles from the settings.

    A default of a model must not query. Services and forms use the radius of the published scheduling rules instead.
    """
    return Decimal(str(settings.SCORE_MAX_MILES))


SEARCH_TEXT = search_expression(
    "contractor_search_text", "name", "city", "skills", "external_id", "email", "phone_number"
)
# For users without VIEW_CONTACTS: a search by email address or phone number would reveal whose it is.
PUBLIC_SEARCH_TEXT = search_expression(
    "contractor_search_text", "name", "city", "skills", "external_id", LEFT_OUT, LEFT_OUT
)


@keeps_history(exclude=[*OF_THE_RECORD, "weekdays", "longest_stretch"])
class Contractor(Location):
    """Person or crew who does jobs."""

    Type = Type
    Status = Status

    name = LineField(_("name"), max_length=100, validators=[MinLengthValidator(2)])
    type = models.CharField(_("type"), max_length=10, choices=Type.choices)
    status = models.CharField(_("status"), max_length=10, choices=Status.choices, default=Status.ACTIVE)
    rating = models.DecimalField(
        _("rating"),
        max_digits=3,
        decimal_places=2,
        default=LOWEST_RATING,
        validators=[MinValueValidator(LOWEST_RATING), MaxValueValidator(HIGHEST_RATING)],
    )
    rating_count = models.PositiveIntegerField(_("rating count"), default=0)
    # Sum of all ratings. A mean of two decimals is too coarse: after 200 ratings, one more would no longer change it.
    rating_total = models.DecimalField(
        _("rating total"), max_digits=10, decimal_places=2, default=Decimal(0), editable=False
    )
    phone_number = LineField(_("phone number"), max_length=14, validators=[PHONE_NUMBER])
    email = ContactAddressField(_("email address"))
    skills = SkillsField(LineField(max_length=60), verbose_name=_("skills"), default=list, blank=True, size=50)
    service_radius_miles = DecimalField(
        _("service radius miles"),
        max_digits=7,
        decimal_places=2,
        null=True,
        blank=True,
        default=default_service_radius,
        validators=[MinValueValidator(Decimal("0.01"))],
        help_text=_("Largest distance to a job. Leave empty for no limit."),
    )
    external_id = external_id_field()
    source = source_field()
    # Written only by triggers (contractors/triggers.py).
    weekdays = models.PositiveSmallIntegerField(_("weekdays"), db_default=0, editable=False)
    longest_stretch = models.PositiveSmallIntegerField(_("longest stretch"), db_default=0, editable=False)

    objects = ContractorQuerySet.as_manager()

    class Meta(Location.Meta):
        abstract = False
        verbose_name, verbose_name_plural = _("contractor"), _("contractors")
        ordering = ["name", "id"]
        constraints = [
            *Location.Meta.constraints,
            models.UniqueConstraint(ascii_lower("email"), name="contractor_email_unique_any_case"),
            models.CheckConstraint(condition=Q(email__regex=PLAIN_ADDRESS), name="contractor_email_in_ascii"),
            unique_external_id("contractor_external_id_once"),
            models.CheckConstraint(condition=Q(rating__gte=0, rating__lte=5), name="contractor_rating_in_range"),
            models.CheckConstraint(
                condition=Q(service_radius_miles__isnull=True) | Q(service_radius_miles__gt=0),
                name="contractor_service_radius_positive",
            ),
            models.CheckConstraint(condition=Q(status__in=Status.values), name="contractor_status_known"),
            models.CheckConstraint(
                condition=Q(type__in=["flooring", "tile", "carpet", "multi"]), name="contractor_type_known"
            ),
        ]
        indexes = [
            # The ranking reads the nearest contractors of each region from it (contractors/spatial_index.py).
            SpGistIndex(Func(template=place_sql()), name="contractor_in_regions", condition=Q(status="active")),
            # Contractors with a radius above 50 miles can be far from the site; the ranking reads them by rating.
            models.Index(
                fields=["type", "-rating"],
                name="contractor_far_travelling",
                condition=Q(status="active") & (Q(service_radius_miles__isnull=True) | Q(service_radius_miles__gt=50)),
            ),
            models.Index(fields=["name", "id"], name="contractor_by_name"),
            models.Index(*LIST_ORDER, name="contractor_by_list_order"),
            models.Index(fields=["updated_at", "id"], name="contractor_by_update"),
            search_index("contractor_search_index", SEARCH_TEXT),
        ]
        triggers = triggers.of_contractors()

    def __str__(self) -> str:
        return self.name

    @property
    def is_erased(self) -> bool:
        """Whether the personal data of the contractor was erased (smartscheduler.privacy)."""
        return is_erased(self.email)

    @property
    def shifts(self) -> list[Shift]:
        """Weekly shifts in order; expects `working_hours` prefetched."""
        return sorted(hours.shift for hours in self.working_hours.all())

    def is_near(self, other: "Contractor") -> bool:
        """Whether the bases are within about ten meters (as in `same_place_and_name`)."""
        near = Decimal("0.0001")
        return abs(self.latitude - other.latitude) <= near and abs(self.longitude - other.longitude) <= near

    def activate(self) -> None:
        self._move_to(Status.ACTIVE)

    def deactivate(self) -> None:
        self._move_to(Status.INACTIVE)

    def mark_on_leave(self) -> None:
        self._move_to(Status.ON_LEAVE)

    def _move_to(self, status: str) -> None:
        check_transition(self.status, status)
        self.status = status

    def add_rating(self, value: Decimal) -> None:
        """Add a rating (0–5) to the mean, which is rounded half up to two decimals. Raises ValidationError."""
        if not (value.is_finite() and LOWEST_RATING <= value <= HIGHEST_RATING):
            raise ValidationError({"rating": gettext("Enter a rating between 0 and 5.")})
        if not self._total_fits():
            self.rating_total = self.rating * self.rating_count
        self.rating_total += value
        self.rating_count += 1
        self.rating = self._mean()

    def _total_fits(self) -> bool:
        """Whether the sum of ratings agrees with the mean; a mean that was imported or edited has no sum."""
        return self.rating_count > 0 and self._mean() == self.rating

    def _mean(self) -> Decimal:
        return (self.rating_total / self.rating_count).quantize(Decimal("0.01"), ROUND_HALF_UP)


def second_of_day(field: str) -> Func:
    """SQL expression for the seconds from midnight to a time of day."""
    return Func(F(field), template="extract(epoch from %(expressions)s)::int", output_field=models.IntegerField())


# An end of 00:00 is midnight at the end of the day, so it counts as 86,400 seconds.
SHIFT_STARTS = second_of_day("start_time")
SHIFT_ENDS = Case(When(end_time=MIDNIGHT, then=Value(86_400)), default=second_of_day("end_time"))


@keeps_history(exclude=[], owner="contractor")
class WorkingHours(models.Model):
    """Weekly shift of a contractor, in the contractor's time zone."""

    contractor = models.ForeignKey(
        Contractor, verbose_name=_("contractor"), on_delete=models.CASCADE, related_name="working_hours", db_index=False
    )
    day_of_week = models.PositiveSmallIntegerField(_("day of week"), choices=DAY_CHOICES)
    start_time = models.TimeField(_("start time"))
    end_time = models.TimeField(_("end time"), help_text=_("00:00 is midnight at the end of the day."))

    class Meta:
        ordering = ["day_of_week", "start_time"]
        verbose_name = verbose_name_plural = _("working hours")
        indexes = [
            # Covers the columns of a calendar, so that loading many calendars is an index-only scan.
            models.Index(
                fields=["contractor"], include=["day_of_week", "start_time", "end_time"], name="hours_of_contractor"
            )
        ]
        constraints = [
            models.CheckConstraint(condition=Q(day_of_week__lte=6), name="working_hours_day_of_week"),
            models.CheckConstraint(condition=GreaterThan(SHIFT_ENDS, SHIFT_STARTS), name="shift_starts_before_end"),
            models.CheckConstraint(
                condition=LessThanOrEqual(SHIFT_ENDS - SHIFT_STARTS, Value(int(LONGEST_SHIFT.total_seconds()))),
                name="shift_at_most_16_hours",
            ),
            # Half-open ranges of seconds: a shift can start when the previous one ends.
            ExclusionConstraint(
                name="shifts_of_a_day_do_not_overlap",
                expressions=[
                    ("contractor", RangeOperators.EQUAL),
                    ("day_of_week", RangeOperators.EQUAL),
                    (
                        Func(SHIFT_STARTS, SHIFT_ENDS, function="int4range", output_field=IntegerRangeField()),
                        RangeOperators.OVERLAPS,
                    ),
                ],
            ),
        ]
        triggers = triggers.of_hours()

    def __str__(self) -> str:
        return str(self.shift)

    @property
    def shift(self) -> Shift:
        return Shift(self.day_of_week, self.start_time, self.end_time)


@keeps_history(exclude=["created_at"], owner="contractor")
class Absence(models.Model):
    """Period in which a contractor does not work."""

    class Kind(models.TextChoices):
        LEAVE = "leave", _("Leave")
        SICKNESS = "sickness", _("Sickness")
        HOLIDAY = "holiday", _("Holiday")
        OTHER = "other", _("Other")

    contractor = models.ForeignKey(
        Contractor, verbose_name=_("contractor"), on_delete=models.CASCADE, related_name="absences"
    )
    period = DateTimeRangeField(_("period"))
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices, default=Kind.LEAVE)
    note = LineField(_("note"), max_length=200, blank=True)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    class Meta:
        verbose_name, verbose_name_plural = _("absence"), _("absences")
        ordering = ["period"]
        constraints = [
            models.CheckConstraint(
                condition=Q(period__isempty=False, period__lower_inf=False, period__upper_inf=False),
                name="absence_period_bounded",
            )
        ]
        indexes = [models.Index(fields=["contractor", "period"], name="absence_of_contractor")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {local_day(self.slot.start, UTC)} – {local_day(self.slot.end, UTC)}"

    @property
    def slot(self) -> TimeSlot:
        return TimeSlot(self.period.lower, self.period.upper)

    @slot.setter
    def slot(self, slot: TimeSlot) -> None:
        self.period = TimestamptzRange(slot.start, slot.end, "[)")


@keeps_history(exclude=["created_at"], owner="contractor")
class Rating(models.Model):
    """Rating of a contractor, for a completed job or on its own."""

    contractor = models.ForeignKey(
        Contractor, verbose_name=_("contractor"), on_delete=models.CASCADE, related_name="ratings"
    )
    # Not a foreign key: a key into `jobs`, which is above this app, would make the two depend on each other. Ratings
    # outlive their jobs: the retention service, the only one that deletes jobs, clears this column first. Unique, so
    # that a job is rated once.
    job_id = models.UUIDField(_("job id"), null=True, blank=True, unique=True)
    value = models.DecimalField(_("value"), max_digits=3, decimal_places=2)
    comment = ShortNotesField(_("comment"), max_length=1000, blank=True)
    given_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("given by"), null=True, on_delete=models.SET_NULL, related_name="+"
    )
    # By the link of a message, instead of by a user of the office. It counts the same.
    by_customer = models.BooleanField(_("given by the customer"), default=False, db_default=False)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    class Meta:
        verbose_name, verbose_name_plural = _("rating"), _("ratings")
        ordering = ["-created_at"]
        constraints = [models.CheckConstraint(condition=Q(value__gte=0, value__lte=5), name="rating_value_in_range")]

    def __str__(self) -> str:
        return gettext("{rating} for {contractor}").format(rating=self.value, contractor=self.contractor)


class Favorite(models.Model):
    """A contractor whom a user has starred: the row is at the top of this user's board."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="favorites")
    contractor = models.ForeignKey(Contractor, on_delete=models.CASCADE, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["created_at", "id"]
        constraints = [models.UniqueConstraint(fields=["owner", "contractor"], name="favorite_once")]

    def __str__(self) -> str:
        return str(self.contractor_id)
