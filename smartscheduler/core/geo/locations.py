"""The abstract model of a place: a point with its postal address and time zone."""

import zoneinfo
from decimal import Decimal

from django.core.validators import MaxValueValidator, MinLengthValidator, MinValueValidator, RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from smartscheduler.core.db.model_fields import CharField
from smartscheduler.core.db.text_fields import LineField
from smartscheduler.core.geo.blur import blurred, places_are_blurred
from smartscheduler.core.models import Record
from smartscheduler.places import Point, state_choices, time_zone_at, validate_time_zone, zone


class Location(Record):
    """A record with a point, its postal address and its time zone."""

    latitude = models.DecimalField(
        max_digits=10, decimal_places=7, validators=[MinValueValidator(Decimal(-90)), MaxValueValidator(Decimal(90))]
    )
    longitude = models.DecimalField(
        max_digits=10, decimal_places=7, validators=[MinValueValidator(Decimal(-180)), MaxValueValidator(Decimal(180))]
    )
    address = LineField(max_length=200, validators=[MinLengthValidator(5)])
    city = LineField(max_length=100, validators=[MinLengthValidator(2)])
    state = CharField(max_length=2, choices=state_choices)
    zip_code = LineField(
        _("ZIP code"), max_length=5, validators=[RegexValidator(r"^[0-9]{5}\Z", _("A ZIP code has five digits."))]
    )
    time_zone = LineField(
        max_length=64,
        blank=True,
        validators=[validate_time_zone],
        help_text=_("IANA name, such as America/Chicago. Leave it empty to use the time zone of the coordinates."),
    )

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                condition=models.Q(latitude__gte=-90, latitude__lte=90), name="%(class)s_latitude_in_range"
            ),
            models.CheckConstraint(
                condition=models.Q(longitude__gte=-180, longitude__lte=180), name="%(class)s_longitude_in_range"
            ),
            # Imports and maps write 0, 0 for a missing point.
            models.CheckConstraint(condition=~models.Q(latitude=0, longitude=0), name="%(class)s_not_at_zero"),
            models.CheckConstraint(condition=models.Q(zip_code__regex=r"^[0-9]{5}$"), name="%(class)s_zip_code_digits"),
            models.CheckConstraint(condition=~models.Q(time_zone=""), name="%(class)s_time_zone_known"),
        ]

    @property
    def exact_point(self) -> Point:
        """The stored point, for calculations of writes; never for an answer to a reader."""
        return Point(float(self.latitude), float(self.longitude))

    @property
    def point(self) -> Point:
        """The point that the present reader may see (smartscheduler.core.geo.blur)."""
        point = self.exact_point
        return blurred(point) if places_are_blurred() else point

    @property
    def zone(self) -> zoneinfo.ZoneInfo:
        return zone(self.time_zone)

    def derive_time_zone(self) -> None:
        """Fill an empty `time_zone` from the coordinates."""
        if not self.time_zone:
            self.time_zone = time_zone_at(self.exact_point)
