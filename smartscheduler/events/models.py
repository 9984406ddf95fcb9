"""The transactional outbox: each domain event is stored in the transaction of its change."""

import uuid
from typing import Any

from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.utils.translation import gettext_lazy as _

from smartscheduler.core.json_values import instant


class OutboxEvent(models.Model):
    """A domain event. The relay assigns `sequence`, the order of delivery, after the commit."""

    position = models.BigAutoField(
        primary_key=True, help_text=_("Order in which events were written, which can differ from the order of commits.")
    )
    id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    sequence = models.BigIntegerField(null=True, unique=True, editable=False)
    type = models.CharField(max_length=64)
    occurred_at = models.DateTimeField()
    actor = models.JSONField(null=True)
    request_id = models.CharField(max_length=200, blank=True)
    # The default is in the database, so that an older release can still write during an upgrade (docs/operations.md).
    traceparent = models.CharField(max_length=55, blank=True, default="", db_default="", editable=False)
    # Nothing is sent to contractors and customers because of the event (publishing.without_messages).
    is_silent = models.BooleanField(default=False, db_default=False, editable=False)
    data = models.JSONField()

    class Meta:
        indexes = [
            models.Index(fields=["position"], name="outbox_unsent", condition=models.Q(sequence__isnull=True)),
            models.Index(fields=["occurred_at"], name="outbox_occurred_at"),
            GinIndex(fields=["data"], name="outbox_data", opclasses=["jsonb_path_ops"]),
        ]
        verbose_name = _("domain event")

    def __str__(self) -> str:
        return f"{self.sequence or '–'} {self.type}"

    def envelope(self) -> dict[str, Any]:
        """The event as clients receive it (docs/events.md)."""
        return {
            "sequence": self.sequence,
            "id": str(self.id),
            "type": self.type,
            "occurred_at": instant(self.occurred_at),
            "actor": self.actor,
            "data": self.data,
        }


class EventHead(models.Model):
    """A single row with the last assigned sequence number, which is kept when events are pruned."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    sequence = models.BigIntegerField(default=0)
    pruned_to = models.BigIntegerField(default=0, help_text=_("Events up to this number have been deleted."))

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="event_head_single_row")]

    def __str__(self) -> str:
        return f"head {self.sequence}"


class EventReader(models.Model):
    """The offset of a consumer in the event log (events.consumer_offsets)."""

    name = models.CharField(primary_key=True, max_length=40)
    sequence = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.name}, up to {self.sequence}"
