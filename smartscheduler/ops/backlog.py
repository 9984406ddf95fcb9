"""Work that waits in the database: mails, imports, and events that a reader has not looked at."""

from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import Case, Count, F, Min, QuerySet, When
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce
from django.utils import timezone

from recommendations.travel.event_receiver import READER as TRAVEL_READER
from smartscheduler.imports.models import ImportRun
from smartscheduler.notifications.models import Mail
from smartscheduler.travel.config import active_providers


class Waiting(NamedTuple):
    """How much waits, and for how long the oldest of it has."""

    number: int
    oldest_seconds: float


# From its first attempt on a mail is late since it was noted; before, and when it is sent again, since it was due.
MAIL_SINCE = Case(When(attempts=0, then=F("due_at")), default=F("created_at"))
IMPORT_SINCE = Coalesce("touched_at", "created_at")

NEXT_UNREAD = """
    SELECT reader.name, next.occurred_at
    FROM events_eventreader reader LEFT JOIN LATERAL (
        SELECT occurred_at FROM events_outboxevent event
        WHERE event.sequence > reader.sequence ORDER BY event.sequence LIMIT 1
    ) next ON true ORDER BY reader.name
"""


def waiting() -> dict[str, Waiting]:
    """Mails to be sent, and files to be checked or imported."""
    return {
        "mails": _waiting(Mail.objects.filter(state=Mail.State.WAITING), MAIL_SINCE),
        "imports": _waiting(ImportRun.objects.filter(state__in=ImportRun.AT_WORK), IMPORT_SINCE),
    }


def unread_since() -> dict[str, datetime | None]:
    """For each reader of the event log, the moment of the oldest event that it has not looked at; None without one."""
    with connection.cursor() as cursor:
        cursor.execute(NEXT_UNREAD)
        found = dict(cursor.fetchall())
    if not active_providers():
        found.pop(TRAVEL_READER, None)  # it reads only while a provider is configured
    return found


def reader_ages() -> dict[str, float]:
    """The same as ages in seconds; 0 for a reader that has seen everything."""
    now = timezone.now()
    return {name: max(0.0, (now - since).total_seconds()) if since else 0.0 for name, since in unread_since().items()}


def _waiting(rows: QuerySet[Any], since: Combinable) -> Waiting:
    found = rows.aggregate(number=Count("pk"), since=Min(since))
    age = (timezone.now() - found["since"]).total_seconds() if found["since"] else 0.0
    return Waiting(found["number"], max(0.0, age))
