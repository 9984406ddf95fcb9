"""CSV files with the rows behind each part of the reports."""

from collections.abc import Callable, Iterator
from datetime import date, datetime
from typing import Any, NamedTuple

from django.db import connection

from smartscheduler.backoffice.reports.queries import BEGINS, GRACE, MADE, WAITS
from smartscheduler.backoffice.reports.utilization import loads, totals

CHUNK = 500
JOINED = """
FROM assignments_assignment booking JOIN jobs_job job ON job.id = booking.job_id
JOIN contractors_contractor person ON person.id = booking.contractor_id
LEFT JOIN accounts_user maker ON maker.id = booking.assigned_by_id
"""
LOCAL = "to_char({} AT TIME ZONE job.time_zone, 'YYYY-MM-DD HH24:MI')"
BOOKED = "extract(epoch FROM booked - created) / 3600"
WAITED = f"""
SELECT job_number, type, priority, city, state, created, booked, round({BOOKED}, 2)
FROM ({WAITS}) waits (job_number, type, city, state, priority, created, booked) ORDER BY booked, job_number
"""  # noqa: S608  (our own text)
CHOSEN = f"""
SELECT job.job_number, person.name, {LOCAL.format("booking.created_at")}, booking.rank, booking.candidates_considered,
       CASE WHEN booking.candidates_exact THEN 'yes' ELSE 'no' END,
       booking.score, booking.override_reason, coalesce(nullif(maker.name, ''), maker.email)
{JOINED} WHERE {MADE} ORDER BY booking.created_at, booking.id
"""
CANCELLED = f"""
SELECT job.job_number, person.name, {LOCAL.format("lower(booking.time_slot)")},
       {LOCAL.format("booking.cancelled_at")}, booking.cancel_reason
{JOINED} WHERE {BEGINS} AND booking.status = 'cancelled' ORDER BY lower(booking.time_slot), booking.id
"""
STARTED = f"""
SELECT job.job_number, person.name, {LOCAL.format("lower(booking.time_slot)")}, {LOCAL.format("booking.started_at")},
       round(extract(epoch FROM booking.started_at - lower(booking.time_slot)) / 60),
       CASE WHEN booking.started_at <= lower(booking.time_slot) + %(grace)s THEN 'yes' ELSE 'no' END,
       {LOCAL.format("job.window_start")}, {LOCAL.format("job.window_end")},
       CASE WHEN booking.started_at BETWEEN job.window_start AND job.window_end THEN 'yes'
            WHEN job.window_start IS NOT NULL THEN 'no' END
{JOINED} WHERE {BEGINS} AND booking.started_at IS NOT NULL ORDER BY lower(booking.time_slot), booking.id
"""  # noqa: S608  (our own text)


class Part(NamedTuple):
    """A CSV file: its headings, the source of its rows, and their number."""

    headings: list[str]
    rows: Callable[[date, date], Iterator[list[str]]]
    how_many: Callable[[date, date], int]


def _of(query: str, *headings: str) -> Part:
    def fetch(since: date, until: date) -> Iterator[list[str]]:
        with connection.cursor() as cursor:
            cursor.execute(query, _values(since, until))
            while part := cursor.fetchmany(CHUNK):
                yield from ([_text(cell) for cell in row] for row in part)

    def count(since: date, until: date) -> int:
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT count(*) FROM ({query}) counted", _values(since, until))  # noqa: S608  (our own text)
            return int(cursor.fetchone()[0])

    return Part([*headings], fetch, count)


def _values(since: date, until: date) -> dict[str, Any]:
    return {"since": since, "until": until, "grace": GRACE}


def _utilization(since: date, until: date) -> Iterator[list[str]]:
    people = totals(since, until).people
    for at in range(0, len(people), CHUNK):
        for load in loads(since, until, people[at : at + CHUNK]):
            percent = "" if load.percent is None else str(load.percent)
            yield [load.name, load.week.isoformat(), f"{load.booked:.2f}", f"{load.working:.2f}", percent]


def _text(cell: Any) -> str:
    if isinstance(cell, datetime):
        return cell.isoformat(timespec="seconds")
    return "" if cell is None else str(cell)


def _weeks(since: date, until: date) -> int:
    people = totals(since, until).people
    return sum(len(loads(since, until, people[at : at + CHUNK])) for at in range(0, len(people), CHUNK))


PARTS = {
    "utilisation": Part(["contractor", "week", "booked_hours", "working_hours", "percent"], _utilization, _weeks),
    "waits": _of(WAITED, "job_number", "type", "priority", "city", "state", "created", "assigned", "hours_waited"),
    "choices": _of(
        CHOSEN,
        *("job_number", "contractor", "assigned_at", "rank"),
        *("candidates_considered", "candidates_exact", "score", "override_reason", "assigned_by"),
    ),
    "cancellations": _of(CANCELLED, "job_number", "contractor", "start", "cancelled_at", "reason"),
    "starts": _of(
        STARTED,
        *("job_number", "contractor", "start", "started_at", "minutes_late", "on_time"),
        *("window_start", "window_end", "window_kept"),
    ),
}
