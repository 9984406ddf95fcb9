"""Periodic task that prunes the event log."""

from celery import shared_task
from django.conf import settings
from django.db import transaction
from django.db.models import Max, Min
from django.utils import timezone

from smartscheduler.events.models import EventHead, OutboxEvent

PRUNE_BATCH = 5000


@shared_task(name="events.prune", ignore_result=True)
def prune_events() -> int:
    """Delete events older than settings.EVENT_RETENTION and store the last deleted number. Returns their number.

    Only a contiguous range from the start of the log is deleted: an old event after a newer one stays until the newer
    one is old too. Events without a number were never delivered and stay. The task can be interrupted and repeated.
    """
    upto = oldest_to_keep() - 1
    deleted = 0
    while batch := _prune_batch(upto):
        deleted += batch
    return deleted


def oldest_to_keep() -> int:
    """The first sequence number that is kept."""
    sequenced = OutboxEvent.objects.filter(sequence__isnull=False)
    young = sequenced.filter(occurred_at__gte=timezone.now() - settings.EVENT_RETENTION)
    oldest_young: int | None = young.aggregate(first=Min("sequence"))["first"]
    if oldest_young is not None:
        return oldest_young
    return (sequenced.aggregate(last=Max("sequence"))["last"] or 0) + 1


@transaction.atomic
def _prune_batch(upto: int) -> int:
    """Delete a batch of events and move `pruned_to` in the same transaction. Returns the number of deleted events."""
    rows = OutboxEvent.objects.filter(sequence__lte=upto).order_by("sequence")
    batch = list(rows.values_list("sequence", flat=True)[:PRUNE_BATCH])
    if not batch:
        return 0
    EventHead.objects.filter(pk=1, pruned_to__lt=batch[-1]).update(pruned_to=batch[-1])
    deleted, _ = OutboxEvent.objects.filter(sequence__lte=batch[-1]).delete()
    return deleted
