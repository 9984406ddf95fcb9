"""Activity feed of the live board: the latest events as sentences."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from jobs.models import Job
from smartscheduler.accounts.models import User
from smartscheduler.dashboard.event_text import sentence
from smartscheduler.events import event_log
from smartscheduler.events.models import OutboxEvent
from smartscheduler.events.redaction import redact_event
from smartscheduler.places import zone

MOST_ITEMS = 40
NOWHERE = ZoneInfo("UTC")
# Events for clients that show a ranking; not news for a coordinator at the board.
FOR_MACHINES = ["RecommendationsUpdated", "PlanProgressed"]


@dataclass(frozen=True, kw_only=True)
class Item:
    sequence: int
    type: str
    sentence: str
    actor: str
    occurred_at: datetime


def latest_items(reader: User) -> list[Item]:
    """The latest events, newest first, redacted for `reader`. Runs two queries."""
    events = [redact_event(event, reader) for event in event_log.latest(MOST_ITEMS, leave_out=FOR_MACHINES)]
    sites = _sites(events)
    return [_item(event, sites.get(event.data.get("job_id", ""), NOWHERE)) for event in events]


def _item(event: OutboxEvent, site: ZoneInfo) -> Item:
    return Item(
        sequence=event.sequence or 0,
        type=event.type,
        sentence=sentence(event.type, event.data, site),
        actor=event.actor["name"] if event.actor else "",
        occurred_at=event.occurred_at,
    )


def _sites(events: list[OutboxEvent]) -> dict[str, ZoneInfo]:
    """Time zones of the jobs of the events, by the id of the job as text."""
    ids = {UUID(event.data["job_id"]) for event in events if event.data.get("job_id")}
    return {str(pk): zone(name) for pk, name in Job.objects.filter(pk__in=ids).values_list("pk", "time_zone")}
