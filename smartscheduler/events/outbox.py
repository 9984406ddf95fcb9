"""Signal receiver that writes domain events to the outbox."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

import structlog
from django.db import connection
from django.dispatch import receiver
from django.utils import timezone

from smartscheduler.core.db.inserts import insert
from smartscheduler.core.observability import tracing
from smartscheduler.events.models import OutboxEvent
from smartscheduler.events.publishing import Event, domain_event, is_silent

if TYPE_CHECKING:
    from smartscheduler.accounts.models import User

NOTIFY_CHANNEL = "smartscheduler_outbox"
_deferred: ContextVar[bool] = ContextVar("deferred", default=False)


@receiver(domain_event, dispatch_uid="outbox")
def write_outbox(*, event: Event, actor: "User | None", **_: Any) -> None:
    """Store the event, and wake the relay when the transaction commits."""
    event_row = OutboxEvent(
        type=event.type,
        occurred_at=timezone.now(),
        actor=actor.as_actor() if actor else None,
        request_id=structlog.contextvars.get_contextvars().get("request_id", ""),
        traceparent=tracing.traceparent(),
        is_silent=is_silent(),
        data=event.data,
    )
    insert(event_row)
    if not _deferred.get():
        _notify()


def _notify() -> None:
    with connection.cursor() as cursor:
        # PostgreSQL delivers the notification at commit and drops it on rollback.
        cursor.execute(f"NOTIFY {NOTIFY_CHANNEL}")


@contextmanager
def one_notification() -> Iterator[None]:
    """Notify the relay once, after the work inside, instead of once for each event. For batches in one transaction."""
    token = _deferred.set(True)
    try:
        yield
    finally:
        _deferred.reset(token)
    _notify()
