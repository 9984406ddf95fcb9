"""Work on the event log that needs no hurry."""

from celery import shared_task
from django.conf import settings
from django.db import transaction
from django.db.models import Max, Min
from django.utils import timezone

from smartscheduler.events.models import EventHead, OutboxEvent

PRUNE_BATCH = 5000


@shared_task(name="events.prune", ignore_result=True)
def prune_events() -> int:
    """Delete the events older than settings.EVENT_RETENTION, and remember up to where; returns how many.

    Only a whole stretch from the beginning goes: an old event that was sequenced after a younger one waits
    for it. Events without a number were never delivered and stay. May run twice, and be stopped half-way.
    """
    upto = oldest_to_keep() - 1
    deleted = 0
    while batch := _prune_batch(upto):
        deleted += batch
    return deleted


def oldest_to_keep() -> int:
    """The sequence number from which on everything is kept."""
    sequenced = OutboxEvent.objects.filter(sequence__isnull=False)
    young = sequenced.filter(occurred_at__gte=timezone.now() - settings.EVENT_RETENTION)
    oldest_young: int | None = young.aggregate(found=Min("sequence"))["found"]
    if oldest_young is not None:
        return oldest_young
    return (sequenced.aggregate(found=Max("sequence"))["found"] or 0) + 1


@transaction.atomic
def _prune_batch(upto: int) -> int:
    """One batch of rows, and the mark that they are gone, in one transaction."""
    rows = OutboxEvent.objects.filter(sequence__lte=upto).order_by("sequence")
    batch = list(rows.values_list("sequence", flat=True)[:PRUNE_BATCH])
    if not batch:
        return 0
    EventHead.objects.filter(pk=1, pruned_to__lt=batch[-1]).update(pruned_to=batch[-1])
    deleted, _ = OutboxEvent.objects.filter(sequence__lte=batch[-1]).delete()
    return deleted
