"""Messages that are not needed because their change was undone before they were sent."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from django.utils import timezone

from assignments.models import Assignment
from jobs.services import BINDING_FIELDS
from smartscheduler.core.json_values import as_json
from smartscheduler.events.models import OutboxEvent
from smartscheduler.notifications.models import Entry, Mail

# A message due this soon may already be in delivery by a machine with a different clock.
MARGIN = timedelta(seconds=2)
LONG_AGO, NOT_KNOWN = (datetime(year, 1, 1, tzinfo=UTC) for year in (1970, 9999))

# Fields of a job that a booked contractor is notified about. Other fields cannot change while the job is booked, or do
# not concern the contractor.
TOLD_OF = {"customer_name", "customer_phone", "special_requirements"}
# Fields of a job that a message contains.
SHOWN = sorted(TOLD_OF | BINDING_FIELDS)

FREE = "free"


class Change(NamedTuple):
    """A message with its event, and the booking before and after it: a time slot as text, or FREE.

    Both are None for a change of the data of the job, which cannot be undone by another message.
    """

    mail: Mail
    event: OutboxEvent
    before: str | None
    after: str | None

    @classmethod
    def of(cls, mail: Mail, event: OutboxEvent, assignment: Assignment) -> "Change":
        match event.type:
            case "JobAssigned":
                return cls(mail, event, FREE, _slot(event.data["time_slot"]))
            case "AssignmentRescheduled":
                return cls(mail, event, _slot(event.data["previous_time_slot"]), _slot(event.data["time_slot"]))
            case "AssignmentCancelled":
                # The time slot of a canceled assignment no longer changes.
                return cls(mail, event, _slot(as_json(assignment.slot)), FREE)
        return cls(mail, event, None, None)


def _slot(time_slot: dict[str, str]) -> str:
    return f"{time_slot['start']}/{time_slot['end']}"


class Unsent:
    """Changes by calendar entry, in order, whose messages no process has sent or tried to send."""

    def __init__(self, assignments: Collection[Assignment]) -> None:
        self._assignments = {assignment.pk: assignment for assignment in assignments}
        self._changes: dict[Entry, list[Change]] = defaultdict(list)
        self._stored = {mail.pk: mail for mail in self._waiting()}
        self._told_until = self._last_told()
        events = OutboxEvent.objects.in_bulk(list(self._stored), field_name="id") if self._stored else {}
        for mail in self._stored.values():
            if mail.pk in events:
                entry, change = self._change(mail, events[mail.pk])
                self._changes[entry].append(change)

    def _waiting(self) -> list[Mail]:
        safe = Mail.objects.filter(state=Mail.State.WAITING, attempts=0, due_at__gt=timezone.now() + MARGIN)
        return list(safe.filter(assignment__in=self._assignments).order_by("revision"))

    def _last_told(self) -> dict[Entry, datetime]:
        """Time of the last sent message of each entry; NOT_KNOWN while a delivery may be in progress."""
        untold = [Mail.State.DROPPED, Mail.State.SKIPPED]
        others = Mail.objects.filter(assignment__in=self._assignments).exclude(state__in=untold)
        last: dict[Entry, datetime] = {}
        for assignment_id, sent_at in others.exclude(pk__in=self._stored).values_list("assignment", "sent_at"):
            entry = Entry.of(self._assignments[assignment_id])
            last[entry] = max(last.get(entry, LONG_AGO), sent_at or NOT_KNOWN)
        return last

    def _change(self, mail: Mail, event: OutboxEvent) -> tuple[Entry, Change]:
        assignment = self._assignments[mail.assignment_id]
        return Entry.of(assignment), Change.of(mail, event, assignment)

    def add(self, mail: Mail, event: OutboxEvent) -> None:
        """Add the next message. Drop it together with earlier messages whose change it undoes."""
        entry, change = self._change(mail, event)
        unsent = self._changes[entry]
        needless = _undone_by(change, unsent, entry.job_id, self._told_until.get(entry, LONG_AGO))
        if not needless:
            unsent.append(change)
            return
        for dropped in (*needless, change):
            dropped.mail.drop()
        del unsent[-len(needless) :]

    def store_dropped(self) -> None:
        dropped = [pk for pk, mail in self._stored.items() if mail.state == Mail.State.DROPPED]
        if dropped:
            Mail.objects.filter(pk__in=dropped, state=Mail.State.WAITING).update(state=Mail.State.DROPPED)


def _undone_by(change: Change, unsent: list[Change], job_id: UUID, told_until: datetime) -> list[Change]:
    """The last unsent changes that `change` undoes as a whole; empty if `change` must be sent."""
    for index, earlier in enumerate(unsent):
        if change.after is not None and earlier.before == change.after:
            undone = unsent[index:]
            if change.after == FREE or not (_is_told(undone, told_until) or _are_details_new(undone, change, job_id)):
                return undone
    return []


def _is_told(undone: Sequence[Change], told_until: datetime) -> bool:
    """Whether another message may already have contained a time slot that is undone now.

    A message has the state of its assignment at the time of delivery. So any message sent between a move and its
    reversal has contained the moved slot. A cancelled assignment keeps its slot, so only moves matter, and messages
    whose delivery is unknown.
    """
    moves = [change.event.occurred_at for change in undone if change.event.type == "AssignmentRescheduled"]
    return told_until >= min(moves, default=NOT_KNOWN) - MARGIN


def _are_details_new(undone: Sequence[Change], change: Change, job_id: UUID) -> bool:
    """Whether the job was edited in between. The contractor was not notified of that if the job was not booked."""
    edits = OutboxEvent.objects.filter(type="JobUpdated", data__contains={"job_id": str(job_id)})
    between = edits.filter(sequence__gt=undone[0].event.sequence, sequence__lt=change.event.sequence)
    return between.filter(data__changed__has_any_keys=SHOWN).exists()
