"""Backlog in the database: emails, imports, plans, and events that consumers have not read."""

from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import Case, Count, F, Min, QuerySet, When
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce
from django.utils import timezone

from jobs.geocoded_sites import READER as ADDRESS_READER
from recommendations.planning.models import Plan
from recommendations.travel.event_receiver import READER as TRAVEL_READER
from smartscheduler.geocoding.lookup import is_configured as geocoder_is_configured
from smartscheduler.imports.models import ImportRun
from smartscheduler.notifications.models import CustomerMessage, Mail
from smartscheduler.travel.config import active_providers


class Waiting(NamedTuple):
    """The number of waiting items, and the age of the oldest one in seconds."""

    number: int
    oldest_seconds: float


# An email waits since it was due before its first attempt, and since it was created after that.
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
    """The waiting emails, imports and plans, and the messages to customers that are due."""
    due = CustomerMessage.objects.due(timezone.now()).order_by()
    return {
        "mails": _waiting(Mail.objects.filter(state=Mail.State.WAITING), MAIL_SINCE),
        "messages": _waiting(due, MAIL_SINCE),
        "plans": _waiting(Plan.objects.filter(state=Plan.State.QUEUED), F("created_at")),
        "imports": _waiting(ImportRun.objects.filter(state__in=ImportRun.AT_WORK), IMPORT_SINCE),
    }


def unread_since() -> dict[str, datetime | None]:
    """For each consumer of the event log, the time of its oldest unread event; None without one."""
    with connection.cursor() as cursor:
        cursor.execute(NEXT_UNREAD)
        oldest = dict(cursor.fetchall())
    if not active_providers():
        oldest.pop(TRAVEL_READER, None)  # this consumer runs only while a provider is configured
    if not geocoder_is_configured():
        oldest.pop(ADDRESS_READER, None)
    return oldest


def reader_ages() -> dict[str, float]:
    """The age of each consumer's oldest unread event in seconds; 0 without one."""
    now = timezone.now()
    return {name: max(0.0, (now - since).total_seconds()) if since else 0.0 for name, since in unread_since().items()}


def _waiting(rows: QuerySet[Any], since: Combinable) -> Waiting:
    totals = rows.aggregate(number=Count("pk"), since=Min(since))
    age = (timezone.now() - totals["since"]).total_seconds() if totals["since"] else 0.0
    return Waiting(totals["number"], max(0.0, age))
