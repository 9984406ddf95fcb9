"""Publishes `RecommendationsUpdated` for jobs whose ranking may have changed, so that open pages reload it.

Changes are read from the event log, in order, from a stored position. The position moves in the same transaction, so
no change is missed or announced twice. A burst of changes becomes one announcement per job.
"""

from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from datetime import timedelta
from typing import Any, NamedTuple
from uuid import UUID

from django.utils import timezone

from contractors.models import Contractor
from jobs.models import Job
from jobs.services import RANKED_BY, RANKED_BY_CUSTOMER
from smartscheduler.core.geo.blur import HALF_CELL_MILES, blurred
from smartscheduler.events.consumer_offsets import unread
from smartscheduler.events.models import OutboxEvent
from smartscheduler.events.outbox import one_notification
from smartscheduler.events.publishing import RecommendationsUpdated, publish
from smartscheduler.places import Point, great_circle_miles
from smartscheduler.rules.values import LONGEST_HORIZON

READER = "announcements"
# Changes of these contractor fields do not affect any ranking.
NOT_RANKED_BY = {"phone_number", "email", "address", "city", "state", "zip_code"}
BOOKING_EVENTS = {"JobAssigned", "AssignmentCancelled", "AssignmentRescheduled"}
WINDOW_EVENTS = {"WindowPromised", "WindowWithdrawn"}
SCHEDULE_EVENTS = {"ScheduleUpdated", "ContractorRated", "ContractorCreated"}
RELEVANT = {
    *BOOKING_EVENTS,
    *SCHEDULE_EVENTS,
    "ContractorUpdated",
    "JobUpdated",
    "JobReopened",
    "RulesPublished",
} | WINDOW_EVENTS


class Profile(NamedTuple):
    """The attributes that decide for which jobs a contractor can be ranked. `radius` is in miles."""

    type: str
    point: Point
    radius: float | None

    def concerns(self, job: Job) -> bool:
        """Whether the contractor can be in a ranking of `job`, with exact or blurred places.

        All subscribers get the announcement, so it must not depend on exact places. It uses the blurred ones, with a
        margin of half a cell at both ends.
        """
        if self.type not in {job.type, Contractor.Type.MULTI}:
            return False
        if self.radius is None:
            return True
        return great_circle_miles(blurred(self.point), blurred(job.exact_point)) - 2 * HALF_CELL_MILES <= self.radius


def announce_changes() -> int:
    """Read the next events of the log and publish RecommendationsUpdated once for each affected open job.

    Returns how many events were read: 0 if there are none, or if another process is reading them.
    """
    with unread(READER) as events:
        job_ids = sorted(concerned_jobs(event for event in events if event.type in RELEVANT))
        with one_notification() if job_ids else nullcontext():
            for job_id in job_ids:
                publish(RecommendationsUpdated(job_id=job_id), actor=None)
    return len(events)


def concerned_jobs(events: Iterable[OutboxEvent]) -> set[UUID]:
    """The open jobs whose ranking the events may have changed."""
    events = list(events)
    if not events:
        return set()
    touched = {UUID(event.data["contractor_id"]) for event in events if "contractor_id" in event.data}
    contractors = Contractor.objects.in_bulk(touched)
    # Older jobs have a horizon that ended in the past: their ranking is empty.
    oldest = timezone.now() - timedelta(days=LONGEST_HORIZON + 1)
    columns = ("pk", "type", "latitude", "longitude")
    jobs = {job.pk: job for job in Job.objects.open().filter(desired_date__gt=oldest).only(*columns)}
    if any(event.type == "RulesPublished" for event in events):
        return set(jobs)
    direct = {UUID(event.data["job_id"]) for event in events if _changes_its_own_ranking(event)}
    # A burst names the same contractors again and again, and for most jobs the first profiles decide.
    profiles = {
        profile
        for event in events
        if "contractor_id" in event.data
        for profile in _profiles(event, contractors.get(UUID(event.data["contractor_id"])))
    }
    return {job.pk for job in jobs.values() if job.pk in direct or any(profile.concerns(job) for profile in profiles)}


def _changes_its_own_ranking(event: OutboxEvent) -> bool:
    return event.type in {"JobReopened", *WINDOW_EVENTS} or (
        event.type == "JobUpdated" and bool((RANKED_BY | RANKED_BY_CUSTOMER) & event.data["changed"].keys())
    )


def _profiles(event: OutboxEvent, contractor: Contractor | None) -> Iterator[Profile]:
    """The contractor's profile now and before the event: the rankings of jobs that match either may change."""
    previous: dict[str, Any] = event.data.get("previous", {}) if event.type == "ContractorUpdated" else {}
    if contractor is None or (event.type == "ContractorUpdated" and previous.keys() <= NOT_RANKED_BY):
        return
    if contractor.status != Contractor.Status.ACTIVE and "status" not in previous:
        return
    radius = contractor.service_radius_miles
    profile = Profile(contractor.type, contractor.exact_point, None if radius is None else float(radius))
    yield profile
    if previous.keys() & {"type", "latitude", "longitude", "service_radius_miles"}:
        latitude, longitude = profile.point
        yield Profile(
            previous.get("type", profile.type),
            Point(previous.get("latitude", latitude), previous.get("longitude", longitude)),
            previous.get("service_radius_miles", profile.radius),
        )
