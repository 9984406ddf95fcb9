"""Free time of all contractors who match the filters of the board: an order, a filter and a share, one statement each.

Free time is working hours minus absences and bookings that are not canceled. Unlike the availability engine, these
statements do not know drives and the minimum gap: they depend on the job, and an order is one for any job. The order
takes time linear in the contractors: shifts become instants once per distinct shift, day and time zone, and bookings
are read by their start for all contractors together.
"""

from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import BooleanField, F
from django.db.models.expressions import RawSQL

from smartscheduler.dashboard.axis import Axis

# “Next free” looks this many days ahead; contractors without free time until then come last.
NEXT_FREE_DAYS = 7
# The shortest free time that counts: the grid of offered start times.
SHORTEST = timedelta(minutes=30)

# `board_zone` is null on a board in the local time of each row. Local days begin up to a day before those of the board
# and end up to a day later. A shift can end before it starts on a day when the clock is set forward: it has no time
# then. A booking lasts at most 8 hours.
WORK = """
WITH asked AS (
    SELECT %s::date AS day, %s::int AS days, %s::text AS board_zone, %s::timestamptz AS now, %s::interval AS shortest
), person AS MATERIALIZED (
    {people}
), shown AS MATERIALIZED (
    SELECT zone, tstzrange(greatest(now, day::timestamp AT TIME ZONE coalesce(board_zone, zone)),
                           greatest(now, (day + days)::timestamp AT TIME ZONE coalesce(board_zone, zone))) AS period
    FROM asked, (SELECT DISTINCT zone FROM person) zones
), local_day AS MATERIALIZED (
    SELECT day + number AS day, extract(dow FROM day + number)::smallint AS weekday
    FROM asked, generate_series(-1, days) number
), hours AS MATERIALIZED (
    SELECT person.id, zone, day_of_week, start_time, end_time
    FROM person JOIN contractors_workinghours ON contractor_id = person.id
    WHERE day_of_week IN (SELECT weekday FROM local_day)
), shift AS MATERIALIZED (
    SELECT zone, day_of_week, start_time, end_time, time
    FROM (SELECT DISTINCT zone, day_of_week, start_time, end_time FROM hours) distinct_hours
    JOIN local_day ON weekday = day_of_week JOIN shown USING (zone),
         LATERAL (SELECT (day + start_time) AT TIME ZONE zone AS starts,
             (CASE end_time WHEN '00:00' THEN day + 1 + end_time ELSE day + end_time END) AT TIME ZONE zone AS ends
         ) instants,
         LATERAL (SELECT tstzrange(starts, greatest(starts, ends)) * period AS time) clipped
    WHERE NOT isempty(time)
), work AS (
    SELECT id, range_agg(time) AS time
    FROM hours JOIN shift USING (zone, day_of_week, start_time, end_time) GROUP BY id
), booked AS (
    SELECT contractor_id AS id, time_slot AS time FROM asked, assignments_assignment
    WHERE status <> 'cancelled' AND lower(time_slot) > (day - 1)::timestamp AT TIME ZONE 'UTC' - interval '8 hours'
      AND lower(time_slot) < (day + days + 1)::timestamp AT TIME ZONE 'UTC'
), away AS (
    SELECT contractor_id AS id, period AS time FROM asked, contractors_absence
    WHERE period && tstzrange((day - 1)::timestamp AT TIME ZONE 'UTC',
                              (day + days + 1)::timestamp AT TIME ZONE 'UTC')
)"""
# The free time of each contractor and the value of the order; continues WORK, as the next statement does.
FREE_TIME = """, taken AS (
    SELECT id, range_agg(time) AS time FROM (SELECT * FROM booked UNION ALL SELECT * FROM away) busy GROUP BY id
), free AS (
    SELECT person.*, work.time - coalesce(taken.time, '{{}}') AS time
    FROM person LEFT JOIN work USING (id) LEFT JOIN taken USING (id)
)
SELECT id, value, group_key, is_other FROM free, asked, LATERAL (
    SELECT {value} AS value FROM unnest(time) piece WHERE upper(piece) - lower(piece) >= shortest
) measured
ORDER BY is_other, group_key, {order}, name, id
"""
# Number of contractors, seconds of working time outside absences, and of those that are booked.
BOOKED_SHARE = """, parts AS (
    SELECT work.time - coalesce(absences.time, '{{}}') AS free, coalesce(bookings.time, '{{}}') AS taken
    FROM work
    LEFT JOIN (SELECT id, range_agg(time) AS time FROM away GROUP BY id) absences USING (id)
    LEFT JOIN (SELECT id, range_agg(time) AS time FROM booked GROUP BY id) bookings USING (id)
)
SELECT (SELECT count(*) FROM person),
       (SELECT sum(extract(epoch FROM upper(piece) - lower(piece))) FROM parts, unnest(free) piece),
       (SELECT sum(extract(epoch FROM upper(piece) - lower(piece))) FROM parts, unnest(free * taken) piece)
"""
# Before every instant: the days count from their beginning.
ALWAYS = "-infinity"
VALUES = {
    "hours_free": ("coalesce(sum(upper(piece) - lower(piece)), interval '0')", "value DESC"),
    "next_free": ("min(lower(piece))", "value ASC NULLS LAST"),
}

