"""Which events a contractor is written to about."""

from collections.abc import Iterable, Iterator
from uuid import UUID

from django.conf import settings
from django.db.models import Count

from assignments.models import Assignment
from smartscheduler import tracing
from smartscheduler.events.models import OutboxEvent
from smartscheduler.events.reading import unread
from smartscheduler.mails.models import Mail
from smartscheduler.mails.undoing import Unsent

READER = "mails"
KINDS = {
    "JobAssigned": Mail.Kind.ASSIGNED,
    "AssignmentRescheduled": Mail.Kind.CHANGED,
    "AssignmentCancelled": Mail.Kind.CANCELLED,
}
# What a booked contractor wants to know of; the rest cannot change under a booking, or is not theirs.
TOLD_OF = {"customer_name", "customer_phone", "special_requirements"}


def collect_mails() -> int:
    """Note a mail for each of the next events that a contractor is to hear of; returns how many events were read."""
    with unread(READER) as events:
        Mail.objects.bulk_create(_mails(events))
    return len(events)


def _mails(events: list[OutboxEvent]) -> list[Mail]:
    wanted = list(_about(events))
    known = Assignment.objects.in_bulk({assignment_id for _, _, assignment_id in wanted})
    revisions, unsent, found = _revisions(known), Unsent(known), []
    for event, kind, assignment_id in wanted:
        if assignment_id not in known:
            continue
        with tracing.span(f"mail of {event.type}", parent=event.traceparent, event__id=str(event.id)):
            mail = Mail(
                id=event.id,
                kind=kind,
                assignment_id=assignment_id,
                revision=revisions.get(assignment_id, 0),
                reason=event.data.get("reason", ""),
                due_at=event.occurred_at + settings.MAIL_DELAY,
            )
            unsent.add(mail, event)
            found.append(mail)
        revisions[assignment_id] = revisions.get(assignment_id, 0) + 1
    unsent.store_dropped()
    return found


def _revisions(assignment_ids: Iterable[UUID]) -> dict[UUID, int]:
    """How many mails there are about each assignment; whoever reads here is alone, so the next one has that number."""
    counted = Mail.objects.filter(assignment__in=list(assignment_ids)).values_list("assignment")
    return dict(counted.annotate(count=Count("pk")).order_by())


def _about(events: list[OutboxEvent]) -> Iterator[tuple[OutboxEvent, str, UUID]]:
    """Each event with the kind of mail that it causes, and the assignment."""
    changed = [event for event in events if event.type == "JobUpdated" and TOLD_OF & event.data["changed"].keys()]
    live = Assignment.objects.live().filter(job__in=[event.data["job_id"] for event in changed])
    booked = {str(one.job_id): one for one in live} if changed else {}
    for event in events:
        if event.type in KINDS:
            yield event, KINDS[event.type], UUID(event.data["assignment_id"])
        elif event in changed:
            assignment = booked.get(event.data["job_id"])
            # Whoever was booked after the change was told of the job as it is.
            if assignment and assignment.created_at <= event.occurred_at:
                yield event, Mail.Kind.CHANGED, assignment.pk
