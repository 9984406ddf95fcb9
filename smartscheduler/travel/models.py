"""Road distances that providers have given, and what was spent on them."""

from django.db import models
from django.db.models import F, Q

from smartscheduler.places import Point
from smartscheduler.travel.geocells import center

GREAT_CIRCLE = "great_circle"


class TravelEstimate(models.Model):
    """The drive from one place to another. With the source `great_circle` it says that no provider knows a road."""

    origin = models.BigIntegerField(help_text="The place where the drive begins (travel.cells).")
    destination = models.BigIntegerField(help_text="The place where it ends.")
    miles = models.FloatField()
    minutes = models.IntegerField()
    pessimistic_minutes = models.IntegerField(null=True, help_text="With bad traffic, where the provider says so.")
    source = models.CharField(max_length=20)
    note = models.CharField(max_length=60, blank=True, help_text="Why no road is known.")
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
    """Somebody is asking about this drive: nobody else does before `until`."""

    origin = models.BigIntegerField()
    destination = models.BigIntegerField()
    owner = models.UUIDField()
    until = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["origin", "destination"], name="travel_claim_one_a_pair")]

    def __str__(self) -> str:
        return f"{self.origin} → {self.destination} until {self.until}"


class ProviderDay(models.Model):
    """What was asked of a provider on one day (UTC), and how it ended last."""

    provider = models.CharField(max_length=20)
    day = models.DateField()
    spent = models.IntegerField(default=0, help_text="Elements or requests, as the provider counts them.")
    calls = models.IntegerField(default=0)
    failures = models.IntegerField(default=0)
    refused = models.IntegerField(default=0, help_text="Elements of answers that made no sense or had no road.")
    error = models.CharField(max_length=200, blank=True)
    error_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["provider", "day"], name="travel_provider_day_once"),
            models.CheckConstraint(condition=Q(spent__gte=0), name="travel_spent_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.provider} on {self.day}: {self.spent}"
