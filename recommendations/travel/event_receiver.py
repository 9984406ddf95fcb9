"""Triggers of road-distance lookups: domain events, rankings shown with straight lines, and the nightly refresh."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from django.conf import settings
from django.utils import timezone
from redis import RedisError

from jobs.models import Job
from jobs.services import RANKED_BY
from recommendations.change_announcer import concerned_jobs
from recommendations.travel.lookup_queue import want
from recommendations.travel.requests import pop_refresh_requests
from smartscheduler.events.consumer_offsets import unread
from smartscheduler.events.models import OutboxEvent

READER = "travel"
COMING_WEEK = timedelta(days=7)
MOVED = {"latitude", "longitude"}

log = structlog.get_logger(__name__)


def note_events() -> int:
    """Request roads for jobs that are new or changed, or have a new or moved contractor nearby.

    Returns how many events were read.
    """
    with unread(READER) as events:
        want(_jobs(events) | concerned_jobs(event for event in events if _places_contractor(event)))
    return len(events)


def _jobs(events: Iterable[OutboxEvent]) -> set[UUID]:
    return {
        UUID(event.data["job_id"])
        for event in events
        if event.type in {"JobCreated", "JobReopened"}
        or (event.type == "JobUpdated" and RANKED_BY & event.data["changed"].keys())
    }


def _places_contractor(event: OutboxEvent) -> bool:
    return event.type == "ContractorCreated" or (
        event.type == "ContractorUpdated" and bool(MOVED & event.data["changed"].keys())
    )


def queue_requested_refreshes() -> None:
    """Request roads for jobs whose rankings were shown with straight lines."""
    try:
        want(pop_refresh_requests(), soft=True)
    except RedisError as error:
        log.info("refresh_requests_unread", error=type(error).__name__)


def coming_week() -> list[UUID]:
    """The open jobs with a desired date within the next seven days."""
    now = timezone.now()
    jobs = Job.objects.open().filter(desired_date__range=(now - timedelta(days=1), now + COMING_WEEK))
    return list(jobs.order_by("desired_date").values_list("pk", flat=True))


def refresh() -> int:
    """Request roads again that would expire within the coming week; return for how many jobs."""
    job_ids = coming_week()
    kept = timedelta(days=settings.TRAVEL_KEEP_DAYS)
    # If estimates are kept for less than two weeks, refresh them at half of that time, not every night.
    want(job_ids, newer_than=timezone.now() - max(kept - COMING_WEEK, kept / 2))
    return len(job_ids)


def look_up_again(job_ids: Iterable[UUID] | None = None, *, now: datetime | None = None) -> int:
    """Request all estimates of these jobs again, at once; by default jobs of the coming week. Return for how many."""
    requested = coming_week() if job_ids is None else list(job_ids)
    want(requested, urgent=True, newer_than=now or timezone.now())
    return len(requested)
