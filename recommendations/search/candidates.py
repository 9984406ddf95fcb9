"""Contenders from the database in the order of their bounds, a page at a time, for one or many searches.

SQL and Python may differ in the last digits of a distance and in the lower case of some letters. So SQL lets doubtful
rows through, and Python decides.
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
def availability_by_weekdays(first_weekday: int, first_offset: int, horizon_days: int, around: int) -> str:
    """The best possible availability part for each set of weekdays, as a PostgreSQL array of 128 integers.

    The index is a bit mask of the weekdays on which a contractor works; bit 0 is Sunday. A set without any of the
    requested days, `first_offset` to `horizon_days` after the desired date, has -1. `first_weekday` is that of the
    desired date. `around` is 1 for contractors in other time zones: a day at the site overlaps the day before
    or after in theirs.
    """
    # For each requested day, the mask of the contractor's weekdays that it can overlap.
    days = {
        later: sum({1 << (first_weekday + later + offset) % 7 for offset in range(-around, around + 1)})
        for later in range(first_offset, horizon_days + 1)
    }
    best = (next((availability_part(later) for later in days if days[later] & mask), -1) for mask in range(128))
    return "{" + ",".join(map(str, best)) + "}"


class StatementParameters:
    """The parameters that describe one search in both statements."""

    def __init__(self, search: RankingQuery) -> None:
        self.search = search
        self.bounds = ScoreBounds(search)

    @cached_property
    def values(self) -> dict[str, Any]:
        """The columns of `QUESTION`."""
        search, request = self.search, self.search.request
        days = search.first_day.isoweekday() % 7, search.first_open_offset, search.horizon_days
        return {
            "kind": request.type,
            "latitude": request.point.latitude,
            "longitude": request.point.longitude,
            "reach": self.bounds.reach,
            "availability_here": availability_by_weekdays(*days, 0),
            "availability_elsewhere": availability_by_weekdays(*days, 1),
            "zone": request.time_zone,
            "slack": CLOCK_CHANGE_MINUTES if self._clock_changes() else 0,
            "minutes": request.duration.total_seconds() / 60,
            "required_skills": [fold(skill) for skill in request.required_skills],
            "refused": [contractor_id.hex for contractor_id in request.refused],
        }

    def _clock_changes(self) -> bool:
        """Whether daylight saving time starts or ends at the site on a day that a slot can touch."""
        zone, days = self.search.request.zone, range(self.search.first_offset - 1, self.search.horizon_days + 3)
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
        """The contender of a row; None if a requirement fails by the exact rules of Python."""
        if contractor_id in self.search.request.refused:
            return None
        if skills is not None and missing_skills(skills, self.search.request):
            return None
        # SQL uses straight lines. A road is never shorter, so the contractors that SQL excluded are out of reach by
        # road too, and its bounds hold.
        miles = self.search.site.miles_from(Point(latitude, longitude))
        if radius is not None and miles > radius:
            return None
        return self.search.contender(contractor_id, name, rating, miles, availability)


class Page(NamedTuple):
    """Data request of a search: the next contenders, by descending bound and id.

    Their bound is at least `least`, and they come after (`most`, `most_id`); at most `size` rows.
    """

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

    def answer(self, page: list[tuple[Any, ...]]) -> "PageResult":
        contenders = (self.query.contender(*row[:-1]) for row in page)
        last = (page[-1][-1], page[-1][0]) if len(page) == self.size else None
        return PageResult([contender for contender in contenders if contender], len(page), last)


class PageResult(NamedTuple):
    """Answer to a Page: contenders, the number of rows, and bound and id of the last row if there may be more."""

    contenders: list[EligibleContractor]
    rows: int
    last: tuple[float, UUID] | None


class Sample(NamedTuple):
    """Data request of a search: the nearest contractors of each region."""

    query: StatementParameters

    @property
    def values(self) -> dict[str, Any]:
        bounds = self.query.bounds
        height, width = bounds.half_sides()
        east = [region.east for region in bounds.regions]
        return {**self.query.values, "regions": east, "height": height, "width": width}

    def answer(self, sample: list[tuple[Any, ...]]) -> list[Sampled]:
        return [Sampled(*row) for row in sample]


def fetch(data_requests: Sequence[Page | Sample]) -> Iterator[PageResult | list[Sampled]]:
    """Answer data requests of one type, in their order, by one statement."""
    search = data_requests[0].query.search
    parameters: dict[str, Any] = {
        f"w_{part}": float(weight) for part, weight in zip(PARTS, search.weights, strict=True)
    }
    parameters["max_miles"] = float(search.max_miles)
    parameters["questions"] = json.dumps([data_request.values for data_request in data_requests])
    answers: list[list[tuple[Any, ...]]] = [[] for _ in data_requests]
    if statement := _statement(data_requests[0]):
        for number, *row in rows(statement, parameters):
            answers[number - 1].append(tuple(row))
    return (data_request.answer(answer) for data_request, answer in zip(data_requests, answers, strict=True))


def _statement(data_request: Page | Sample) -> str:
    """The statement for a data request. With blurred places there is no sample, because it uses exact distances."""
    if places_are_blurred():
        return BLURRED_PAGE if isinstance(data_request, Page) else ""
    return PAGE if isinstance(data_request, Page) else SAMPLE
