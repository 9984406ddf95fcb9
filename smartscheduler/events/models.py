"""The outbox: every domain event, written in the transaction of the change it tells of."""

import uuid
from typing import Any

from django.contrib.postgres.indexes import GinIndex
from django.db import models

from smartscheduler.core.json_values import instant


class OutboxEvent(models.Model):
    """One domain event. The relay gives the `sequence`, which is the order of delivery."""

    position = models.BigAutoField(primary_key=True, help_text="Order of writing; not the order of commit.")
    id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    sequence = models.BigIntegerField(null=True, unique=True, editable=False)
    type = models.CharField(max_length=64)
    occurred_at = models.DateTimeField()
    actor = models.JSONField(null=True)
    request_id = models.CharField(max_length=200, blank=True)
    # With a default in the database: a release that knows nothing of it goes on writing (docs/operations.md).
    traceparent = models.CharField(max_length=55, blank=True, default="", db_default="", editable=False)
    data = models.JSONField()

    class Meta:
        indexes = [
            models.Index(fields=["position"], name="outbox_unsent", condition=models.Q(sequence__isnull=True)),
            models.Index(fields=["occurred_at"], name="outbox_occurred_at"),
            GinIndex(fields=["data"], name="outbox_data", opclasses=["jsonb_path_ops"]),
        ]
        verbose_name = "domain event"

    def __str__(self) -> str:
        return f"{self.sequence or '–'} {self.type}"

    def envelope(self) -> dict[str, Any]:
        """The wire form of spec section 7."""
        return {
            "sequence": self.sequence,
            "id": str(self.id),
            "type": self.type,
            "occurred_at": instant(self.occurred_at),
            "actor": self.actor,
            "data": self.data,
        }


class EventHead(models.Model):
    """The one row that holds the last sequence number given; it outlives the pruning of events."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    sequence = models.BigIntegerField(default=0)
    pruned_to = models.BigIntegerField(default=0, help_text="Events up to here are gone.")

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="event_head_single_row")]

    def __str__(self) -> str:
        return f"head {self.sequence}"


class EventReader(models.Model):
    """How far somebody who acts on events has read the log (events.reading)."""

    name = models.CharField(primary_key=True, max_length=40)
    sequence = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.name}, up to {self.sequence}"
