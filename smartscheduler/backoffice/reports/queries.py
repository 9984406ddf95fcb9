"""What the reports are made of. A day is a day at the job's site; both ends of the range belong to it.

Choices and waits belong to the day on which a booking was made, the rest to the day on which its slot begins.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db import connection

# A start counts as on time up to so long after the slot's.
GRACE = timedelta(minutes=15)
MOST_REASONS = 10
# A calendar day anywhere lies within a day of the same day in UTC: bounds that an index can use.
SLACK = "interval '1 day'"

BOOKINGS = "FROM assignments_assignment booking JOIN jobs_job job ON job.id = booking.job_id"
DAY = "(lower(booking.time_slot) AT TIME ZONE job.time_zone)::date"


def in_range(moment: str) -> str:
    """SQL: whether the day of an instant at the site is in the range; the calendar is only asked near its ends."""
    return f"""
    {moment} >= %(since)s::date - {SLACK} AND {moment} < %(until)s::date + 2 * {SLACK} AND CASE
        WHEN {moment} >= %(since)s::date + {SLACK} AND {moment} < %(until)s::date THEN true
        ELSE ({moment} AT TIME ZONE job.time_zone)::date BETWEEN %(since)s AND %(until)s END"""


MADE, BEGINS = in_range("booking.created_at"), in_range("lower(booking.time_slot)")
# The first booking of a job ends its wait; those that follow a cancellation do not.
WAITS = f"""
SELECT job.job_number, job.type, job.city, job.state, job.priority, job.created_at, booking.created_at
{BOOKINGS} WHERE {MADE} AND NOT EXISTS (
    SELECT FROM assignments_assignment earlier
    WHERE earlier.job_id = booking.job_id AND (earlier.created_at, earlier.id) < (booking.created_at, booking.id)
)
"""  # noqa: S608  (our own text)
# In each of these the row without a group is that of all.
WAITING = f"""
SELECT width_bucket(waited, ARRAY[3600, 14400, 86400, 259200, 604800]) AS bucket, count(*),
       percentile_cont(0.5) WITHIN GROUP (ORDER BY waited), percentile_cont(0.9) WITHIN GROUP (ORDER BY waited)
FROM (SELECT extract(epoch FROM booked - created) AS waited FROM ({WAITS})
      waits (job_number, type, city, state, priority, created, booked)) first
GROUP BY GROUPING SETS ((bucket), ())
"""  # noqa: S608  (our own text)
SPREAD_LABELS = ("under 1 h", "1–4 h", "4–24 h", "1–3 days", "3–7 days", "over 7 days")
# Bookings without a rank (the contractor was in no ranking at all) count as another choice than the first.
CHOICES = f"""
SELECT CASE WHEN rank IS NULL THEN 7 WHEN rank > 5 THEN 6 ELSE rank END AS place, count(*),
       count(*) FILTER (WHERE rank = 1), count(*) FILTER (WHERE override_reason <> '')
{BOOKINGS} WHERE {MADE} GROUP BY GROUPING SETS ((place), ())
"""
RANK_LABELS = ("1", "2", "3", "4", "5", "6 or more", "no rank")
OVERRIDES = f"""
SELECT override_reason, count(*) {BOOKINGS} WHERE {MADE} AND override_reason <> '' GROUP BY 1 ORDER BY 2 DESC, 1
"""
CANCEL_REASONS = f"""
SELECT booking.cancel_reason, count(*) {BOOKINGS} WHERE booking.status = 'cancelled' AND {BEGINS}
GROUP BY 1 ORDER BY 2 DESC, 1
"""
WEEKLY = f"""
SELECT week, count(*), count(*) FILTER (WHERE status = 'cancelled'), count(started_at),
       count(*) FILTER (WHERE started_at <= starts + %(grace)s),
       percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM started_at - starts))
