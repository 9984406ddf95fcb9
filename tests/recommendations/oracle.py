"""A literal, slow implementation of section 6 of the specification that shares no code with the product.

Every contractor is scored; every slot of every day is tried; nothing is skipped or bounded.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import timezone

from contractors.models import Contractor
from jobs.models import Job
from smartscheduler.travel.models import TravelEstimate

LIVE = ("pending", "confirmed", "in_progress")


@dataclass
class Ranked:
    contractor: Contractor
    score: Decimal
    days: int
    starts: list[datetime]
    miles: float


def rank(job: Job, now: datetime, horizon_days: int) -> list[Ranked]:
    """Everyone who can do the job, best first."""
    people = Contractor.objects.prefetch_related("working_hours", "absences", "assignments__job")
    for answers in (ROADS, SHIFTS, DRIVES):
        answers.clear()
    ROADS.update(known_roads())
    rankable = [ranked for person in people if (ranked := consider(person, job, now, horizon_days))]
    return sorted(
        rankable,
        key=lambda r: (
            -r.score,
            r.contractor.pk not in job.preferred_contractors,
            r.miles,
            -r.contractor.rating,
            r.contractor.name,
            str(r.contractor.pk),
        ),
    )


def consider(person: Contractor, job: Job, now: datetime, horizon_days: int) -> Ranked | None:
    miles = miles_between(person, job)
    suits = (
        person.status == "active"
        and person.pk not in job.refused_contractors
        and person.type in (job.type, "multi")
        and {s.lower() for s in job.required_skills} <= {s.lower() for s in person.skills}
        and (person.service_radius_miles is None or miles <= float(person.service_radius_miles))
    )
    if not suits:
        return None
    site = ZoneInfo(job.time_zone)
    desired = job.desired_date.astimezone(site).date()
    offsets = range(horizon_days + 1)
    if job.window_start and job.window_end:  # only its days count, wherever they lie
        first, last = (moment.astimezone(site).date() for moment in (job.window_start, job.window_end))
        offsets = range((first - desired).days, (last - desired).days + 1)
    for days in offsets:
        day = desired + timedelta(days=days)
        starts = sorted(
            start
            for start in set(grid(person, day))
            if start.astimezone(site).date() == day
            and start >= now
            and in_window(job, start)
            and is_free(person, job, start)
        )
        if starts:
            return Ranked(person, score(person, days, miles), days, starts, miles)
    return None


def in_window(job: Job, start: datetime) -> bool:
    """Whether the arrival window allows the start: both ends belong to it."""
    return not job.window_start or not job.window_end or job.window_start <= start <= job.window_end


# From place to place, each (latitude, longitude) with four decimals: miles, and the minutes that count for gaps.
ROADS: dict[tuple[float, float, float, float], tuple[float, int]] = {}


def place(record: Contractor | Job) -> tuple[float, float]:
    return round(float(record.latitude), 4), round(float(record.longitude), 4)


def known_roads() -> Iterator[tuple[tuple[float, float, float, float], tuple[float, int]]]:
    """Estimates of the last 30 days, unless they say that there is no road."""
    if not any(settings.TRAVEL_KEYS.get(name) for name in settings.TRAVEL_PROVIDERS):
        return
    for row in TravelEstimate.objects.exclude(source="great_circle"):
        if row.fetched_at > timezone.now() - timedelta(days=30):
            (a, b), (c, d) = row.from_point, row.to_point
            yield (
                (round(a, 4), round(b, 4), round(c, 4), round(d, 4)),
                (row.miles, max(row.minutes, row.pessimistic_minutes or 0)),
            )


def miles_between(a: Contractor, b: Job) -> float:
    road = ROADS.get((*place(a), *place(b)))
    return max(road[0], haversine(a, b)) if road else haversine(a, b)


def drive(a: Job, b: Job) -> timedelta:
    if (a.pk, b.pk) not in DRIVES:
        DRIVES[a.pk, b.pk] = computed_drive(a, b)
    return DRIVES[a.pk, b.pk]


def computed_drive(a: Job, b: Job) -> timedelta:
    road = ROADS.get((*place(a), *place(b)))
    minutes = road[1] if road else math.ceil(round(haversine(a, b) * 1.3 / 35 * 60, 9))
    return max(timedelta(minutes=minutes), settings.MINIMUM_GAP)


def haversine(a: Contractor | Job, b: Job) -> float:
    lat1, lon1, lat2, lon2 = (math.radians(float(x)) for x in (a.latitude, a.longitude, b.latitude, b.longitude))
    h = math.sin((lat2 - lat1) / 2) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
    return 2 * 3959 * math.asin(math.sqrt(h))


def score(person: Contractor, days: int, miles: float) -> Decimal:
    def rounded(value: Decimal) -> Decimal:
        return value.quantize(Decimal("0.0001"), ROUND_HALF_UP)

    availability = rounded(max(Decimal(0), min(Decimal(1), 1 - Decimal("0.1") * days)))
    rating = rounded(person.rating / 5)
    distance = rounded(Decimal(max(0.0, 1 - miles / settings.SCORE_MAX_MILES)))
    weight = {name: Decimal(str(value)) for name, value in settings.SCORE_WEIGHTS.items()}
    return rounded(weight["availability"] * availability + weight["rating"] * rating + weight["distance"] * distance)


# The answers of pure functions for the contractors and jobs of one ranking: each start asks again.
SHIFTS: dict[tuple[UUID, date], list[tuple[datetime, datetime]]] = {}
DRIVES: dict[tuple[UUID, UUID], timedelta] = {}


def shifts_around(person: Contractor, day: date) -> list[tuple[datetime, datetime]]:
    """Shifts as pairs of instants, for the days around `day` in the contractor's zone."""
    if (person.pk, day) not in SHIFTS:
        SHIFTS[person.pk, day] = list(computed_shifts(person, day))
    return SHIFTS[person.pk, day]


def computed_shifts(person: Contractor, day: date) -> Iterator[tuple[datetime, datetime]]:
    zone = ZoneInfo(person.time_zone)
    for offset in range(-2, 4):
        local = day + timedelta(days=offset)
        for hours in person.working_hours.all():
            if (local.weekday() + 1) % 7 != hours.day_of_week:
                continue
            start = datetime.combine(local, hours.start_time, zone)
            end_day = local + timedelta(days=1) if hours.end_time == time(0) else local
            yield start.astimezone(UTC), datetime.combine(end_day, hours.end_time, zone).astimezone(UTC)


def grid(person: Contractor, day: date) -> Iterator[datetime]:
    for start, end in shifts_around(person, day):
        while start < end:
            yield start
            start += timedelta(minutes=30)


def is_free(person: Contractor, job: Job, start: datetime) -> bool:
    end = start + job.duration
    return worked(person, start, end) and not absent(person, start, end) and not clashes(person, job, start, end)


def worked(person: Contractor, start: Any, end: Any) -> bool:
    """Whether shifts cover the whole time from start to end."""
    shifts = shifts_around(person, start.date())
    while start < end:
        reach = max((until for since, until in shifts if since <= start < until), default=None)
        if reach is None:
            return False
        start = reach
    return True


def absent(person: Contractor, start: Any, end: Any) -> bool:
    return any(a.period.lower < end and start < a.period.upper for a in person.absences.all())


def clashes(person: Contractor, job: Job, start: Any, end: Any) -> bool:
    for other in person.assignments.all():
        if other.status not in LIVE:
            continue
        if other.time_slot.lower - drive(job, other.job) < end and start < other.time_slot.upper + drive(
            other.job, job
        ):
            return True
    return False
