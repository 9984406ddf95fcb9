"""Jobs of a new plan: ids, or a filter of the job list, narrowed by an area and frozen into ids."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, cast
from uuid import UUID

from django.http import QueryDict
from django.utils.translation import gettext

from jobs.filters import JobFilter
from jobs.models import Job
from jobs.querysets import JobQuerySet
from smartscheduler.core.geo.zip_codes import middle_of
from smartscheduler.errors import InvalidInput
from smartscheduler.places import Point, great_circle_miles

# Open jobs that an area is applied to.
MOST_READ = 20_000


@dataclass(frozen=True, kw_only=True)
class Area:
    """Jobs within `miles` of a center, or in ZIP codes. Narrows the jobs of a plan, never its contractors."""

    center: Point | None = None
    miles: float = 0
    zip_codes: frozenset[str] = frozenset()

    @classmethod
    def around_zip_code(cls, zip_code: str, miles: float, *, field: str = "area.zip_code") -> "Area":
        """Raises InvalidInput for a ZIP code without a known location."""
        middle = middle_of(zip_code)
        if middle is None:
            raise InvalidInput.of(field, gettext("The location of this ZIP code is unknown."))
        return cls(center=Point(float(middle.latitude), float(middle.longitude)), miles=miles)

    def has(self, latitude: Decimal, longitude: Decimal, zip_code: str) -> bool:
        if self.zip_codes:
            return zip_code in self.zip_codes
        point = Point(float(latitude), float(longitude))
        return self.center is None or great_circle_miles(self.center, point) <= self.miles


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