FROM (SELECT date_trunc('week', {DAY})::date AS week, booking.status, booking.started_at,
             lower(booking.time_slot) AS starts {BOOKINGS} WHERE {BEGINS}) begun
GROUP BY GROUPING SETS ((week), ()) ORDER BY week
"""  # noqa: S608  (our own text)


@dataclass(frozen=True)
class Share:
    """So many of so many."""

    part: int
    whole: int

    @property
    def percent(self) -> int | None:
        return round(100 * self.part / self.whole) if self.whole else None


@dataclass(frozen=True)
class Week:
    """The bookings whose slots begin in one week (it begins on the Monday)."""

    monday: date
    bookings: int
    cancelled: int
    started: int
    on_time: int


@dataclass(frozen=True)
class Report:
    since: date
    until: date
    waited: int
    median_wait: timedelta | None
    slow_wait: timedelta | None
    spread: list[tuple[str, int]]
    first_choice: Share
    overridden: Share
    ranks: list[tuple[str, int]]
    override_reasons: list[tuple[str, int]]
    cancelled: Share
    cancel_reasons: list[tuple[str, int]]
    on_time: Share
    median_delay: timedelta | None
    weeks: list[Week]

    @property
    def is_empty(self) -> bool:
        return not (self.waited or self.first_choice.whole or self.cancelled.whole)


@dataclass(frozen=True)
class Headline:
    """The figures above the report, and those of the time before."""

    median_wait: timedelta | None
    first_choice: Share
    cancelled: Share
    on_time: Share


def report(since: date, until: date) -> Report:
    """The figures from `since` to `until`, in five statements."""
    values = _values(since, until)
    waits, choices, begun = (_groups(query, values) for query in (WAITING, CHOICES, WEEKLY))
    waited, median, slow = waits[None]
    made, first, overridden = choices[None]
    slots, cancelled, started, on_time, delay = begun[None]
    return Report(
        since=since,
        until=until,
        waited=waited,
        median_wait=_seconds(median),
        slow_wait=_seconds(slow),
        spread=_labelled(SPREAD_LABELS, waits, first=0),
        first_choice=Share(first, made),
        overridden=Share(overridden, made),
        ranks=_labelled(RANK_LABELS, choices, first=1),
        override_reasons=_reasons(OVERRIDES, values),
        cancelled=Share(cancelled, slots),
        cancel_reasons=_reasons(CANCEL_REASONS, values),
        on_time=Share(on_time, started),
        median_delay=_seconds(delay),
        weeks=[Week(week, *found[:4]) for week, found in begun.items() if week],
    )


def headline(since: date, until: date) -> Headline:
    """Only what stands above, for a comparison: three statements."""
    values = _values(since, until)
    waits, choices, begun = (_groups(query, values)[None] for query in (WAITING, CHOICES, WEEKLY))
    slots, cancelled, started, on_time, _ = begun
    return Headline(_seconds(waits[1]), Share(choices[1], choices[0]), Share(cancelled, slots), Share(on_time, started))


def _groups(query: str, values: dict[str, Any]) -> dict[Any, tuple]:
    """The figures of each group, and under None those of all."""
    return {group: tuple(figures) for group, *figures in rows(query, values)}


def _values(since: date, until: date) -> dict[str, Any]:
    return {"since": since, "until": until, "grace": GRACE}


def _labelled(labels: tuple[str, ...], found: dict[Any, tuple], *, first: int) -> list[tuple[str, int]]:
    """A count for each label, in their order; `first` is the number of the first one."""
    return [(label, found[number][0] if number in found else 0) for number, label in enumerate(labels, start=first)]


def _reasons(query: str, values: dict[str, Any]) -> list[tuple[str, int]]:
    return [(reason, count) for reason, count in rows(f"{query} LIMIT {MOST_REASONS}", values)]


def _seconds(found: Any) -> timedelta | None:
    return None if found is None else timedelta(seconds=round(float(found)))


def rows(query: str, values: dict[str, Any]) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        return list(cursor.fetchall())
