"""What the reports are made of. A day is a day at the job's site; both ends of the range belong to it."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db import connection

# A start counts as on time up to so long after the slot's.
GRACE = timedelta(minutes=15)
MOST_REASONS = 10
MOST_CONTRACTORS = 200

MADE = "(booking.created_at AT TIME ZONE job.time_zone)::date BETWEEN %(since)s AND %(until)s"
BEGINS = "(lower(booking.time_slot) AT TIME ZONE job.time_zone)::date"
BOOKINGS = "FROM assignments_assignment booking JOIN jobs_job job ON job.id = booking.job_id"

WAITING = """
SELECT count(*), percentile_cont(0.5) WITHIN GROUP (ORDER BY waited),
       percentile_cont(0.9) WITHIN GROUP (ORDER BY waited)
FROM (
    SELECT extract(epoch FROM min(booking.created_at) - job.created_at) AS waited
    FROM assignments_assignment booking JOIN jobs_job job ON job.id = booking.job_id
    GROUP BY job.id, job.created_at, job.time_zone
    HAVING (min(booking.created_at) AT TIME ZONE job.time_zone)::date BETWEEN %(since)s AND %(until)s
) first
"""
CHOICES = f"""
SELECT count(*), count(*) FILTER (WHERE rank = 1), count(*) FILTER (WHERE override_reason <> '')
{BOOKINGS} WHERE {MADE}
"""
OVERRIDES = f"""
SELECT override_reason, count(*) {BOOKINGS} WHERE {MADE} AND override_reason <> ''
GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT {MOST_REASONS}
"""
CANCELLATIONS = f"""
SELECT count(*) FILTER (WHERE booking.status = 'cancelled'), count(*) {BOOKINGS}
WHERE {BEGINS} BETWEEN %(since)s AND %(until)s
"""
CANCEL_REASONS = f"""
SELECT booking.cancel_reason, count(*) {BOOKINGS}
WHERE {BEGINS} BETWEEN %(since)s AND %(until)s AND booking.status = 'cancelled'
GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT {MOST_REASONS}
"""
STARTS = f"""
SELECT count(*), count(*) FILTER (WHERE started_at <= lower(time_slot) + %(grace)s),
       percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM started_at - lower(time_slot)))
{BOOKINGS} WHERE started_at IS NOT NULL AND {BEGINS} BETWEEN %(since)s AND %(until)s
"""  # noqa: S608  (our own text)
# Booked hours of each contractor and week, against the hours of the working week.
UTILISATION = f"""
WITH booked AS (
    SELECT contractor_id, date_trunc('week', {BEGINS})::date AS week,
           sum(extract(epoch FROM upper(time_slot) - lower(time_slot))) / 3600 AS hours
    {BOOKINGS} WHERE booking.status <> 'cancelled' AND {BEGINS} BETWEEN %(since)s AND %(until)s GROUP BY 1, 2
), working AS (
    SELECT contractor_id, sum(extract(epoch FROM
        CASE WHEN end_time = '00:00' THEN interval '24 hours' ELSE end_time - '00:00'::time END
        - (start_time - '00:00'::time)
    )) / 3600 AS hours
    FROM contractors_workinghours WHERE contractor_id IN (SELECT contractor_id FROM booked) GROUP BY 1
)
SELECT person.id, person.name, booked.week, booked.hours, coalesce(working.hours, 0)
FROM booked JOIN contractors_contractor person ON person.id = booked.contractor_id
LEFT JOIN working USING (contractor_id) ORDER BY person.name, person.id, booked.week
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
    """One contractor's booked hours of one week (it begins on the Monday), and the hours of the working week."""

    contractor_id: Any
    name: str
    week: date
    booked: float
    working: float

    @property
    def percent(self) -> int | None:
        return round(100 * self.booked / self.working) if self.working else None


@dataclass(frozen=True)
class Report:
    since: date
    until: date
    waited: int
    median_wait: timedelta | None
    slow_wait: timedelta | None
    first_choice: Share
    overridden: Share
    override_reasons: list[tuple[str, int]]
    cancelled: Share
    cancel_reasons: list[tuple[str, int]]
    on_time: Share
    median_delay: timedelta | None
    weeks: list[Week]


def report(since: date, until: date) -> Report:
    """The figures from `since` to `until`, in seven statements."""
    values = {"since": since, "until": until, "grace": GRACE}
    ((waited, median, slow),) = _rows(WAITING, values)
    ((made, first, overridden),) = _rows(CHOICES, values)
    ((cancelled, begun),) = _rows(CANCELLATIONS, values)
    ((started, on_time, delay),) = _rows(STARTS, values)
    return Report(
        since=since,
        until=until,
        waited=waited,
        median_wait=_seconds(median),
        slow_wait=_seconds(slow),
        first_choice=Share(first, made),
        overridden=Share(overridden, made),
        override_reasons=[(reason, count) for reason, count in _rows(OVERRIDES, values)],
        cancelled=Share(cancelled, begun),
        cancel_reasons=[(reason, count) for reason, count in _rows(CANCEL_REASONS, values)],
        on_time=Share(on_time, started),
        median_delay=_seconds(delay),
        weeks=[
            Week(key, name, week, float(booked), float(working))
            for key, name, week, booked, working in _rows(UTILISATION, values)
        ],
    )


def _seconds(found: Any) -> timedelta | None:
    return None if found is None else timedelta(seconds=round(float(found)))


def _rows(query: str, values: dict[str, Any]) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        return list(cursor.fetchall())