# A shift in the shown time that is not entirely within absences.
WORKING = """EXISTS (
    SELECT FROM generate_series(-1, %s) number
    CROSS JOIN LATERAL (SELECT %s::date + number AS day) local_day
    JOIN contractors_workinghours shift
        ON shift.contractor_id = contractors_contractor.id AND shift.day_of_week = extract(dow FROM day)
    CROSS JOIN LATERAL (
        SELECT (day + start_time) AT TIME ZONE contractors_contractor.time_zone AS starts,
            (CASE end_time WHEN '00:00' THEN day + 1 + end_time ELSE day + end_time END)
                AT TIME ZONE contractors_contractor.time_zone AS ends
    ) instants
    CROSS JOIN LATERAL (
        SELECT tstzrange(starts, greatest(starts, ends))
        * tstzrange(%s::timestamp AT TIME ZONE coalesce(%s, contractors_contractor.time_zone),
                    %s::timestamp AT TIME ZONE coalesce(%s, contractors_contractor.time_zone)) AS time
    ) shown
    WHERE NOT isempty(time) AND NOT time <@ coalesce(
        (SELECT range_agg(period) FROM contractors_absence away
         WHERE away.contractor_id = contractors_contractor.id AND period && time), '{}')
)"""


def by_free_time(people: Any, *, sort: str, axis: Axis, now: datetime) -> tuple[str, list[Any]]:
    """The statement and its parameters. Its rows have the columns id, value, group_key and is_other.

    `people`, a queryset of contractors, is annotated with zone, group_key, and is_other (false for favorites). The
    value is the free time from now on in the days of the axis for `hours_free`, and the first free instant from then on
    for `next_free`.
    """
    value, order = VALUES[sort]
    columns = people.values("id", "name", "zone", "is_other", "group_key")
    sql, parameters = columns.query.sql_with_params()
    days = axis.days if sort == "hours_free" else NEXT_FREE_DAYS
    statement = (WORK + FREE_TIME).format(people=sql, value=value, order=order)
    return statement, [axis.first, days, _board_zone(axis), now, SHORTEST, *parameters]


def rows_and_booked_share(people: Any, axis: Axis) -> tuple[int, float | None]:
    """Number of these contractors, and the booked share (0–1) of their working time on the days of the axis.

    The share is None without working time.
    """
    try:
        sql, parameters = people.annotate(zone=F("time_zone")).values("id", "zone").query.sql_with_params()
    except EmptyResultSet:
        return 0, None
    values = [axis.first, axis.days, _board_zone(axis), ALWAYS, SHORTEST, *parameters]
    with connection.cursor() as cursor:
        cursor.execute((WORK + BOOKED_SHARE).format(people=sql), values)
        rows, working, booked = cursor.fetchone()
    return rows, float(booked or 0) / float(working) if working else None


def works(axis: Axis) -> RawSQL:
    """SQL condition: the contractor works on the days of the axis, apart from absences."""
    zone, end = _board_zone(axis), axis.first + timedelta(days=axis.days)
    parameters = [axis.days, axis.first, axis.first, zone, end, zone]
    return RawSQL(WORKING, parameters, output_field=BooleanField())  # noqa: S611  (our own text)


def _board_zone(axis: Axis) -> str | None:
    return axis.zone.key if axis.zone else None
