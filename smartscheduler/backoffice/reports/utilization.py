"""Utilization: booked share of the working time of contractors, by week.

Working time is the working hours of each day in the range minus absences, in the time zone of the contractor. It is
computed from instants, so that the two days with a clock change count with their true length. Bookings outside
working hours also count; they occur when the hours were changed later.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from django.utils.translation import gettext

from smartscheduler.backoffice.reports.queries import rows

MOST_CONTRACTORS = 200

# Bookings and working hours both use the contractor's time zone, so that numerator and denominator match.
BOOKED = """
booked_weeks AS (
    SELECT contractor_id, date_trunc('week', day)::date AS week, sum(hours) AS hours FROM (
        SELECT booking.contractor_id, (lower(booking.time_slot) AT TIME ZONE person.time_zone)::date AS day,
               extract(epoch FROM upper(booking.time_slot) - lower(booking.time_slot)) / 3600 AS hours
        FROM assignments_assignment booking JOIN contractors_contractor person ON person.id = booking.contractor_id
        WHERE booking.status <> 'cancelled' AND lower(booking.time_slot) >= %(since)s::date - interval '1 day'
          AND lower(booking.time_slot) < %(until)s::date + interval '2 days'
          AND (%(people)s::uuid[] IS NULL OR booking.contractor_id = ANY(%(people)s))
        OFFSET 0
    ) booked WHERE day BETWEEN %(since)s AND %(until)s GROUP BY 1, 2
)"""
TOTALS = f"""WITH {BOOKED}
SELECT contractor_id, week, sum(hours), count(*) FROM booked_weeks
GROUP BY GROUPING SETS ((contractor_id), (week)) ORDER BY week, sum(hours) DESC, contractor_id
"""  # noqa: S608  (our own text)
WEEKS = f"""WITH {BOOKED},
days AS (SELECT day::date FROM generate_series(%(since)s::date, %(until)s::date, interval '1 day') day),
shifts AS (
    SELECT person.id, date_trunc('week', days.day)::date AS week, tstzrange(
        (days.day + hours.start_time) AT TIME ZONE person.time_zone,
        greatest(
            (days.day + hours.start_time) AT TIME ZONE person.time_zone,
            CASE hours.end_time WHEN '00:00' THEN (days.day + 1)::timestamp ELSE days.day + hours.end_time END
                AT TIME ZONE person.time_zone
        )
    ) AS shift
    FROM contractors_contractor person
    JOIN contractors_workinghours hours ON hours.contractor_id = person.id
    JOIN days ON extract(dow FROM days.day) = hours.day_of_week
    WHERE person.id = ANY(%(people)s)
), absent AS (
    SELECT contractor_id, range_agg(period) AS periods FROM contractors_absence
    WHERE contractor_id = ANY(%(people)s) GROUP BY 1
), working AS (
    SELECT shifts.id, shifts.week, sum(left_over.hours) AS hours
    FROM shifts LEFT JOIN absent ON absent.contractor_id = shifts.id
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(extract(epoch FROM upper(free) - lower(free))) / 3600, 0) AS hours
        FROM unnest(tstzmultirange(shift) - coalesce(absent.periods, '{{}}'::tstzmultirange)) free
    ) left_over GROUP BY 1, 2
)
SELECT person.id, person.name, coalesce(booked_weeks.week, working.week), coalesce(booked_weeks.hours, 0),
       coalesce(working.hours, 0)
FROM booked_weeks
FULL JOIN working ON working.id = booked_weeks.contractor_id AND working.week = booked_weeks.week
JOIN contractors_contractor person ON person.id = coalesce(booked_weeks.contractor_id, working.id)
ORDER BY person.name, person.id, 3
"""  # noqa: S608  (our own text)


@dataclass(frozen=True)
class Load:
    """Booked and working hours of one contractor in one week, which starts on Monday."""

    contractor_id: UUID
    name: str
    week: date
    booked: float
    working: float

    @property
    def percent(self) -> int | None:
        return round(100 * self.booked / self.working) if self.working else None

    @property
    def share(self) -> str:
        return gettext("no hours") if self.percent is None else f"{self.percent}%"

    @property
    def hours(self) -> str:
        return gettext("{booked} of {working} h").format(booked=f"{self.booked:.1f}", working=f"{self.working:.1f}")


class Totals(NamedTuple):
    """Contractors with a booking in the range, most booked first, and the booked hours of each week."""

    people: list[UUID]
    weeks: list[tuple[date, float]]


def totals(since: date, until: date) -> Totals:
    """Sums over the bookings of the range, in one statement."""
    sums = rows(TOTALS, _range(since, until, None))
    people = [contractor_id for contractor_id, *_ in sums if contractor_id]
    return Totals(people, [(week, float(hours)) for _, week, hours, _ in sums if week])


def loads(since: date, until: date, people: list[UUID]) -> list[Load]:
    """The weeks of these contractors, by name and week, including weeks without a booking."""
    weeks = rows(WEEKS, _range(since, until, people))
    return [Load(key, name, week, float(booked), float(working)) for key, name, week, booked, working in weeks]


def _range(since: date, until: date, people: list[UUID] | None) -> dict[str, Any]:
    return {"since": since, "until": until, "people": people}
