"""Utilization of today's working time, and median wait of jobs for a contractor; one SQL statement each."""

from datetime import datetime, timedelta
from typing import Any

from django.db import connection

# The median of one week is stable against single slow jobs and ignores old ones.
WAITING_SINCE = timedelta(days=7)

# Today is a local day of each contractor. Working time is shifts minus absences; only bookings inside it count, so the
# share is at most 1. Shifts become instants once per distinct shift and time zone; only contractors with a booking or
# an absence are processed one by one. This keeps the statement fast with many contractors.
WORKED_AND_BOOKED = """
WITH active AS MATERIALIZED (
    SELECT id, time_zone FROM contractors_contractor WHERE status = 'active'
), today AS MATERIALIZED (
    SELECT name, day, extract(dow FROM day)::smallint AS weekday
    FROM (SELECT DISTINCT time_zone AS name FROM active) zone,
         LATERAL (SELECT (%(now)s AT TIME ZONE name)::date AS day) there
), hours AS MATERIALIZED (
    SELECT time_zone, day_of_week, start_time, end_time, count(*) AS people
    FROM contractors_workinghours JOIN active ON active.id = contractor_id
    WHERE day_of_week IN (SELECT weekday FROM today) GROUP BY 1, 2, 3, 4
), shift AS MATERIALIZED (
    SELECT hours.*, (day + start_time) AT TIME ZONE name AS starts,
           (CASE WHEN end_time = '00:00' THEN day + 1 + end_time ELSE day + end_time END) AT TIME ZONE name AS ends
    FROM hours JOIN today ON name = time_zone AND weekday = day_of_week
), away AS (
    SELECT contractor_id, range_agg(period) AS time FROM contractors_absence
    WHERE period && tstzrange(%(now)s - interval '26 hours', %(now)s + interval '26 hours') GROUP BY contractor_id
), booked AS (
    SELECT contractor_id, range_agg(time_slot) AS time FROM assignments_assignment
    WHERE status <> 'cancelled' AND lower(time_slot) > %(now)s - interval '34 hours'
      AND lower(time_slot) < %(now)s + interval '26 hours'
    GROUP BY contractor_id
), own AS MATERIALIZED (
    SELECT person.id, time_zone, day_of_week, start_time, end_time
    FROM (SELECT contractor_id FROM away UNION SELECT contractor_id FROM booked) concerned
    JOIN contractors_contractor person ON person.id = concerned.contractor_id AND person.status = 'active'
    JOIN contractors_workinghours hours ON hours.contractor_id = person.id
), work AS (
    SELECT id, range_agg(tstzrange(starts, ends)) AS time
    FROM own JOIN shift USING (time_zone, day_of_week, start_time, end_time)
    WHERE starts < ends GROUP BY id
), parts AS (
    SELECT piece, false AS is_booked FROM work JOIN away ON contractor_id = id, unnest(work.time * away.time) AS piece
    UNION ALL
    SELECT piece, true FROM work JOIN booked ON booked.contractor_id = id LEFT JOIN away ON away.contractor_id = id,
         unnest((work.time - coalesce(away.time, '{}')) * booked.time) AS piece
), sums AS (
    SELECT coalesce(sum(extract(epoch FROM upper(piece) - lower(piece))) FILTER (WHERE NOT is_booked), 0) AS lost,
           coalesce(sum(extract(epoch FROM upper(piece) - lower(piece))) FILTER (WHERE is_booked), 0) AS booked
    FROM parts
)
SELECT coalesce((SELECT sum(people * extract(epoch FROM ends - starts)) FROM shift WHERE starts < ends), 0) - lost,
       booked
FROM sums
"""
# From the creation of a job to its first assignment.
MEDIAN_WAIT = """
SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM first.at - job.created_at))
FROM (
    SELECT job_id, min(created_at) AS at FROM assignments_assignment WHERE created_at >= %(since)s GROUP BY job_id
) first
JOIN jobs_job job ON job.id = first.job_id
WHERE NOT EXISTS (
    SELECT FROM assignments_assignment earlier WHERE earlier.job_id = first.job_id AND earlier.created_at < %(since)s
)
"""


def utilization(now: datetime) -> float | None:
    """Booked share (0–1) of today's working time of active contractors; None without working time."""
    worked, booked = _row(WORKED_AND_BOOKED, {"now": now})
    return float(booked) / float(worked) if worked else None


def median_wait(now: datetime) -> timedelta | None:
    """Median time from the creation of a job to its first assignment, over first assignments of the last 7 days."""
    (seconds,) = _row(MEDIAN_WAIT, {"since": now - WAITING_SINCE})
    return None if seconds is None else timedelta(seconds=max(0, round(float(seconds))))


def _row(query: str, values: dict[str, datetime]) -> tuple[Any, ...]:
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        return tuple(cursor.fetchone())
