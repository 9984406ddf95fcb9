"""Small random worlds with unusual contractors, absences, and bookings, from a seed."""

import random
from datetime import datetime, time, timedelta
from decimal import Decimal
from uuid import UUID

from django.utils import timezone
from psycopg.types.range import TimestamptzRange

from assignments.models import Assignment
from contractors.models import Absence, Contractor, WorkingHours
from jobs.models import Job

ZONES = ["America/Chicago", "America/New_York", "America/Los_Angeles", "America/Phoenix", "Asia/Kolkata"]
WEEKS = [
    [(day, time(8), time(17)) for day in range(1, 6)],
    [(day, time(8), time(12)) for day in range(7)] + [(day, time(13), time(18)) for day in range(7)],
    [(day, time(20), time(0)) for day in range(7)] + [(day, time(0), time(4)) for day in range(7)],
    [(6, time(9, 10), time(15)), (0, time(7, 45), time(23, 45))],
    [(3, time(6), time(22))],
]
SKILLS = ["Hardwood", "Laminate", "Mosaic", "Stairs"]


class World:
    """`people` contractors around one point, with absences and about `bookings` bookings each.

    They live within `spread` degrees of it, north and south, east and west.
    """

    def __init__(self, seed: int, *, people: int = 40, bookings: float = 2.0, spread: float = 0.7) -> None:
        self.random = random.Random(seed)
        self.spread = spread
        self.now = timezone.now()
        self.people = [self.contractor(n) for n in range(people)]
        Contractor.objects.bulk_create(self.people)
        WorkingHours.objects.bulk_create(
            WorkingHours(contractor=person, day_of_week=day, start_time=start, end_time=end)
            for person in self.people
            for day, start, end in self.random.choice(WEEKS)
        )
        Absence.objects.bulk_create(self.absence(p) for p in self.random.sample(self.people, people // 4))
        jobs, assignments = self.bookings(bookings)
        Job.objects.bulk_create(jobs)
        Assignment.objects.bulk_create(assignments)

    def contractor(self, n: int) -> Contractor:
        pick = self.random
        latitude, longitude = self.place()
        return Contractor(
            id=UUID(int=pick.getrandbits(128)),
            name=f"Crew {pick.randrange(12)}",
            type=pick.choices(["flooring", "multi", "tile"], [6, 3, 1])[0],
            status=pick.choices(["active", "inactive"], [9, 1])[0],
            rating=Decimal(pick.choice([0, 300, 400, 437, 450, 500])) / 100,
            email=f"crew{n}@example.com",
            phone_number="(512) 555-0143",
            skills=pick.sample(SKILLS, pick.randrange(4)),
            service_radius_miles=pick.choice([Decimal(50), Decimal(50), Decimal("12.5"), Decimal(120), None]),
            latitude=latitude,
            longitude=longitude,
            address="1 Main Street",
            city="Austin",
            state="TX",
            zip_code="78701",
            time_zone=pick.choice(ZONES),
        )

    def place(self) -> tuple[Decimal, Decimal]:
        """Often the very same spot, else somewhere around it."""
        pick = self.random
        if pick.random() < 0.2:
            return Decimal("30.2500000"), Decimal("-97.7500000")
        north, east = pick.uniform(-self.spread, self.spread), pick.uniform(-self.spread, self.spread)
        return Decimal(round(30.25 + north, 7)), Decimal(round(-97.75 + east, 7))

    def moment(self, days: float) -> datetime:
        """A quarter of an hour within `days` from now."""
        quarter = self.now.replace(minute=0, second=0, microsecond=0)
        return quarter + timedelta(minutes=15 * self.random.randrange(int(days * 96)))

    def absence(self, person: Contractor) -> Absence:
        start = self.moment(6)
        return Absence(
            contractor=person, period=TimestamptzRange(start, start + timedelta(hours=self.random.randrange(1, 200)))
        )

    def bookings(self, each: float) -> tuple[list[Job], list[Assignment]]:
        jobs, assignments = [], []
        for person in self.people:
            taken: list[tuple[datetime, datetime]] = []
            for _ in range(round(self.random.expovariate(1 / each)) if each else 0):
                start, hours = self.moment(8), self.random.randrange(1, 9)
                end = start + timedelta(hours=hours)
                if any(start < b and a < end for a, b in taken):
                    continue
                taken.append((start, end))
                job = self.job(status="assigned", duration=timedelta(hours=hours))
                jobs.append(job)
                assignments.append(self.assignment(person, job, start, end))
        return jobs, assignments

    def assignment(self, person: Contractor, job: Job, start: datetime, end: datetime) -> Assignment:
        cancelled = self.random.random() < 0.2
        job.status = "open" if cancelled else "assigned"
        return Assignment(
            contractor=person,
            job=job,
            time_slot=TimestamptzRange(start, end, "[)"),
            status="cancelled" if cancelled else "pending",
            cancelled_at=self.now if cancelled else None,
            score=0,
            score_breakdown={},
            candidates_considered=0,
        )

    def promise(self, job: Job) -> None:
        """An arrival window on the half hour, often on the desired day, at any hour, also before the desired date."""
        hours = self.random.choice([1, 1.5, 2, 2, 3, 4])
        start = job.desired_date.replace(minute=30 * self.random.randrange(2)) + timedelta(
            hours=self.random.choice([0, 0, self.random.randrange(-30, 30), self.random.randrange(-60, 200)])
        )
        job.window_start, job.window_end = start, start + timedelta(hours=hours)

    def prefer(self, job: Job) -> None:
        """Contractors whom the customer of `job` prefers and refuses: few, many, or none."""
        people = self.random.sample([person.pk for person in self.people], len(self.people))
        preferred = self.random.choice([0, 1, 5, len(people) // 2])
        refused = self.random.choice([0, 1, 5, len(people) // 3])
        job.preferred_contractors, job.refused_contractors = people[:preferred], people[len(people) - refused :]

    def job(self, **fields: object) -> Job:
        """A job to rank for; not saved."""
        pick = self.random
        latitude, longitude = self.place()
        defaults = {
            "type": "flooring",
            "desired_date": self.moment(3),
            "duration": pick.choice(
                [timedelta(minutes=25), timedelta(hours=1.5), timedelta(hours=4), timedelta(hours=8)]
            ),
            "required_skills": pick.sample([s.lower() for s in SKILLS], pick.choice([0, 0, 0, 1, 2])),
            "latitude": latitude,
            "longitude": longitude,
            "address": "1 Main Street",
            "city": "Austin",
            "state": "TX",
            "zip_code": "78701",
            "time_zone": pick.choice(ZONES[:3]),
        }
        return Job(**{**defaults, **fields})
