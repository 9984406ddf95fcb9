"""Contenders from the database in the order of their bounds, a page at a time, for one search or for many at once.

SQL and Python may differ in the last digits of a distance and in the lower case of some letters. So SQL lets through
what is doubtful, and Python has the last word.
"""

import json
from collections.abc import Iterator, Sequence
from functools import cached_property, lru_cache
from typing import Any, NamedTuple
from uuid import UUID

from assignments.eligibility import missing_skills
from assignments.local_time import day_at
from assignments.scoring import PARTS, availability_part
from recommendations.search.bounds import Sampled, ScoreBounds
from recommendations.search.query import EligibleContractor, RankingQuery
from recommendations.search.sql import BLURRED_PAGE, CLOCK_CHANGE_MINUTES, PAGE, SAMPLE
from smartscheduler.core.db.prepared import rows
from smartscheduler.core.geo.blur import places_are_blurred
from smartscheduler.core.text import fold
from smartscheduler.places import Point


@lru_cache(maxsize=2_048)
def availability_by_weekdays(first_weekday: int, days_gone: int, horizon_days: int, around: int) -> str:
    """For every set of weekdays (bit mask 0–127) the best availability part, -1 for none, as PostgreSQL writes arrays.

    `around` is 1 where a day at the site may be the one before or after on the contractor's own calendar.
    """
    days = [
        sum({1 << (first_weekday + later + near) % 7 for near in range(-around, around + 1)})
        for later in range(horizon_days + 1)
    ]
    best = (
        next((availability_part(later) for later in range(days_gone, horizon_days + 1) if days[later] & mask), -1)
        for mask in range(128)
    )
    return "{" + ",".join(map(str, best)) + "}"


class StatementParameters:
    """One search in the terms of the statements."""

    def __init__(self, search: RankingQuery) -> None:
        self.search = search
        self.bounds = ScoreBounds(search)

    @cached_property
    def values(self) -> dict[str, Any]:
        """What `QUESTION` names."""
        search, request = self.search, self.search.request
        when = search.first_day.isoweekday() % 7, search.days_gone, search.horizon_days
        return {
            "kind": request.type,
            "latitude": request.point.latitude,
            "longitude": request.point.longitude,
            "reach": self.bounds.reach,
            "here": availability_by_weekdays(*when, 0),
            "elsewhere": availability_by_weekdays(*when, 1),
            "zone": request.time_zone,
            "slack": CLOCK_CHANGE_MINUTES if self._clock_changes() else 0,
            "minutes": request.duration.total_seconds() / 60,
            "wanted": [fold(skill) for skill in request.required_skills],
        }

    def _clock_changes(self) -> bool:
        """Whether the clock at the site is set on one of the days that a slot can touch."""
        zone, days = self.search.request.zone, range(-1, self.search.horizon_days + 3)
        return len({day_at(self.search.day(later), zone).start.astimezone(zone).utcoffset() for later in days}) > 1

    def contender(
        self,
        contractor_id: UUID,
        name: str,
        rating: int,
        latitude: float,
        longitude: float,
        radius: float | None,
        skills: Sequence[str] | None,
        availability: int,
    ) -> EligibleContractor | None:
        """The contender of a row; None when Python sees that a rule fails."""
        if skills is not None and missing_skills(skills, self.search.request):
            return None
        # A road is no shorter than the line that SQL has gone by: whom it leaves out was out, and its bounds hold.
        miles = self.search.site.miles_from(Point(latitude, longitude))
        if radius is not None and miles > radius:
            return None
        return self.search.contender(contractor_id, name, rating, miles, availability)


class Page(NamedTuple):
    """Data request of a search: contenders with a bound of `least` or more that come after (`most`, `most_id`)."""

    query: StatementParameters
    least: float
    most: float
    most_id: UUID
    size: int

    @property
    def values(self) -> dict[str, Any]:
        bounds = self.query.bounds
        return {
            **self.query.values,
            "areas": list(bounds.boxes(self.least)),
            "far_rating": bounds.far_rating(self.least),
            "least": self.least,
            "most": self.most,
            "most_id": self.most_id.hex,
            "size": self.size,
        }

    def answer(self, found: list[tuple[Any, ...]]) -> "Found":
        contenders = (self.query.contender(*row[:-1]) for row in found)
        last = (found[-1][-1], found[-1][0]) if len(found) == self.size else None
        return Found([contender for contender in contenders if contender], len(found), last)


class Found(NamedTuple):
    """A page: contenders, how many rows there were, and bound and id of the last row when there may be more."""

    contenders: list[EligibleContractor]
    rows: int
    last: tuple[float, UUID] | None


class Sample(NamedTuple):
    """Data request of a search: the nearest of each region."""

    query: StatementParameters

    @property
    def values(self) -> dict[str, Any]:
        bounds = self.query.bounds
        height, width = bounds.half_sides()
        east = [region.east for region in bounds.regions]
        return {**self.query.values, "regions": east, "height": height, "width": width}

    def answer(self, found: list[tuple[Any, ...]]) -> list[Sampled]:
        return [Sampled(*row) for row in found]


def fetch(data_requests: Sequence[Page | Sample]) -> Iterator[Found | list[Sampled]]:
    """Answer data requests of one kind, in their order, by one statement."""
    search = data_requests[0].query.search
    parameters: dict[str, Any] = {
        f"w_{part}": float(weight) for part, weight in zip(PARTS, search.weights, strict=True)
    }
    parameters["max_miles"] = float(search.max_miles)
    parameters["questions"] = json.dumps([data_request.values for data_request in data_requests])
    found: list[list[tuple[Any, ...]]] = [[] for _ in data_requests]
    if statement := _statement(data_requests[0]):
        for number, *row in rows(statement, parameters):
            found[number - 1].append(tuple(row))
    return (data_request.answer(answer) for data_request, answer in zip(data_requests, found, strict=True))


def _statement(data_request: Page | Sample) -> str:
    """The statement for a data request; where places are blurred, none for the nearest: distances would be exact."""
    if places_are_blurred():
        return BLURRED_PAGE if isinstance(data_request, Page) else ""
    return PAGE if isinstance(data_request, Page) else SAMPLE
