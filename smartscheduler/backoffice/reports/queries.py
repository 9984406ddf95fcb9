"""Queries of the reports. Days are calendar days at the site of the job; both ends of the range are included.

Ranks and waits count on the day when the booking was made, everything else on the day when its slot starts.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db import connection
from django.utils.translation import gettext_lazy as _

# A start is on time up to this long after the start of the slot.
GRACE = timedelta(minutes=15)
MOST_REASONS = 10
# A local day in any time zone lies within one day of the same UTC day. This gives bounds that an index can use.
SLACK = "interval '1 day'"

BOOKINGS = "FROM assignments_assignment booking JOIN jobs_job job ON job.id = booking.job_id"
DAY = "(lower(booking.time_slot) AT TIME ZONE job.time_zone)::date"


def in_range(moment: str) -> str:
    """SQL condition: the local day of an instant is in the range.

    Time zones are converted only near the ends of the range; in between, the UTC bounds decide.
    """
    return f"""
    {moment} >= %(since)s::date - {SLACK} AND {moment} < %(until)s::date + 2 * {SLACK} AND CASE
        WHEN {moment} >= %(since)s::date + {SLACK} AND {moment} < %(until)s::date THEN true
        ELSE ({moment} AT TIME ZONE job.time_zone)::date BETWEEN %(since)s AND %(until)s END"""


MADE, BEGINS = in_range("booking.created_at"), in_range("lower(booking.time_slot)")
# Only the first booking of a job ends its wait, not a booking after a cancellation.
WAITS = f"""
SELECT job.job_number, job.type, job.city, job.state, job.priority, job.created_at, booking.created_at
{BOOKINGS} WHERE {MADE} AND NOT EXISTS (
    SELECT FROM assignments_assignment earlier
    WHERE earlier.job_id = booking.job_id AND (earlier.created_at, earlier.id) < (booking.created_at, booking.id)
)
"""  # noqa: S608  (our own text)
# In the following statements, the row without a group has the total.
WAITING = f"""
SELECT width_bucket(waited, ARRAY[3600, 14400, 86400, 259200, 604800]) AS bucket, count(*),
       percentile_cont(0.5) WITHIN GROUP (ORDER BY waited), percentile_cont(0.9) WITHIN GROUP (ORDER BY waited)
FROM (SELECT extract(epoch FROM booked - created) AS waited FROM ({WAITS})
      waits (job_number, type, city, state, priority, created, booked)) first
GROUP BY GROUPING SETS ((bucket), ())
"""  # noqa: S608  (our own text)
SPREAD_LABELS = (_("under 1 h"), _("1–4 h"), _("4–24 h"), _("1–3 days"), _("3–7 days"), _("over 7 days"))
# A booking without a rank (the contractor was not in the ranking) counts as an override.
CHOICES = f"""
SELECT CASE WHEN rank IS NULL THEN 7 WHEN rank > 5 THEN 6 ELSE rank END AS place, count(*),
       count(*) FILTER (WHERE rank = 1), count(*) FILTER (WHERE override_reason <> '')
{BOOKINGS} WHERE {MADE} GROUP BY GROUPING SETS ((place), ())
"""
RANK_LABELS = ("1", "2", "3", "4", "5", _("6 or more"), _("no rank"))
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
       percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM started_at - starts)),
       count(*) FILTER (WHERE status = 'completed' AND window_start IS NOT NULL),
       count(*) FILTER (WHERE status = 'completed' AND started_at BETWEEN window_start AND window_end)
FROM (SELECT date_trunc('week', {DAY})::date AS week, booking.status, booking.started_at,
             job.window_start, job.window_end, lower(booking.time_slot) AS starts {BOOKINGS} WHERE {BEGINS}) begun
GROUP BY GROUPING SETS ((week), ()) ORDER BY week
"""  # noqa: S608  (our own text)


@dataclass(frozen=True)
class Share:
    """A part of a whole."""

    part: int
    whole: int

    @property
    def percent(self) -> int | None:
        return round(100 * self.part / self.whole) if self.whole else None


@dataclass(frozen=True)
class Week:
    """Counts of the bookings whose slots start in one week, which starts on Monday."""

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
    # Completed jobs with an arrival window, and those of them that were started in it.
    windows_kept: Share
    weeks: list[Week]

    @property
    def is_empty(self) -> bool:
        return not (self.waited or self.first_choice.whole or self.cancelled.whole)


@dataclass(frozen=True)
class Headline:
    """Main figures of a range, for the comparison with the preceding range."""

    median_wait: timedelta | None
    first_choice: Share
    cancelled: Share
    on_time: Share


def report(since: date, until: date) -> Report:
    """The report from `since` to `until`. Runs five statements."""
    values = _values(since, until)
    waits, choices, begun = (_groups(query, values) for query in (WAITING, CHOICES, WEEKLY))
    waited, median, slow = waits[None]
    made, first, overridden = choices[None]
    slots, cancelled, started, on_time, delay, promised, kept = begun[None]
    return Report(
        since=since,
        until=until,
        waited=waited,
        median_wait=_seconds(median),
        slow_wait=_seconds(slow),
        spread=_labeled(SPREAD_LABELS, waits, first=0),
        first_choice=Share(first, made),
        overridden=Share(overridden, made),
        ranks=_labeled(RANK_LABELS, choices, first=1),
        override_reasons=_reasons(OVERRIDES, values),
        cancelled=Share(cancelled, slots),
        cancel_reasons=_reasons(CANCEL_REASONS, values),
        on_time=Share(on_time, started),
        median_delay=_seconds(delay),
        windows_kept=Share(kept, promised),
        weeks=[Week(week, *counts[:4]) for week, counts in begun.items() if week],
    )


def headline(since: date, until: date) -> Headline:
    """The main figures from `since` to `until`. Runs three statements."""
    values = _values(since, until)
    waits, choices, begun = (_groups(query, values)[None] for query in (WAITING, CHOICES, WEEKLY))
    slots, cancelled, started, on_time, *_ = begun
    return Headline(_seconds(waits[1]), Share(choices[1], choices[0]), Share(cancelled, slots), Share(on_time, started))


def _groups(query: str, values: dict[str, Any]) -> dict[Any, tuple[Any, ...]]:
    """Figures by group, with the totals under None."""
    return {group: tuple(figures) for group, *figures in rows(query, values)}


def _values(since: date, until: date) -> dict[str, Any]:
    return {"since": since, "until": until, "grace": GRACE}


def _labeled(labels: tuple[Any, ...], groups: dict[Any, tuple[Any, ...]], *, first: int) -> list[tuple[str, int]]:
    """The count of each label, in the order of the labels. `first` is the group number of the first label."""
    return [
        (str(label), groups[number][0] if number in groups else 0) for number, label in enumerate(labels, start=first)
    ]


def _reasons(query: str, values: dict[str, Any]) -> list[tuple[str, int]]:
    return [(reason, count) for reason, count in rows(f"{query} LIMIT {MOST_REASONS}", values)]


def _seconds(value: Any) -> timedelta | None:
    return None if value is None else timedelta(seconds=round(float(value)))


def rows(query: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        return list(cursor.fetchall())
