"""Offsets of consumers in the event log: each consumer processes every event once, in order."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction

from smartscheduler.events.models import EventReader, OutboxEvent

BATCH = 500


@contextmanager
def unread(reader: str, most: int = BATCH) -> Iterator[list[OutboxEvent]]:
    """The next events in order of delivery, at most `most`, inside a transaction.

    They count as read when the block ends without an exception. The list is empty without new events, or while
    another process reads for the same `reader`.
    """
    with transaction.atomic():
        EventReader.objects.get_or_create(name=reader)
        place = EventReader.objects.select_for_update(skip_locked=True).filter(name=reader).first()
        if place is None:
            yield []
            return
        events = list(OutboxEvent.objects.filter(sequence__gt=place.sequence).order_by("sequence")[:most])
        yield events
        if events:
            place.sequence = events[-1].sequence or place.sequence
            place.save(update_fields=["sequence"])
