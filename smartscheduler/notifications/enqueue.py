"""Creation of messages to contractors and customers from the event log."""

from collections.abc import Collection, Iterator
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db.models import Max

from assignments.models import Assignment
from smartscheduler.core.observability import tracing
from smartscheduler.events.consumer_offsets import unread
from smartscheduler.events.models import OutboxEvent
from smartscheduler.notifications.customer_queue import queue_messages
from smartscheduler.notifications.models import Entry, Mail
from smartscheduler.notifications.redundant_messages import TOLD_OF, Unsent

READER = "mails"
KINDS = {
    "JobAssigned": Mail.Kind.ASSIGNED,
    "AssignmentRescheduled": Mail.Kind.CHANGED,
    "AssignmentCancelled": Mail.Kind.CANCELLED,
}


def collect_mails() -> int:
    """Create messages for the next events. Returns the number of events read."""
    with unread(READER) as events:
        telling = [event for event in events if not event.is_silent]
        Mail.objects.bulk_create(_mails(telling))
        queue_messages(telling)
    return len(events)


def _mails(events: list[OutboxEvent]) -> list[Mail]:
    causes = list(_about(events))
    known = _of_the_same_jobs({assignment_id for _, _, assignment_id in causes})
    revisions, unsent, mails = _revisions(known), Unsent(known.values()), list[Mail]()
    for event, kind, assignment_id in causes:
        if assignment_id not in known:
            continue
        entry = Entry.of(known[assignment_id])
        with tracing.span(f"mail of {event.type}", parent=event.traceparent, event__id=str(event.id)):
            mail = Mail(
                id=event.id,
                kind=kind,
                assignment_id=assignment_id,
                revision=revisions.get(entry, 0),
                reason=event.data.get("reason", ""),
                due_at=event.occurred_at + settings.MAIL_DELAY,
            )
            unsent.add(mail, event)
            mails.append(mail)
        revisions[entry] = revisions.get(entry, 0) + 1
    unsent.store_dropped()
    return mails


def _of_the_same_jobs(assignment_ids: Collection[UUID]) -> dict[UUID, Assignment]:
    """The assignments and all others of their jobs, because assignments can share a calendar entry."""
    jobs = Assignment.objects.filter(pk__in=assignment_ids).values("job")
    return {assignment.pk: assignment for assignment in Assignment.objects.filter(job__in=jobs)}


def _revisions(assignments: dict[UUID, Assignment]) -> dict[Entry, int]:
    """The next revision of each calendar entry. Safe without a lock: only one process at a time reads the events."""
    latest = Mail.objects.filter(assignment__in=assignments).values_list("assignment").annotate(Max("revision"))
    revisions: dict[Entry, int] = {}
    for assignment_id, revision in latest.order_by():
        entry = Entry.of(assignments[assignment_id])
        revisions[entry] = max(revisions.get(entry, 0), revision + 1)
    return revisions


def _about(events: list[OutboxEvent]) -> Iterator[tuple[OutboxEvent, str, UUID]]:
    """The events that cause a message, each with the kind of message and the assignment."""
    changed = [event for event in events if event.type == "JobUpdated" and TOLD_OF & event.data["changed"].keys()]
    bookings = _bookings({UUID(event.data["job_id"]) for event in changed})
    for event in events:
        if event.type in KINDS:
            yield event, KINDS[event.type], UUID(event.data["assignment_id"])
        elif event in changed:
            for assignment in bookings[UUID(event.data["job_id"])]:
                if _is_booked(assignment, at=event.occurred_at):
                    yield event, Mail.Kind.CHANGED, assignment.pk


def _bookings(job_ids: Collection[UUID]) -> dict[UUID, list[Assignment]]:
    bookings: dict[UUID, list[Assignment]] = {job_id: [] for job_id in job_ids}
    if job_ids:
        for assignment in Assignment.objects.filter(job__in=job_ids).exclude(status=Assignment.Status.COMPLETED):
            bookings[assignment.job_id].append(assignment)
    return bookings


def _is_booked(assignment: Assignment, *, at: datetime) -> bool:
    """Whether the assignment was live when the job changed. Messages of later assignments have the changed data.

    An assignment that was cancelled later counts: its contractor may get the job again without another message.
    """
    return assignment.created_at <= at and (assignment.cancelled_at is None or at < assignment.cancelled_at)
