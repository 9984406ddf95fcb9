"""Queue of messages to customers: from the events of bookings, and reminders on the day before a visit."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from django.conf import settings
from django.db import transaction
from django.db.models import OuterRef, Subquery
from django.utils import timezone

from assignments.models import Assignment
from jobs.models import Job
from smartscheduler.events.models import OutboxEvent
from smartscheduler.leases.services import lease
from smartscheduler.notifications.customer_messages import Templates, due_time, fill, obstacle, templates
from smartscheduler.notifications.models import CustomerMessage, MessageKind
from smartscheduler.notifications.visits import visit_of

# The events after which the customer of a job may have to be told something. Whether there is news is decided when the
# message is due: a change can have been undone, or lie in the arrival window that the customer knows.
NEWS: dict[str, str] = {
    "JobAssigned": MessageKind.BOOKED,
    "AssignmentRescheduled": MessageKind.MOVED,
    "WindowPromised": MessageKind.MOVED,
    "WindowWithdrawn": MessageKind.MOVED,
    "AssignmentCancelled": MessageKind.CANCELLED,
    "WindowBroken": MessageKind.WINDOW_BROKEN,
}
COMPLETED = "AssignmentCompleted"

REMINDER_LEASE = "reminders"
# How far ahead bookings are read. A reminder is due a day before the visit, or earlier if that is at night.
REMINDED_AHEAD = timedelta(days=2)
# A customer who is told of the visit this shortly before the reminder, or later, gets none.
TOLD_RECENTLY = timedelta(hours=12)


def queue_messages(events: Iterable[OutboxEvent]) -> None:
    """Queue a message for each job with news and for each completed one, in the transaction that reads the events."""
    causes = _causes(events)
    if not causes:
        return
    jobs = _jobs(UUID(event.data["job_id"]) for event in causes)
    live = {booking.job_id: booking for booking in Assignment.objects.live().filter(job__in=jobs)}
    ended = [UUID(event.data["assignment_id"]) for event in causes if "assignment_id" in event.data]
    stored, texts, messages = Assignment.objects.in_bulk(ended), templates(), list[CustomerMessage]()
    for event in causes:
        job = jobs.get(UUID(event.data["job_id"]))
        about = live.get(job.pk) if job else None
        if job and "assignment_id" in event.data:
            about = stored.get(UUID(event.data["assignment_id"]))
        if job and about:
            messages.append(_message(event, job, about, live.get(job.pk), texts))
    CustomerMessage.objects.bulk_create(messages)


def _causes(events: Iterable[OutboxEvent]) -> list[OutboxEvent]:
    """The last event with news of each job, because its message also covers the others; and each completion."""
    latest: dict[tuple[str, bool], OutboxEvent] = {}
    for event in events:
        if event.type in NEWS or event.type == COMPLETED:
            latest[event.data["job_id"], event.type == COMPLETED] = event
    return list(latest.values())


def _jobs(keys: Iterable[UUID]) -> dict[UUID, Job]:
    """The jobs that have a customer."""
    return Job.objects.exclude(customer=None).select_related("customer").in_bulk(list(keys))


def _message(
    event: OutboxEvent, job: Job, about: Assignment, booking: Assignment | None, texts: Templates
) -> CustomerMessage:
    """The message of an event about the assignment `about`. `booking`: the live one of the job."""
    kind, due_at = NEWS.get(event.type, MessageKind.DONE), due_time(event.occurred_at + settings.MAIL_DELAY, job)
    message = _queued(event.id, str(kind), job, about, due_at)
    fill(message, booking, texts)
    _suppress_unreachable(message, texts)
    return message


def _queued(message_id: UUID, kind: str, job: Job, about: Assignment, due_at: datetime) -> CustomerMessage:
    assert job.customer, "the caller has selected jobs with a customer"  # noqa: S101
    return CustomerMessage(
        id=message_id,
        kind=kind,
        job=job,
        customer=job.customer,
        assignment=about,
        language=job.customer.language,
        due_at=due_at,
    )


def _suppress_unreachable(message: CustomerMessage, texts: Templates) -> None:
    if reason := obstacle(message.customer, message.kind, texts):
        message.suppress(reason)


def queue_reminders() -> int:
    """Queue the reminders that are due, each once. Returns their number."""
    with lease(REMINDER_LEASE) as holder, transaction.atomic():
        return len(CustomerMessage.objects.bulk_create(_reminders(timezone.now()))) if holder else 0


def _reminders(now: datetime) -> list[CustomerMessage]:
    states = [CustomerMessage.State.QUEUED, CustomerMessage.State.SENT]
    latest = CustomerMessage.objects.about_visits().filter(job=OuterRef("job"), state__in=states).latest_first()
    bookings: Any = (
        Assignment.objects.live()
        .filter(time_slot__startswith__gt=now, time_slot__startswith__lt=now + REMINDED_AHEAD)
        .exclude(job__customer=None)
        .exclude(job__customer__email="")
        .annotate(told_at=Subquery(latest.values("created_at")[:1]))
        .select_related("job__customer")
    )
    due: dict[UUID, CustomerMessage] = {}
    for booking in bookings:
        reminder = _reminder(booking)
        if reminder.due_at <= now and not (booking.told_at and booking.told_at > reminder.due_at - TOLD_RECENTLY):
            due[reminder.pk] = reminder
    for key in CustomerMessage.objects.filter(pk__in=due).values_list("pk", flat=True):
        del due[key]
    texts = templates()
    for reminder in due.values():
        fill(reminder, reminder.assignment, texts)
        _suppress_unreachable(reminder, texts)
    return list(due.values())


def _reminder(booking: Assignment) -> CustomerMessage:
    job = booking.job
    visit = visit_of(booking, job)
    due_at = settings.MESSAGE_HOURS.last_on_day_before(visit.start, job.zone)
    message = _queued(uuid5(booking.pk, visit.start.isoformat()), MessageKind.REMINDER, job, booking, due_at)
    message.visit = visit
    return message
