"""Sequence numbers without a relay, for tests in a single transaction."""

from django.db.models import Max

from smartscheduler.events.models import OutboxEvent


def number_events() -> None:
    """Give sequence numbers as the relay does, in the test's own transaction."""
    head = OutboxEvent.objects.aggregate(head=Max("sequence"))["head"] or 0
    unsent = OutboxEvent.objects.filter(sequence=None).order_by("position")
    for sequence, event in enumerate(unsent, start=head + 1):
        OutboxEvent.objects.filter(pk=event.pk).update(sequence=sequence)
