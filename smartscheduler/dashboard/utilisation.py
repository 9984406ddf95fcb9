"""How much of today's working time is booked, and how long jobs wait for somebody; two statements."""

from datetime import datetime, timedelta

from django.db import connection

# Of the last week: one slow job does not move it, and neither does an old one.
WAITING_SINCE = timedelta(days=7)

# Today is a day by each contractor's own clock. Working time is the shifts without the absences; what counts as
# booked is what lies inside it, so that the share is at most one.
WORKED_AND_BOOKED = """
WITH shift AS (
    SELECT person.id,
           (today.day + hours.start_time) AT TIME ZONE person.time_zone AS starts,
           (CASE WHEN hours.end_time = '00:00' THEN today.day + 1 + hours.end_time ELSE today.day + hours.end_time END)
               AT TIME ZONE person.time_zone AS ends
    FROM contractors_contractor person
    CROSS JOIN LATERAL (SELECT (%(now)s AT TIME ZONE person.time_zone)::date AS day) today
    JOIN contractors_workinghours hours
      ON hours.contractor_id = person.id AND hours.day_of_week = extract(dow FROM today.day)
    WHERE person.status = 'active'
), work AS (
    SELECT id, range_agg(tstzrange(starts, ends)) AS time FROM shift WHERE starts < ends GROUP BY id
), away AS (
    SELECT contractor_id, range_agg(period) AS time FROM contractors_absence
    WHERE period && tstzrange(%(now)s - interval '2 days', %(now)s + interval '2 days') GROUP BY contractor_id
), booked AS (
    SELECT contractor_id, range_agg(time_slot) AS time FROM assignments_assignment
    WHERE status <> 'cancelled' AND time_slot && tstzrange(%(now)s - interval '2 days', %(now)s + interval '2 days')
    GROUP BY contractor_id
), free AS (
    SELECT work.id, work.time - coalesce(away.time, '{}') AS time FROM work LEFT JOIN away ON contractor_id = work.id
), parts AS (
    SELECT piece, false AS is_booked FROM free, unnest(free.time) AS piece
    UNION ALL
    SELECT piece, true FROM free JOIN booked ON contractor_id = free.id, unnest(free.time * booked.time) AS piece
)
SELECT coalesce(sum(extract(epoch FROM upper(piece) - lower(piece))) FILTER (WHERE NOT is_booked), 0),
       coalesce(sum(extract(epoch FROM upper(piece) - lower(piece))) FILTER (WHERE is_booked), 0)
FROM parts
"""
# From the creation of a job to its first assignment.
MEDIAN_WAIT = """
SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM first.at - job.created_at))
FROM jobs_job job
JOIN LATERAL (SELECT min(created_at) AS at FROM assignments_assignment WHERE job_id = job.id) first ON true
WHERE job.id IN (SELECT job_id FROM assignments_assignment WHERE created_at >= %(since)s) AND first.at >= %(since)s
"""


def utilisation(now: datetime) -> float | None:
    """The share (0–1) of today's working time of active contractors that is booked; None when nobody works."""
    worked, booked = _row(WORKED_AND_BOOKED, {"now": now})
    return float(booked) / float(worked) if worked else None


def median_wait(now: datetime) -> timedelta | None:
    """The median time from the creation of a job to its first assignment, of those of the last week."""
    (seconds,) = _row(MEDIAN_WAIT, {"since": now - WAITING_SINCE})
    return None if seconds is None else timedelta(seconds=max(0, round(float(seconds))))


def _row(query: str, values: dict[str, datetime]) -> tuple:
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        return tuple(cursor.fetchone())
