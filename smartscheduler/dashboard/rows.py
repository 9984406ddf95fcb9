"""The rows of the board: which contractors, in which order and groups, one page at a time.

PostgreSQL filters and sorts all contractors; Python sees only those of the page. Only “can take the selected job” asks
the availability engine, for at most MOST_CHECKED contractors.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import reduce
from operator import or_
from typing import Any
from uuid import UUID

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Aggregate, BooleanField, Case, Count, F, FloatField, Func, Q, TextField, Value, When
from django.db.models.expressions import RawSQL
from django.db.models.functions import Concat, Left, Lower
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from assignments.drop_targets import drop_targets_on
from contractors.models import Contractor, Favorite
from contractors.querysets import ContractorQuerySet
from jobs.models import Job
from smartscheduler.core.formatting import hours_and_minutes, local_time
from smartscheduler.core.geo.blur import DECIMALS, places_are_blurred
from smartscheduler.core.text import LazyText
from smartscheduler.dashboard.axis import ONE_DAY, Axis
from smartscheduler.dashboard.free_time import by_free_time
from smartscheduler.dashboard.question import Question
from smartscheduler.places import EARTH_RADIUS_MILES
from smartscheduler.rules.values import Rules

# The filter “can take the selected job” asks the availability engine about this many, the nearest first.
MOST_CHECKED = 400
# Miles by which the database may find a contractor too far away for an exact check.
RADIUS_MARGIN = 0.01


@dataclass(frozen=True)
class Grouping:
    """A way to group rows: the SQL key that orders the groups, and the heading of a group."""

    key: Func
    heading: Callable[[str, str], LazyText]


# `heading` gets the key and the most frequent place of the group, such as `Austin, TX`.
GROUPINGS: dict[str, Grouping] = {
    "city": Grouping(Lower(Concat("state", Value(" "), "city", output_field=TextField())), lambda key, place: place),
    # The first three digits of a ZIP code are the area of a postal center: a metro area or a part of one.
    "metro": Grouping(
        Left("zip_code", 3),
        lambda key, place: gettext("{place} area (ZIP {digits}…)").format(place=place, digits=key),
    ),
}


@dataclass(frozen=True)
class Group:
    """Heading of a group of rows, with its number of contractors."""

    key: str
    name: LazyText
    count: int


@dataclass(frozen=True)
class Row:
    """A contractor of the board: the position from 1, and what the order says about the contractor."""

    contractor: Contractor
    position: int = 0
    starred: bool = False
    group: Group | None = None
    note: str = ""


@dataclass(frozen=True)
class RowPage:
    """One page of rows. `unchecked` contractors were too many for the filter by the selected job."""

    rows: list[Row]
    total: int
    job: Job | None = None
    unchecked: int = 0

    @property
    def first(self) -> int:
        return self.rows[0].position if self.rows else 1

    @property
    def last(self) -> int:
        return self.rows[-1].position if self.rows else 0

    @property
    def checked(self) -> int:
        return MOST_CHECKED


def page_of(question: Question, axis: Axis, now: datetime, rules: Rules) -> RowPage:
    """The page of rows that `question` asks for."""
    listing, unchecked = _listing(question, axis, now, rules)
    offset = listing.offset_of(question.at, question.rows) if question.at else question.row - 1
    rows, total = listing.page(offset, question.rows)
    if not rows and offset:
        # The position is beyond the end.
        rows, total = listing.page(max(0, listing.people.count() - question.rows), question.rows)
    return RowPage(rows, total, listing.job, unchecked)


def matching(question: Question, axis: Axis, now: datetime, rules: Rules) -> ContractorQuerySet:
    """All contractors who match the filters, unordered."""
    listing, _unchecked = _listing(question, axis, now, rules)
    return listing.people.order_by()


def some_rows(ids: Collection[UUID], question: Question, axis: Axis, now: datetime, rules: Rules) -> list[Row]:
    """The rows of these contractors that match the filters, without their positions and groups."""
    listing, _unchecked = _listing(question, axis, now, rules, ids)
    rows, _total = listing.page(0, len(ids))
    return rows


def _listing(
    question: Question, axis: Axis, now: datetime, rules: Rules, ids: Collection[UUID] | None = None
) -> tuple["Listing", int]:
    people, job, unchecked = question.people(axis), None, 0
    if ids is not None:
        people = people.filter(pk__in=ids)
    if question.for_job and (question.able or question.sort == "distance"):
        job = Job.objects.filter(pk=question.for_job).first()
    if question.able and job:
        people, unchecked = _able(people, job, axis, rules)
    return Listing(question, people, axis, now, job), unchecked


def _able(people: ContractorQuerySet, job: Job, axis: Axis, rules: Rules) -> tuple[ContractorQuerySet, int]:
    """Those of `people` who have a start time for `job` on these days; and how many were too many to check."""
    # A day of the board can begin on the day before, or end on the day after, by the clock of a contractor.
    days = [axis.first - ONE_DAY, *axis.dates, axis.last + ONE_DAY]
    weekdays = reduce(or_, (1 << (day.isoweekday() % 7) for day in days))
    near = (
        people.filter(status="active", type__in=[job.type, Contractor.Type.MULTI])
        .with_skills(job.required_skills)
        .annotate(miles=miles_to(job))
        .alias(works=RawSQL("weekdays & %s > 0", [weekdays], output_field=BooleanField()))
        .filter(Q(service_radius_miles__isnull=True) | Q(service_radius_miles__gte=F("miles") - RADIUS_MARGIN))
        .filter(works=True)
        .order_by("miles", "name", "pk")
    )
    checked = list(near[:MOST_CHECKED])
    unchecked = near.count() - MOST_CHECKED if len(checked) == MOST_CHECKED else 0
    targets = drop_targets_on(job, checked, axis.window, rules)
    return people.filter(pk__in=[pk for pk, target in targets.items() if target.starts]), unchecked


def miles_to(job: Job) -> RawSQL:
    """Great-circle miles from a contractor's base to the site (haversine formula), blurred for the present reader."""
    names = ("latitude", "longitude")
    columns = [f"contractors_contractor.{name}" for name in names]
    if places_are_blurred():
        columns = [f"round({column}, {DECIMALS})" for column in columns]
    latitude, longitude = (f"{column}::float8" for column in columns)
    site = job.point
    sql = f"""{2 * EARTH_RADIUS_MILES} * asin(least(1, sqrt(
        power(sin(radians({latitude} - %s) / 2), 2)
        + cos(radians(%s)) * cos(radians({latitude})) * power(sin(radians({longitude} - %s) / 2), 2))))"""
    return RawSQL(sql, [site.latitude, site.latitude, site.longitude], output_field=FloatField())  # noqa: S611


