"""Services that create and edit jobs. Booking and cancelling are in assignments.services."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any, cast
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.forms.utils import from_current_timezone
from django.utils import timezone
from django.utils.translation import gettext

from customers.models import Customer
from customers.services import address_at
from jobs.arrival import check_not_over, check_window
from jobs.customer_links import CONTACT, PLACE, link_changed, link_new
from jobs.events import JobCreated, JobUpdated, WindowPromised, WindowWithdrawn
from jobs.models import COPIED_LISTS, Job, new_job_number
from jobs.states import BOOKED
from smartscheduler.accounts.models import User
from smartscheduler.core.db.external_ids import check_external_id
from smartscheduler.core.db.inserts import insert
from smartscheduler.core.db.transactions import domain_transaction, is_shared
from smartscheduler.core.geo.postal_areas import PLACE_FIELDS, check_location
from smartscheduler.core.json_values import as_json
from smartscheduler.errors import Busy, InvalidInput, InvalidTransition, JobLocked
from smartscheduler.events.publishing import publish
from smartscheduler.places import Point
from smartscheduler.timeslots import TimeSlot, is_past, noon_of, within_reach

# Inputs of the ranking and of the check of a booked slot.
RANKED_BY = frozenset({"type", "duration", "desired_date", "latitude", "longitude", "time_zone", "required_skills"})
# Inputs of the ranking that come from the customer: the lists, and the customer itself.
RANKED_BY_CUSTOMER = frozenset({"customer", *COPIED_LISTS})
# Fixed while the job is booked. The contractor already has the address, so it is as fixed as the coordinates.
BINDING_FIELDS = RANKED_BY | {"address", "city", "state", "zip_code"}
# A change of one of these can change the customer of a job, and the copies of the customer's name and phone number.
LINKED_BY = frozenset({"customer_id", "customer_address_id", *CONTACT, *PLACE})
WINDOW_FIELDS = frozenset({"window_start", "window_end"})

# With eight hexadecimal digits and 10,000 jobs a day, two jobs draw the same number about once in a hundred days.
JOB_NUMBER_DRAWS, JOB_NUMBER_CONSTRAINT = 5, "jobs_job_job_number_key"


@domain_transaction
def create_job(*, actor: User | None, is_known_new: bool = False, **fields: Any) -> Job:
    """Create an open job. A `desired_date` that is a date without a time means noon at the site.

    The customer is the one with `customer_id`, or the one certainly meant by `customer_name` and `customer_phone`, or
    a new one. `is_known_new`: the caller has looked, and no job has the external ID. Raises InvalidInput (by field),
    also for a desired date in the past.
    """
    return _create(Job(**fields), actor=actor, is_known_new=is_known_new)


@domain_transaction
def record_job(*, actor: User | None, is_known_new: bool = False, **fields: Any) -> Job:
    """Create the job of work that has begun or ended before it is entered: the desired date can be in the past.

    The caller records the work in the same transaction (assignments.services). Raises as `create_job` does.
    """
    return _create(Job(**fields), actor=actor, is_known_new=is_known_new, may_be_past=True)


def _create(job: Job, *, actor: User | None, is_known_new: bool, may_be_past: bool = False) -> Job:
    _check(job, is_known_new=is_known_new)
    _check_desired_date(job, may_be_past=may_be_past)
    link_new(job, actor=actor)
    if job.window and not may_be_past:
        check_not_over(job.window.end, now=timezone.now())
    _insert(job)
    publish(
        JobCreated.of(
            job,
            job_type=job.type,
            priority=job.priority,
            city=job.city,
            state=job.state,
            time_zone=job.time_zone,
            desired_date=job.desired_date,
            duration=job.duration,
        ),
        actor=actor,
    )
    if job.window:
        publish(WindowPromised.of(job, window=job.window, previous=None), actor=actor)
    return job


@domain_transaction
def update_job(*, job_id: UUID, actor: User | None, **changes: Any) -> Job:
    """Change the fields named in `changes`; publishes no event when no value differs.

    New coordinates without a `time_zone` derive the time zone again. A `desired_date` without a time means noon.
    The arrival window cannot be changed here, because that also concerns the booking (assignments.services).
    Raises InvalidInput (by field), JobLocked for type, duration, skills, place or date under a live assignment, and
    InvalidTransition for a completed or cancelled job.
    """
    job = Job.objects.locked().get(pk=job_id)
    linked = ("customer_id", *CONTACT) if LINKED_BY & changes.keys() else ()
    previous = {name: getattr(job, name) for name in dict.fromkeys([*changes, *linked, "time_zone"])}
    for name, value in changes.items():
        setattr(job, name, value)
    moved = any(name in changes and changes[name] != previous[name] for name in ("latitude", "longitude"))
    if moved and not changes.get("time_zone"):
        job.time_zone = ""
    _check(job, place=any(name in PLACE_FIELDS and value != previous[name] for name, value in changes.items()))
    if linked:
        link_changed(job, previous, changes, actor=actor)
    changed = {name: getattr(job, name) for name, was in previous.items() if getattr(job, name) != was}
    if not changed:
        return job
    for name in sorted(WINDOW_FIELDS & changed.keys()):
        message = gettext("The arrival window of a job is promised, changed and withdrawn by its own action.")
        raise InvalidInput.of(name, message)
    _check_editable(job, changed.keys() & BINDING_FIELDS)
    if "desired_date" in changed:
        _check_desired_date(job)
    job.save()
    publish(
        JobUpdated.of(
            job,
            # A reference has the name that it has in the API.
            changed={name.removesuffix("_id"): as_json(value) for name, value in changed.items()},
        ),
        actor=actor,
    )
    return job


@domain_transaction
def move_to_customer(*, source: Customer, target: Customer, actor: User | None) -> int:
    """Give all jobs of `source` to `target`, both locked, also finished jobs. Returns their number."""
    jobs = list(source.jobs.locked().select_related("customer_address"))
    for job in jobs:
        job.customer = target
        if job.customer_address is None or job.customer_address.customer_id != target.pk:
            job.customer_address = address_at(target, job)
        _copy_contact(job, target, actor=actor, always=True)
    return len(jobs)


@domain_transaction
def copy_contact(*, customer: Customer, actor: User | None) -> None:
    """Copy the name and phone number of a locked customer to all jobs of the customer."""
    for job in customer.jobs.locked():
        _copy_contact(job, customer, actor=actor)


@domain_transaction
def copy_preferences(*, customer: Customer, actor: User | None) -> None:
    """Copy the preferred and refused contractors of a locked customer to all jobs; events for those that are not over.

    The version of a job stays: clients read the lists from the customer.
    """
    preferred, refused = sorted(customer.preferred), sorted(customer.refused)
    customer.jobs.update(preferred_contractors=preferred, refused_contractors=refused)
    changed = dict(zip(COPIED_LISTS, map(as_json, (preferred, refused)), strict=True))
    for job in customer.jobs.filter(status__in=[Job.Status.OPEN, Job.Status.ASSIGNED]).only("job_number", "status"):
        publish(JobUpdated.of(job, changed=changed), actor=actor)


def _copy_contact(job: Job, customer: Customer, *, actor: User | None, always: bool = False) -> None:
    contact = {"customer_name": customer.contact_name, "customer_phone": customer.contact_phone}
    changed = {name: text for name, text in contact.items() if getattr(job, name) != text}
    if not (changed or always):
        return
    for name, text in changed.items():
        setattr(job, name, text)
    job.save(update_fields=["customer", "customer_address", *CONTACT])
    moved = {"customer": str(customer.pk)} if always else {}
    publish(JobUpdated.of(job, changed=moved | changed), actor=actor)


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


def set_window(*, job: Job, window: TimeSlot | None, actor: User | None) -> None:
    """Store the arrival window of a locked job, or withdraw it, and publish the event.

    The caller is `assignments.services`, which also locks and checks the booking. Raises InvalidInput, and
    InvalidTransition for a completed or cancelled job.
    """
    previous = job.window
    _check_editable(job, set())
    job.promise(window)
    if window:
        check_window(window.start, window.end, job.zone)
        check_not_over(window.end, now=timezone.now())
    job.save(update_fields=["window_start", "window_end"])
    if window:
        promised = WindowPromised.of(job, window=window, previous=previous)
        publish(promised, actor=actor)
    elif previous:
        publish(WindowWithdrawn.of(job, previous=previous), actor=actor)


def _insert(job: Job) -> None:
    """Save a new job; draw another random job number when the first one is taken."""
    if is_shared():
        insert(job)  # if a number is taken, the batch is done again, one by one
        return
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


def _check(job: Job, *, place: bool = True, is_known_new: bool = False) -> None:
    """Validate all fields; skip the check of the location when `place` is False.

    An edit that leaves the location alone must not fail because the location was stored before that check existed.
    """
    day = _day_alone(job)
    # The links are checked when they are made.
    job.clean_fields(exclude={"customer", "customer_address", *(["desired_date"] if day else [])})
    if place:
        check_location(job)
    job.derive_time_zone()
    if day:
        job.desired_date = noon_of(day, job.zone)
    check_external_id(job, gettext("Another job has this external ID."), is_known_new=is_known_new)
    check_window(job.window_start, job.window_end, job.zone)


def _day_alone(job: Job) -> date | None:
    """The desired date if it has no time."""
    desired = cast(date, job.desired_date)
    return None if isinstance(desired, datetime) else desired


def _check_desired_date(job: Job, *, may_be_past: bool = False) -> None:
    now = timezone.now()
    if may_be_past and job.desired_date < now and not within_reach(job.desired_date, now=now):
        raise InvalidInput.of("desired_date", gettext("The desired date can be at most five years ago."))
    if not may_be_past and is_past(job.desired_date, job.zone, now=now):
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
