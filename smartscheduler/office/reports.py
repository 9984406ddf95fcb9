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
MADE = f"""booking.created_at >= %(since)s::date - {SLACK} AND booking.created_at < %(until)s::date + 2 * {SLACK}
AND (booking.created_at AT TIME ZONE job.time_zone)::date BETWEEN %(since)s AND %(until)s"""
DAY = "(lower(booking.time_slot) AT TIME ZONE job.time_zone)::date"
BEGINS = f"""lower(booking.time_slot) >= %(since)s::date - {SLACK}
AND lower(booking.time_slot) < %(until)s::date + 2 * {SLACK} AND {DAY} BETWEEN %(since)s AND %(until)s"""

# The first booking of a job ends its wait; those that follow a cancellation do not.
WAITS = f"""
SELECT job.job_number, job.type, job.city, job.state, job.priority, job.created_at, booking.created_at
{BOOKINGS} WHERE {MADE} AND NOT EXISTS (
    SELECT FROM assignments_assignment earlier
    WHERE earlier.job_id = booking.job_id AND (earlier.created_at, earlier.id) < (booking.created_at, booking.id)
)
"""  # noqa: S608  (our own text)
WAITING = f"""
SELECT count(*), percentile_cont(0.5) WITHIN GROUP (ORDER BY waited),
       percentile_cont(0.9) WITHIN GROUP (ORDER BY waited)
FROM (SELECT extract(epoch FROM booked - created) AS waited FROM ({WAITS})
      waits (job_number, type, city, state, priority, created, booked)) first
"""  # noqa: S608  (our own text)
SPREAD = f"""
SELECT width_bucket(extract(epoch FROM booked - created), ARRAY[3600, 14400, 86400, 259200, 604800]), count(*)
FROM ({WAITS}) waits (job_number, type, city, state, priority, created, booked) GROUP BY 1 ORDER BY 1
"""  # noqa: S608  (our own text)
SPREAD_LABELS = ("under 1 h", "1–4 h", "4–24 h", "1–3 days", "3–7 days", "over 7 days")
# Bookings without a rank (the contractor was in no ranking at all) count as another choice than the first.
CHOICES = f"""
SELECT count(*), count(*) FILTER (WHERE rank = 1), count(*) FILTER (WHERE override_reason <> '') {BOOKINGS} WHERE {MADE}
"""
RANKS = f"""
SELECT CASE WHEN rank IS NULL THEN 7 WHEN rank > 5 THEN 6 ELSE rank END, count(*) {BOOKINGS} WHERE {MADE} GROUP BY 1
"""
RANK_LABELS = ("1", "2", "3", "4", "5", "6 or more", "no rank")
OVERRIDES = f"""
SELECT override_reason, count(*) {BOOKINGS} WHERE {MADE} AND override_reason <> '' GROUP BY 1 ORDER BY 2 DESC, 1
"""
CANCELLATIONS = f"SELECT count(*) FILTER (WHERE booking.status = 'cancelled'), count(*) {BOOKINGS} WHERE {BEGINS}"
CANCEL_REASONS = f"""
SELECT booking.cancel_reason, count(*) {BOOKINGS} WHERE {BEGINS} AND booking.status = 'cancelled'
GROUP BY 1 ORDER BY 2 DESC, 1
"""
STARTS = f"""
SELECT count(*), count(*) FILTER (WHERE started_at <= lower(time_slot) + %(grace)s),
       percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM started_at - lower(time_slot)))
{BOOKINGS} WHERE started_at IS NOT NULL AND {BEGINS}
"""  # noqa: S608  (our own text)
# By the day: how many were cancelled, had begun and began on time.
WEEKLY = f"""
SELECT date_trunc('week', {DAY})::date AS week, count(*), count(*) FILTER (WHERE booking.status = 'cancelled'),
       count(started_at), count(*) FILTER (WHERE started_at <= lower(time_slot) + %(grace)s)
{BOOKINGS} WHERE {BEGINS} GROUP BY 1 ORDER BY 1
"""


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
    """The figures from `since` to `until`, in nine statements."""
    values = _values(since, until)
    ((waited, median, slow),) = rows(WAITING, values)
    ((made, first, overridden),) = rows(CHOICES, values)
    ((cancelled, begun),) = rows(CANCELLATIONS, values)
    ((started, on_time, delay),) = rows(STARTS, values)
    return Report(
        since=since,
        until=until,
        waited=waited,
        median_wait=_seconds(median),
        slow_wait=_seconds(slow),
        spread=_labelled(SPREAD_LABELS, rows(SPREAD, values), first=0),
        first_choice=Share(first, made),
        overridden=Share(overridden, made),
        ranks=_labelled(RANK_LABELS, rows(RANKS, values), first=1),
        override_reasons=_reasons(OVERRIDES, values),
        cancelled=Share(cancelled, begun),
        cancel_reasons=_reasons(CANCEL_REASONS, values),
        on_time=Share(on_time, started),
        median_delay=_seconds(delay),
        weeks=[Week(*found) for found in rows(WEEKLY, values)],
    )


def headline(since: date, until: date) -> Headline:
    """Only what stands above, for a comparison: four statements."""
    values = _values(since, until)
    ((_, median, _),) = rows(WAITING, values)
    ((made, first, _),) = rows(CHOICES, values)
    ((cancelled, begun),) = rows(CANCELLATIONS, values)
    ((started, on_time, _),) = rows(STARTS, values)
    return Headline(_seconds(median), Share(first, made), Share(cancelled, begun), Share(on_time, started))


def _values(since: date, until: date) -> dict[str, Any]:
    return {"since": since, "until": until, "grace": GRACE}


def _labelled(labels: tuple[str, ...], found: list[tuple], *, first: int) -> list[tuple[str, int]]:
    """A count for each label, in their order; `first` is the number of the first one."""
    counts = dict(found)
    return [(label, counts.get(number, 0)) for number, label in enumerate(labels, start=first)]


def _reasons(query: str, values: dict[str, Any]) -> list[tuple[str, int]]:
    return [(reason, count) for reason, count in rows(f"{query} LIMIT {MOST_REASONS}", values)]


def _seconds(found: Any) -> timedelta | None:
    return None if found is None else timedelta(seconds=round(float(found)))


def rows(query: str, values: dict[str, Any]) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        return list(cursor.fetchall())
