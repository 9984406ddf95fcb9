"""Services that create and edit jobs. Booking and cancelling are in assignments.services."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.forms.utils import from_current_timezone
from django.utils import timezone
from django.utils.translation import gettext

from jobs.events import JobCreated, JobUpdated
from jobs.models import Job, new_job_number
from jobs.states import BOOKED
from smartscheduler.accounts.models import User
from smartscheduler.core.db.transactions import domain_transaction
from smartscheduler.core.geo.postal_areas import PLACE_FIELDS, check_location
from smartscheduler.core.json_values import as_json
from smartscheduler.errors import Busy, InvalidInput, InvalidTransition, JobLocked
from smartscheduler.events.publishing import publish
from smartscheduler.places import Point
from smartscheduler.timeslots import within_reach

# Inputs of the ranking and of the check of a booked slot.
RANKED_BY = frozenset({"type", "duration", "desired_date", "latitude", "longitude", "time_zone", "required_skills"})
# Fixed while the job is booked. The contractor already has the address, so it is as fixed as the coordinates.
BINDING_FIELDS = RANKED_BY | {"address", "city", "state", "zip_code"}

# With eight hexadecimal digits and 10,000 jobs a day, two jobs draw the same number about once in a hundred days.
JOB_NUMBER_DRAWS, JOB_NUMBER_CONSTRAINT = 5, "jobs_job_job_number_key"


@domain_transaction
def create_job(*, actor: User | None, **fields: Any) -> Job:
    """Create an open job.

    Raises InvalidInput (by field), also for a desired date in the past.
    """
    job = Job(**fields)
    _check(job)
    _check_desired_date(job)
    _insert(job)
    publish(
        JobCreated(
            job_id=job.pk,
            job_number=job.job_number,
            job_type=job.type,
            priority=job.priority,
            city=job.city,
            desired_date=job.desired_date,
        ),
        actor=actor,
    )
    return job


@domain_transaction
def update_job(*, job_id: UUID, actor: User | None, **changes: Any) -> Job:
    """Change the fields named in `changes`; publishes no event when no value differs.

    New coordinates without a `time_zone` derive the time zone again.
    Raises InvalidInput (by field), JobLocked for type, duration, skills, place or date under a live assignment, and
    InvalidTransition for a completed or cancelled job.
    """
    job = Job.objects.locked().get(pk=job_id)
    previous = {name: getattr(job, name) for name in (*changes, "time_zone")}
    for name, value in changes.items():
        setattr(job, name, value)
    moved = any(name in changes and changes[name] != previous[name] for name in ("latitude", "longitude"))
    if moved and not changes.get("time_zone"):
        job.time_zone = ""
    _check(job, place=any(name in PLACE_FIELDS and value != previous[name] for name, value in changes.items()))
    changed = {name: getattr(job, name) for name, was in previous.items() if getattr(job, name) != was}
    if not changed:
        return job
    _check_editable(job, changed.keys() & BINDING_FIELDS)
    if "desired_date" in changed:
        _check_desired_date(job)
    job.save()
    publish(
        JobUpdated(
            job_id=job.pk,
            job_number=job.job_number,
            changed={name: as_json(value) for name, value in changed.items()},
        ),
        actor=actor,
    )
    return job


@domain_transaction
def move_to_day(*, job_id: UUID, actor: User | None, day: date) -> Job:
    """Change the desired date to another day at the site, at the same time of day.

    Raises as `update_job` does, and InvalidInput for a time that a clock change skips or repeats on that day.
    """
    job = Job.objects.locked().get(pk=job_id)
    moment = datetime.combine(day, job.desired_date.astimezone(job.zone).time())
    try:
        with timezone.override(job.zone):
            desired_date = from_current_timezone(moment)
    except ValidationError as refusal:
        raise InvalidInput.of("desired_date", " ".join(refusal.messages)) from refusal
    return update_job(job_id=job_id, actor=actor, desired_date=desired_date)


@domain_transaction
def set_exact_point(*, job_id: UUID, guess: Point, point: Point, actor: User | None) -> None:
    """Replace the point of an open job while it is still `guess`; the time zone stays."""
    job = Job.objects.locked().get(pk=job_id)
    if job.status != Job.Status.OPEN or job.exact_point != guess:
        return
    latitude, longitude = (Decimal(f"{degrees:.7f}") for degrees in point)
    update_job(job_id=job_id, actor=actor, latitude=latitude, longitude=longitude, time_zone=job.time_zone)


def _insert(job: Job) -> None:
    """Save a new job; draw another random job number when the first one is taken."""
    for _ in range(JOB_NUMBER_DRAWS):
        try:
            # A savepoint: after a failed INSERT, PostgreSQL refuses further statements in the transaction.
            with transaction.atomic():
                job.save(force_insert=True)
            return
        except IntegrityError as error:
            if JOB_NUMBER_CONSTRAINT not in str(error):
                raise
            job.job_number = new_job_number()
    raise Busy(gettext("No free job number was found. Try again."))


def _check(job: Job, *, place: bool = True) -> None:
    """Validate all fields; skip the check of the location when `place` is False.

    An edit that leaves the location alone must not fail because the location was stored before that check existed.
    """
    job.clean_fields()
    if place:
        check_location(job)
    job.derive_time_zone()


def _check_desired_date(job: Job) -> None:
    now = timezone.now()
    if job.desired_date < now:
        raise InvalidInput.of("desired_date", gettext("The desired date cannot be in the past."))
    if not within_reach(job.desired_date, now=now):
        raise InvalidInput.of("desired_date", gettext("The desired date can be at most five years ahead."))


def _check_editable(job: Job, binding: set[str]) -> None:
    if job.status in {Job.Status.COMPLETED, Job.Status.CANCELLED}:
        message = gettext("A job that is {status} cannot be edited.").format(status=job.get_status_display().lower())
        raise InvalidTransition(message, extra={"from": job.status})
    if job.status in BOOKED and binding:
        detail = gettext(
            "These fields cannot change while the job has a live assignment: {fields}. "
            "Reschedule or reassign the assignment, or cancel it first."
        )
        message = gettext(
            "This field cannot change while the job has a live assignment. "
            "Reschedule or reassign the assignment, or cancel it first."
        )
        names = sorted(binding)
        raise JobLocked(detail.format(fields=", ".join(names)), errors={name: [message] for name in names})
