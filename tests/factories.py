"""Factories of realistic, valid records."""

from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Any, Protocol, TypeVar, cast
from zoneinfo import ZoneInfo

import factory
from django.db.models import Model
from django.utils import timezone
from factory.django import DjangoModelFactory
from psycopg.types.range import TimestamptzRange

from assignments.models import Assignment
from contractors.models import Absence, Contractor, WorkingHours
from contractors.working_week import Shift
from jobs.models import Job
from recommendations.planning.models import Plan, PlanItem
from recommendations.planning.scope import Scope
from smartscheduler.accounts.models import User
from smartscheduler.accounts.permissions import Role

AUSTIN: dict[str, Any] = {
    "latitude": Decimal("30.2672000"),
    "longitude": Decimal("-97.7431000"),
    "address": "100 Congress Avenue",
    "city": "Austin",
    "state": "TX",
    "zip_code": "78701",
    "time_zone": "America/Chicago",
}
WEEKDAYS = [Shift(day, time(8), time(17)) for day in range(1, 6)]
EVERY_DAY = [Shift(day, time(8), time(17)) for day in range(7)]
PASSWORD = "a-long-enough-password"


M = TypeVar("M", bound=Model)


class Factory(Protocol[M]):
    """The calls of a factory class, with their types: mypy does not read the metaclass of factory_boy."""

    def __call__(self, **values: Any) -> M: ...

    def build(self, **values: Any) -> M: ...

    def create_batch(self, size: int, **values: Any) -> list[M]: ...


def typed(records: type[DjangoModelFactory[M]]) -> Factory[M]:
    return cast("Factory[M]", records)


class UserRecords(DjangoModelFactory[User]):
    class Meta:
        model = User
        skip_postgeneration_save = True

    email = factory.Sequence(lambda n: f"user{n}@example.com")
    name = factory.Faker("name")
    role = Role.COORDINATOR
    password = factory.django.Password(PASSWORD)


UserFactory = typed(UserRecords)


class ContractorRecords(DjangoModelFactory[Contractor]):
    """Works every day 08:00–17:00 unless `hours` says otherwise."""

    class Meta:
        model = Contractor
        skip_postgeneration_save = True

    name = factory.Sequence(lambda n: f"Contractor {n:04d}")
    type = Contractor.Type.FLOORING
    rating = Decimal("4.00")
    rating_count = 10
    phone_number = "(512) 555-0143"
    email = factory.Sequence(lambda n: f"contractor{n}@example.com")
    latitude, longitude = AUSTIN["latitude"], AUSTIN["longitude"]
    address, city, state, zip_code = AUSTIN["address"], AUSTIN["city"], AUSTIN["state"], AUSTIN["zip_code"]
    time_zone = AUSTIN["time_zone"]

    @factory.post_generation  # type: ignore[untyped-decorator]
    def hours(self: Any, create: bool, extracted: list[Shift] | None, **_: Any) -> None:
        if shifts := EVERY_DAY if extracted is None else extracted:
            WorkingHours.objects.bulk_create(
                WorkingHours(
                    contractor=self, day_of_week=shift.day_of_week, start_time=shift.start_time, end_time=shift.end_time
                )
                for shift in shifts
            )


ContractorFactory = typed(ContractorRecords)


class JobRecords(DjangoModelFactory[Job]):
    class Meta:
        model = Job

    # Random numbers of thousands of jobs would collide now and then.
    job_number = factory.Sequence(lambda number: f"JOB-{at(0):%Y%m%d}-{number:08X}")
    type = Job.Type.FLOORING
    desired_date = factory.LazyFunction(lambda: at(12, days=2))
    duration = timedelta(hours=2)
    latitude, longitude = AUSTIN["latitude"], AUSTIN["longitude"]
    address, city, state, zip_code = AUSTIN["address"], AUSTIN["city"], AUSTIN["state"], AUSTIN["zip_code"]
    time_zone = AUSTIN["time_zone"]
    customer_name = factory.Faker("name")


JobFactory = typed(JobRecords)


class AbsenceRecords(DjangoModelFactory[Absence]):
    class Meta:
        model = Absence

    contractor = factory.SubFactory(ContractorFactory)
    period = factory.LazyFunction(lambda: TimestamptzRange(at(0, days=2), at(0, days=3), "[)"))


AbsenceFactory = typed(AbsenceRecords)


class AssignmentRecords(DjangoModelFactory[Assignment]):
    """A pending booking of `start` + the job's duration; the job is made `assigned` with it."""

    class Meta:
        model = Assignment

    class Params:
        start = factory.LazyFunction(lambda: at(9, days=2))

    contractor = factory.SubFactory(ContractorFactory)
    job = factory.SubFactory(JobFactory, status=Job.Status.ASSIGNED)
    time_slot = factory.LazyAttribute(lambda o: TimestamptzRange(o.start, o.start + o.job.duration, "[)"))
    score = Decimal("0.8000")
    score_breakdown = factory.LazyFunction(lambda: {"explanation": "Made for a test."})
    rank = 1
    candidates_considered = 1


AssignmentFactory = typed(AssignmentRecords)


def at(hour: int, minute: int = 0, *, days: int = 0, zone: str = AUSTIN["time_zone"]) -> datetime:
    """An instant in local time of the site, `days` after the local today."""
    today = timezone.now().astimezone(ZoneInfo(zone)).date() + timedelta(days=days)
    return datetime.combine(today, time(hour, minute), ZoneInfo(zone))


def many_contractors(count: int) -> list[Contractor]:
    """As many contractors with the usual week, in two statements."""
    first = Contractor.objects.count()
    made = Contractor.objects.bulk_create(
        ContractorFactory.build(email=f"crew{n}@example.com", name=f"Crew {n}", hours=[])
        for n in range(first, first + count)
    )
    WorkingHours.objects.bulk_create(
        WorkingHours(
            contractor=contractor, day_of_week=shift.day_of_week, start_time=shift.start_time, end_time=shift.end_time
        )
        for contractor in made
        for shift in EVERY_DAY
    )
    return made


def many_assignments(count: int) -> list[Assignment]:
    """As many bookings, each of a contractor and a job of its own."""
    jobs = Job.objects.bulk_create(JobFactory.build(status=Job.Status.ASSIGNED) for _ in range(count))
    pairs = zip(many_contractors(count), jobs, strict=True)
    return Assignment.objects.bulk_create(
        AssignmentFactory.build(contractor=contractor, job=job) for contractor, job in pairs
    )


class PlanRecords(DjangoModelFactory[Plan]):
    """A queued plan for the seven days from now on."""

    class Meta:
        model = Plan

    first_day = factory.LazyFunction(lambda: at(0).date())
    last_day = factory.LazyFunction(lambda: at(0, days=6).date())
    seed = 1
    scope = factory.LazyAttribute(lambda o: Scope(jobs=[], first_day=o.first_day, last_day=o.last_day).as_json())


PlanFactory = typed(PlanRecords)


class PlanItemRecords(DjangoModelFactory[PlanItem]):
    """A proposed booking of `start` + the job's duration, in a bundle of its own."""

    class Meta:
        model = PlanItem

    class Params:
        start = factory.LazyFunction(lambda: at(9, days=2))

    plan = factory.SubFactory(PlanFactory)
    position = bundle = factory.Sequence(lambda number: number)
    action = PlanItem.Action.BOOK
    job = factory.SubFactory(JobFactory)
    contractor = factory.SubFactory(ContractorFactory)
    time_slot = factory.LazyAttribute(lambda o: TimestamptzRange(o.start, o.start + o.job.duration, "[)"))


PlanItemFactory = typed(PlanItemRecords)
