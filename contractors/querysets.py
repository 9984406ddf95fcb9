"""Questions asked of contractors, in the words of the domain."""

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.expressions import Combinable
from django.db.models.functions import ASin, Cast, Cos, Least, Lower, Power, Radians, Sin, Sqrt

from smartscheduler.places import EARTH_RADIUS_MILES, Point

if TYPE_CHECKING:
    from contractors.models import Contractor  # noqa: F401


class ContractorQuerySet(models.QuerySet["Contractor"]):
    def active(self) -> "ContractorQuerySet":
        return self.filter(status="active")

    def serving(self, job_type: str) -> "ContractorQuerySet":
        """Contractors of the job's type, or multi."""
        return self.filter(type__in=[job_type, "multi"])

    def with_skills(self, skills: Iterable[str]) -> "ContractorQuerySet":
        """Contractors who have every one of `skills`, whatever the case."""
        wanted = [skill.lower() for skill in skills]
        if not wanted:
            return self
        # An array has no lower(); its text form has, and casts back.
        text_array = ArrayField(models.TextField())
        lowered = Cast(Lower(Cast("skills", models.TextField())), text_array)
        return self.annotate(lowered_skills=lowered).filter(lowered_skills__contains=wanted)  # type: ignore[misc]  # an annotation the stubs take for text

    def reaching(self, site: Point) -> "ContractorQuerySet":
        """Contractors whose service radius reaches `site`, give or take a hundredth of a mile.

        SQL and Python may differ in the last digits of a distance; the caller has the last word.
        """
        return self.filter(
            models.Q(service_radius_miles__isnull=True)
            | models.Q(service_radius_miles__gte=_miles_from(site) - models.Value(0.01))
        )

    def locked(self) -> "ContractorQuerySet":
        """The same rows, locked against other writers in the order of their ids; they may still be referred to."""
        return self.select_for_update(no_key=True, of=("self",)).order_by("pk")

    def same_place_and_name(self, *, name: str, latitude: object, longitude: object) -> "ContractorQuerySet":
        """Likely duplicates: the same name, whatever its case, within about ten metres."""
        near = models.Value(0.0001)
        return self.filter(
            name__iexact=name.strip(),
            latitude__range=(models.Value(latitude) - near, models.Value(latitude) + near),
            longitude__range=(models.Value(longitude) - near, models.Value(longitude) + near),
        )


def _miles_from(site: Point) -> Combinable:
    """Great-circle miles from `site` in SQL, by the formula of `places.great_circle_miles`."""
    latitude = Radians(Cast("latitude", models.FloatField()))
    longitude = Radians(Cast("longitude", models.FloatField()))
    here = Point(*map(math.radians, site))
    h = Power(Sin((latitude - models.Value(here.latitude)) / 2.0), 2.0) + models.Value(math.cos(here.latitude)) * Cos(
        latitude
    ) * Power(Sin((longitude - models.Value(here.longitude)) / 2.0), 2.0)
    return models.Value(2 * EARTH_RADIUS_MILES) * ASin(Least(models.Value(1.0), Sqrt(h)))
