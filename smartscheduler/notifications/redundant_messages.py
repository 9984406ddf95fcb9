"""Mails that are not needed, because what they would tell was undone before they were sent."""

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

# A mail that is due so soon may be in the hands of the sender already, on a machine with another clock.
MARGIN = timedelta(seconds=2)
LONG_AGO, NOT_KNOWN = (datetime(year, 1, 1, tzinfo=UTC) for year in (1970, 9999))

# What a booked contractor wants to know of; the rest cannot change under a booking, or is not theirs.
TOLD_OF = {"customer_name", "customer_phone", "special_requirements"}
# What a mail shows of a job.
SHOWN = sorted(TOLD_OF | BINDING_FIELDS)

FREE = "free"


class Change(NamedTuple):
    """A mail with its event, and the booking before and after: a time slot as text, or FREE.

    Both are None for a change of the job's details, which has no way back.
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
                # Its time slot cannot change any more.
                return cls(mail, event, _slot(as_json(assignment.slot)), FREE)
        return cls(mail, event, None, None)


def _slot(time_slot: dict[str, str]) -> str:
    return f"{time_slot['start']}/{time_slot['end']}"


class Unsent:
    """By calendar entry, the changes whose mails nothing has sent or tried to send, in their order."""

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
        """When a mail about each entry went out last; in the far future while it is not known whether one does."""
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
        """Take the next mail; drop it, with those before it that it makes needless."""
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
    """The last of the unsent changes, as many as `change` takes back together; none when it has to be told."""
    for index, earlier in enumerate(unsent):
        if change.after is not None and earlier.before == change.after:
            undone = unsent[index:]
            if change.after == FREE or not (_is_told(undone, told_until) or _are_details_new(undone, change, job_id)):
                return undone
    return []


def _is_told(undone: Sequence[Change], told_until: datetime) -> bool:
    """Whether another mail may have told of a time slot that is taken back now.

    A mail tells of its assignment as that is when it goes out: one that went out between a move and the way back,
    whatever caused it, has told of the move. A cancelled assignment keeps its slot, so only moves matter, and mails
    of which it is not known whether they go out.
    """
    moves = [change.event.occurred_at for change in undone if change.event.type == "AssignmentRescheduled"]
    return told_until >= min(moves, default=NOT_KNOWN) - MARGIN


def _are_details_new(undone: Sequence[Change], change: Change, job_id: UUID) -> bool:
    """Whether the job was edited meanwhile: the contractor was not told if the job was not theirs then."""
    edits = OutboxEvent.objects.filter(type="JobUpdated", data__contains={"job_id": str(job_id)})
    between = edits.filter(sequence__gt=undone[0].event.sequence, sequence__lt=change.event.sequence)
    return between.filter(data__changed__has_any_keys=SHOWN).exists()
