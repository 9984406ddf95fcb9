"""Mails that are not needed, because what they would tell was undone before they were sent."""

from collections import defaultdict
from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.utils import timezone

from smartscheduler.events.models import OutboxEvent
from smartscheduler.mails.models import Mail

# A mail that is due so soon may be in the hands of the sender already, on a machine with another clock.
MARGIN = timedelta(seconds=2)
LONG_AGO, NOT_KNOWN = (datetime(year, 1, 1, tzinfo=UTC) for year in (1970, 9999))


class Unsent:
    """The mails about some assignments that nothing has sent or tried to send, in their order."""

    def __init__(self, assignment_ids: Collection[UUID]) -> None:
        self._mails: dict[UUID, list[tuple[Mail, OutboxEvent]]] = defaultdict(list)
        self._stored = {mail.pk: mail for mail in self._waiting(assignment_ids)}
        self._told_until = self._last_told(assignment_ids)
        events = OutboxEvent.objects.in_bulk(list(self._stored), field_name="id") if self._stored else {}
        for mail in self._stored.values():
            if mail.pk in events:
                self._mails[mail.assignment_id].append((mail, events[mail.pk]))

    def _waiting(self, assignment_ids: Collection[UUID]) -> list[Mail]:
        safe = Mail.objects.filter(state=Mail.State.WAITING, attempts=0, due_at__gt=timezone.now() + MARGIN)
        return list(safe.filter(assignment__in=assignment_ids).order_by("revision"))

    def _last_told(self, assignment_ids: Collection[UUID]) -> dict[UUID, datetime]:
        """When a mail about each assignment went out last; in the far future while it is not known whether one does."""
        untold = [Mail.State.DROPPED, Mail.State.SKIPPED]
        others = Mail.objects.filter(assignment__in=assignment_ids).exclude(state__in=untold)
        found: dict[UUID, datetime] = {}
        for assignment_id, sent_at in others.exclude(pk__in=self._stored).values_list("assignment", "sent_at"):
            found[assignment_id] = max(found.get(assignment_id, LONG_AGO), sent_at or NOT_KNOWN)
        return found

    def add(self, mail: Mail, event: OutboxEvent) -> None:
        """Take the next mail; drop it, with those before it that it makes needless."""
        unsent = self._mails[mail.assignment_id]
        needless = _undone_by(mail, event, unsent, self._told_until.get(mail.assignment_id, LONG_AGO))
        if needless is None:
            unsent.append((mail, event))
            return
        for earlier, _ in needless:
            earlier.drop()
        mail.drop()
        del unsent[len(unsent) - len(needless) :]

    def store_dropped(self) -> None:
        dropped = [pk for pk, mail in self._stored.items() if mail.state == Mail.State.DROPPED]
        if dropped:
            Mail.objects.filter(pk__in=dropped, state=Mail.State.WAITING).update(state=Mail.State.DROPPED)


def _undone_by(
    mail: Mail, event: OutboxEvent, unsent: list[tuple[Mail, OutboxEvent]], told_until: datetime
) -> list[tuple[Mail, OutboxEvent]] | None:
    """The unsent mails that `mail` makes needless together with itself; None when it has to be sent.

    A mail tells of the booking as it is when it goes out: one that went out between a move and the way back, whatever
    caused it, has told of the move.
    """
    if not unsent:
        return None
    first, last = unsent[0][0], unsent[-1][1]
    if mail.kind == Mail.Kind.CANCELLED and first.kind == Mail.Kind.ASSIGNED:
        return list(unsent)
    is_way_back = (
        told_until < last.occurred_at - MARGIN
        and event.type == last.type == "AssignmentRescheduled"
        and event.data["time_slot"] == last.data["previous_time_slot"]
        and event.data["previous_time_slot"] == last.data["time_slot"]
    )
    return unsent[-1:] if is_way_back else None