class MostFrequent(Aggregate):
    """The most frequent text; the first in the alphabet among equals."""

    template = "mode() WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = TextField()


@dataclass(frozen=True)
class Listing:
    """All rows of a question in their order, of which pages can be read."""

    question: Question
    people: ContractorQuerySet
    axis: Axis
    now: datetime
    job: Job | None

    def page(self, offset: int, size: int) -> tuple[list[Row], int]:
        """Rows `offset` to `offset + size`, and the number of all. Two queries, and one for the headings of groups."""
        try:
            sql, parameters = self._statement()
        except EmptyResultSet:  # the filters exclude each other
            return [], 0
        counted = f"SELECT listing.*, count(*) OVER () FROM ({sql}) listing LIMIT %s OFFSET %s"  # noqa: S608  (our own text)
        values = _query(counted, [*parameters, size, offset])
        contractors = Contractor.objects.in_bulk([pk for pk, *_rest in values])
        groups = self._groups({key for _pk, _value, key, *_rest in values})
        rows = [
            Row(
                contractors[pk],
                position=position,
                starred=not is_other,
                group=groups.get(key),
                note=self._note(contractors[pk], value),
            )
            for position, (pk, value, key, is_other, _total) in enumerate(values, start=offset + 1)
            if pk in contractors
        ]
        return rows, values[0][-1] if values else 0

    def offset_of(self, contractor: UUID, size: int) -> int:
        """The offset of a page with the row of `contractor` in its middle; 0 if there is no such row."""
        try:
            sql, parameters = self._statement()
        except EmptyResultSet:
            return 0
        numbered = f"SELECT id, row_number() OVER () AS number FROM ({sql}) listing"  # noqa: S608  (our own text)
        values = _query(f"SELECT number FROM ({numbered}) numbered WHERE id = %s", [*parameters, contractor])  # noqa: S608
        return max(0, values[0][0] - 1 - size // 2) if values else 0

    def _statement(self) -> tuple[str, list[Any]]:
        """SQL of the ids in order, each with the value of the order, the key of its group, and false for favorites."""
        sort = self.question.sort
        people: Any = self.people.order_by().annotate(group_key=self._group_key, is_other=self._is_other)
        if sort in {"next_free", "hours_free"}:
            people = people.annotate(zone=F("time_zone"))
            return by_free_time(people, sort=sort, axis=self.axis, now=self.now)
        order, value = self._order()
        groups = ["group_key"] if self._grouping else []
        people = people.annotate(value=value).order_by("is_other", *groups, *order)
        sql, parameters = people.values_list("id", "value", "group_key", "is_other").query.sql_with_params()
        return sql, list(parameters)

    def _order(self) -> tuple[Sequence[Any], Any]:
        """The order within a group, and the value that is shown of it."""
        by_name = ("name", "id")
        if self.question.sort == "rating":
            return ("-rating", *by_name), F("rating")
        if self.question.sort == "distance" and self.job:
            return ("value", *by_name), miles_to(self.job)
        return by_name, Value(None, output_field=TextField())

    @property
    def _favorites(self) -> Q:
        return Q(pk__in=Favorite.objects.filter(owner=self.question.reader).order_by().values("contractor"))

    @property
    def _is_other(self) -> Any:
        """False for favorites, which therefore come first."""
        is_favorite = When(self._favorites, then=Value(False))
        return Case(is_favorite, default=Value(True), output_field=BooleanField())

    @property
    def _grouping(self) -> Grouping | None:
        return GROUPINGS.get(self.question.group)

    @property
    def _group_key(self) -> Any:
        """The key of a contractor's group; empty for favorites, which are a group of their own."""
        if self._grouping is None:
            return Value(None, output_field=TextField())
        is_favorite = When(self._favorites, then=Value(""))
        return Case(is_favorite, default=self._grouping.key, output_field=TextField())

    def _groups(self, keys: set[str]) -> dict[str, Group]:
        """The groups with these keys, by key."""
        grouping = self._grouping
        if grouping is None or not keys:
            return {}
        place = MostFrequent(Concat("city", Value(", "), "state", output_field=TextField()))
        members = self.people.order_by().annotate(group_key=self._group_key).filter(group_key__in=keys)
        counted = members.values("group_key").annotate(count=Count("pk"), place=place)
        return {
            key: Group(key, grouping.heading(key, place) if key else _("Favorites"), count)
            for key, count, place in counted.values_list("group_key", "count", "place")
        }

    def _note(self, contractor: Contractor, value: Any) -> str:
        """What the order says about a contractor: `6 h 30 min free`."""
        sort = self.question.sort
        if sort == "rating":
            return gettext("{rating} stars").format(rating=value) if contractor.rating_count else gettext("not rated")
        if sort == "distance" and self.job:
            return gettext("{miles} mi").format(miles=f"{value:.1f}")
        if sort == "hours_free":
            return gettext("{hours} free").format(hours=hours_and_minutes(value)) if value else gettext("not free")
        if sort == "next_free":
            return self._next_free(contractor, value)
        return ""

    def _next_free(self, contractor: Contractor, value: datetime | None) -> str:
        if value is None:
            return gettext("not free within a week")
        if value - self.now < timedelta(minutes=1):
            return gettext("free now")
        return gettext("free {time}").format(time=local_time(value, contractor.zone))


def _query(sql: str, parameters: list[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        records: list[tuple[Any, ...]] = cursor.fetchall()
    return records
