"""Jobs of a new plan: ids, or a filter of the job list, narrowed by an area and frozen into ids."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, cast
from uuid import UUID

from django.http import QueryDict
from django.utils.translation import gettext, ngettext

from jobs.filters import JobFilter
from jobs.models import Job
from jobs.querysets import JobQuerySet
from smartscheduler.core.geo.zip_codes import middle_of
from smartscheduler.errors import InvalidInput
from smartscheduler.places import Point, great_circle_miles

# Open jobs that an area is applied to.
MOST_READ = 20_000
# ZIP codes from which distances are measured.
MOST_CENTERS = 20


@dataclass(frozen=True, kw_only=True)
class Area:
    """Jobs within `miles` of one of the centers, or in ZIP codes. Narrows the jobs of a plan, never its contractors."""

    centers: tuple[Point, ...] = ()
    miles: float = 0
    zip_codes: frozenset[str] = frozenset()

    @classmethod
    def around_zip_codes(cls, zip_codes: Collection[str], miles: float, *, field: str) -> "Area":
        """Raises InvalidInput that names the ZIP codes without a known location, or if there are too many."""
        if len(zip_codes) > MOST_CENTERS:
            message = gettext("Distances are measured from at most {most} ZIP codes.")
            raise InvalidInput.of(field, message.format(most=MOST_CENTERS))
        middles = {zip_code: middle_of(zip_code) for zip_code in zip_codes}
        unknown = [zip_code for zip_code, middle in middles.items() if middle is None]
        if unknown:
            message = ngettext(
                "The location of this ZIP code is unknown: {zip_codes}.",
                "The locations of these ZIP codes are unknown: {zip_codes}.",
                len(unknown),
            )
            raise InvalidInput.of(field, message.format(zip_codes=", ".join(unknown)))
        return cls(centers=tuple(middle.point for middle in middles.values() if middle), miles=miles)

    def has(self, latitude: Decimal, longitude: Decimal, zip_code: str) -> bool:
        if self.zip_codes:
            return zip_code in self.zip_codes
        point = Point(float(latitude), float(longitude))
        return not self.centers or any(great_circle_miles(center, point) <= self.miles for center in self.centers)


EVERYWHERE = Area()


def ids_in(ids: Collection[UUID], area: Area) -> list[UUID]:
    """The ids without those of jobs outside the area. Ids that no job has stay, for the check of the scope."""
    places = Job.objects.filter(pk__in=ids).values_list("pk", "latitude", "longitude", "zip_code")
    outside = {pk for pk, latitude, longitude, zip_code in places if not area.has(latitude, longitude, zip_code)}
    return [pk for pk in ids if pk not in outside]


def filtered_jobs(filters: Mapping[str, Any]) -> JobQuerySet:
    """Jobs that match filters of the job list of the API. Raises InvalidInput, by the name of the filter."""
    query = QueryDict(mutable=True)
    for name, value in filters.items():
        query.setlist(name, [str(each) for each in (value if isinstance(value, list) else [value])])
    chosen = JobFilter(query, queryset=Job.objects.all())
    if not chosen.is_valid():
        errors = {f"filter.{name}": [str(text) for text in texts] for name, texts in chosen.errors.items()}
        raise InvalidInput(gettext("The filter is not valid."), errors=errors)
    return cast(JobQuerySet, chosen.qs)


def open_ids(jobs: JobQuerySet, area: Area = EVERYWHERE) -> list[UUID]:
    """Ids of the open ones of these jobs that are in the area, most urgent first; at most MOST_READ are looked at."""
    places = jobs.open().by_urgency().values_list("pk", "latitude", "longitude", "zip_code")[:MOST_READ]
    return [pk for pk, latitude, longitude, zip_code in places if area.has(latitude, longitude, zip_code)]
