"""Telling open pages that a ranking they show has changed: `RecommendationsUpdated`.

The event log itself says what changed. It is read in its order of delivery from a stored position, so
nothing is missed and, the position being moved in the same transaction, nothing is told twice.
A burst of changes becomes one announcement a job.
"""

from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Any, NamedTuple
from uuid import UUID

from django.utils import timezone

from contractors.models import Contractor
from jobs.models import Job
from jobs.services import RANKED_BY
from smartscheduler.core.geo.blur import HALF_CELL_MILES, blurred
from smartscheduler.events.consumer_offsets import unread
from smartscheduler.events.models import OutboxEvent
from smartscheduler.events.publishing import RecommendationsUpdated, publish
from smartscheduler.places import Point, great_circle_miles
from smartscheduler.rules.values import LONGEST_HORIZON

READER = "announcements"
# Changes of these fields of a contractor leave every ranking as it is.
NOT_RANKED_BY = {"phone_number", "email", "address", "city", "state", "zip_code"}
BOOKING_EVENTS = {"JobAssigned", "AssignmentCancelled", "AssignmentRescheduled"}
SCHEDULE_EVENTS = {"ScheduleUpdated", "ContractorRated", "ContractorCreated"}
RELEVANT = {*BOOKING_EVENTS, *SCHEDULE_EVENTS, "ContractorUpdated", "JobUpdated", "JobReopened", "RulesPublished"}


class Profile(NamedTuple):
    """What decides which jobs a contractor can be ranked for."""

    type: str
    point: Point
    radius: float | None

    def concerns(self, job: Job) -> bool:
        """Whether the contractor may be in a ranking of `job`, exact or blurred.

        Everybody hears of it, so it goes by the blurred places, with room for the exact ones.
        """
        miles = great_circle_miles(blurred(self.point), blurred(job.exact_point)) - 2 * HALF_CELL_MILES
        near = self.radius is None or miles <= self.radius
        return near and self.type in {job.type, Contractor.Type.MULTI}


def announce_changes() -> int:
    """Publish one RecommendationsUpdated for each open job that the next events of the log concern.

    Returns how many events were looked at; 0 when there are none, or when somebody else is at it.
    """
    with unread(READER) as events:
        for job_id in sorted(concerned_jobs(event for event in events if event.type in RELEVANT)):
            publish(RecommendationsUpdated(job_id=job_id), actor=None)
    return len(events)


def concerned_jobs(events: Iterable[OutboxEvent]) -> set[UUID]:
    """The open jobs whose ranking the events may have changed."""
    found = list(events)
    if not found:
        return set()
    touched = {UUID(event.data["contractor_id"]) for event in found if "contractor_id" in event.data}
    people = Contractor.objects.in_bulk(touched)
    in_reach = timezone.now() - timedelta(days=LONGEST_HORIZON + 1)
    columns = ("pk", "type", "latitude", "longitude")
    jobs = {job.pk: job for job in Job.objects.open().filter(desired_date__gt=in_reach).only(*columns)}
    if any(event.type == "RulesPublished" for event in found):
        return set(jobs)
    direct = {UUID(event.data["job_id"]) for event in found if _changes_its_own_ranking(event)}
    return (direct & jobs.keys()) | {
        job.pk
        for event in found
        if "contractor_id" in event.data
        for profile in _profiles(event, people.get(UUID(event.data["contractor_id"])))
        for job in jobs.values()
        if profile.concerns(job)
    }


def _changes_its_own_ranking(event: OutboxEvent) -> bool:
    return event.type == "JobReopened" or (
        event.type == "JobUpdated" and bool(RANKED_BY & event.data["changed"].keys())
    )


def _profiles(event: OutboxEvent, contractor: Contractor | None) -> Iterator[Profile]:
    """The contractor as they are, and as they were before the event: both kinds of jobs may see a change."""
    previous: dict[str, Any] = event.data.get("previous", {}) if event.type == "ContractorUpdated" else {}
    if contractor is None or (event.type == "ContractorUpdated" and previous.keys() <= NOT_RANKED_BY):
        return
    if contractor.status != Contractor.Status.ACTIVE and "status" not in previous:
        return
    radius = contractor.service_radius_miles
    now = Profile(contractor.type, contractor.exact_point, None if radius is None else float(radius))
    yield now
    if previous.keys() & {"type", "latitude", "longitude", "service_radius_miles"}:
        yield Profile(
            previous.get("type", now.type),
            Point(previous.get("latitude", now.point.latitude), previous.get("longitude", now.point.longitude)),
            previous.get("service_radius_miles", now.radius),
        )
