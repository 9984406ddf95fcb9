"""A world in the database: contractors, bookings and open jobs as records, and the scope that plans them.

The arrival hours of a world hold on each day, so they are start hours of the scope: the problem that the product builds
from the records is the one of `problems.py`, and the values of both can be compared.
"""

from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.utils import timezone
from psycopg.types.range import TimestamptzRange

from assignments.models import Assignment
from benchmarks.plans.worlds import DAY, World
from contractors.models import Contractor, WorkingHours
from jobs.models import Job
from recommendations.planning.scope import Scope
from smartscheduler.rules.current import current_rules
from smartscheduler.rules.services import publish_rules

ZONE = ZoneInfo("America/Chicago")
BATCH = 2_000
PLACE: dict[str, Any] = {
    "address": "100 Congress Avenue",
    "city": "Austin",
    "state": "TX",
    "zip_code": "78701",
    "time_zone": ZONE.key,
}


def load(world: World) -> Scope:
    """Write the world into the empty database. Returns the scope with all its open jobs and days."""
    rules = current_rules()
    if rules.minimum_gap:
        numbers = rules.as_fields() | {"minimum_gap_minutes": 0}
        publish_rules(based_on=rules.version, actor=None, note="Rules of the reference worlds", **numbers)
    contractors = [_contractor(number, row) for number, row in enumerate(world["contractors"])]
    Contractor.objects.bulk_create(contractors, batch_size=BATCH)
    hours = (_hours(contractor, row) for contractor, row in zip(contractors, world["contractors"], strict=True))
    WorkingHours.objects.bulk_create([shift for shifts in hours for shift in shifts], batch_size=BATCH)
    _book(contractors, world)
    jobs = [_open_job(number, row) for number, row in enumerate(world["jobs"])]
    Job.objects.bulk_create(jobs, batch_size=BATCH)
    return Scope(
        jobs=[job.pk for job in jobs],
        first_day=MONDAY.date(),
        last_day=(MONDAY + timedelta(days=world["days"] - 1)).date(),
        start_hours={
            job.pk: (_time(row["arrive"][0]), _time(row["arrive"][1]))
            for job, row in zip(jobs, world["jobs"], strict=True)
            if row["arrive"]
        },
        last_days={
            job.pk: (MONDAY + timedelta(days=row["last"])).date() for job, row in zip(jobs, world["jobs"], strict=True)
        },
        seed=1,
    )


def _monday() -> datetime:
    """Day 0: a Monday in April, so that no clock changes in the days of a world, and never in the past."""
    now = timezone.now()
    first = datetime(now.year + 1, 4, 2, tzinfo=ZONE)
    return first + timedelta(days=-first.weekday() % 7)


MONDAY = _monday()


def moment(minutes: int) -> datetime:
    return MONDAY + timedelta(minutes=minutes)


def _point(place: list[float]) -> dict[str, Decimal]:
    return {"latitude": Decimal(str(place[0])), "longitude": Decimal(str(place[1]))}


def _contractor(number: int, row: dict[str, Any]) -> Contractor:
    radius = row["radius"]
    return Contractor(
        pk=UUID(int=2**100 + number),
        name=f"Crew {number:05d}",
        type=row["type"],
        skills=row["skills"],
        rating=Decimal(str(row["rating"])),
        rating_count=20,
        service_radius_miles=None if radius is None else Decimal(radius),
        phone_number="(512) 555-0143",
        email=f"crew{number}@example.com",
        **PLACE,
        **_point(row["at"]),
    )


def _hours(contractor: Contractor, row: dict[str, Any]) -> list[WorkingHours]:
    """Weekly shifts; day 0 of a world is a Monday, which is day 1 of the product's week."""
    week = {((begin // DAY + 1) % 7, begin % DAY, end % DAY) for begin, end in row["shifts"]}
    return [
        WorkingHours(contractor=contractor, day_of_week=day, start_time=_time(begin), end_time=_time(end))
        for day, begin, end in sorted(week)
    ]


def _time(minutes: int) -> time:
    return time(*divmod(minutes, 60))


def _book(contractors: list[Contractor], world: World) -> None:
    now = timezone.now()
    jobs: list[Job] = []
    assignments: list[Assignment] = []
    for contractor, row in zip(contractors, world["contractors"], strict=True):
        for begin, end, place in row["bookings"]:
            number = len(jobs)
            job = _job(2**101 + number, begin, end - begin, place, status=Job.Status.ASSIGNED)
            jobs.append(job)
            assignments.append(
                Assignment(
                    contractor=contractor,
                    job=job,
                    time_slot=TimestamptzRange(moment(begin), moment(end)),
                    status=Assignment.Status.CONFIRMED,
                    confirmed_at=now,
                    score=Decimal("0.8"),
                    score_breakdown={},
                    candidates_considered=1,
                )
            )
    Job.objects.bulk_create(jobs, batch_size=BATCH)
    Assignment.objects.bulk_create(assignments, batch_size=BATCH)


def _open_job(number: int, row: dict[str, Any]) -> Job:
    midnight = row["desired"] * DAY
    job = _job(2**102 + number, midnight, row["dur"], row["at"], type=row["type"], priority=row["priority"])
    job.required_skills = row["skills"]
    return job


def _job(key: int, start: int, duration: int, place: list[float], **values: Any) -> Job:
    return Job(
        pk=UUID(int=key),
        job_number=f"JOB-20270401-{key % 2**32:08X}" if key < 2**102 else f"JOB-20270402-{key % 2**32:08X}",
        desired_date=moment(start),
        duration=timedelta(minutes=duration),
        **{"type": "flooring", **values},
        **PLACE,
        **_point(place),
    )
