"""Road distances from providers, leases of running lookups, and daily use of each provider."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from smartscheduler.places import Point
from smartscheduler.travel.geocells import center

GREAT_CIRCLE = "great_circle"


class TravelEstimate(models.Model):
    """The drive from one cell to another. The source `great_circle` means that no provider knows a road."""

    origin = models.BigIntegerField(help_text=_("Geocell where the drive starts."))
    destination = models.BigIntegerField(help_text=_("Geocell where the drive ends."))
    miles = models.FloatField()
    minutes = models.IntegerField()
    pessimistic_minutes = models.IntegerField(
        null=True, help_text=_("Minutes in heavy traffic, if the provider reports them.")
    )
    source = models.CharField(max_length=20)
    note = models.CharField(max_length=60, blank=True, help_text=_("Why no road is known."))
    fetched_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["destination", "origin"], name="travel_estimate_back"),
            models.Index(fields=["fetched_at"], name="travel_estimate_age"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["origin", "destination"], name="travel_estimate_one_a_pair"),
            models.CheckConstraint(condition=~Q(origin=F("destination")), name="travel_estimate_goes_somewhere"),
            models.CheckConstraint(condition=Q(miles__gte=0, minutes__gte=0), name="travel_estimate_not_negative"),
            models.CheckConstraint(
                condition=Q(pessimistic_minutes__isnull=True) | Q(pessimistic_minutes__gte=0),
                name="travel_estimate_pessimism_not_negative",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.from_point} → {self.to_point}: {self.miles:.1f} miles ({self.source})"

    @property
    def from_point(self) -> Point:
        return center(self.origin)

    @property
    def to_point(self) -> Point:
        return center(self.destination)


class TravelClaim(models.Model):
    """A lease: its owner is requesting this drive, and no other worker does before `until`."""

    origin = models.BigIntegerField()
    destination = models.BigIntegerField()
    owner = models.UUIDField()
    until = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["origin", "destination"], name="travel_claim_one_a_pair")]

    def __str__(self) -> str:
        return f"{self.origin} → {self.destination} until {self.until}"


class ProviderDay(models.Model):
    """Use of a provider on one day (UTC), and its last error."""

    provider = models.CharField(max_length=20)
    day = models.DateField()
    spent = models.IntegerField(default=0, help_text=_("Matrix elements or requests, as the provider counts them."))
    calls = models.IntegerField(default=0)
    failures = models.IntegerField(default=0)
    refused = models.IntegerField(default=0, help_text=_("Matrix elements without a road or with implausible values."))
    error = models.CharField(max_length=200, blank=True)
    error_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["provider", "day"], name="travel_provider_day_once"),
            models.CheckConstraint(condition=Q(spent__gte=0), name="travel_spent_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.provider} on {self.day}: {self.spent}"
