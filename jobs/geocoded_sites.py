"""Exact points of new jobs that were saved with the center of their ZIP code, from the geocoder."""

from uuid import UUID

from jobs import services
from jobs.models import Job
from smartscheduler.core.geo.zip_codes import middle_of
from smartscheduler.events.consumer_offsets import unread
from smartscheduler.geocoding.addresses import Address
from smartscheduler.geocoding.lookup import find

READER = "addresses"
# Each new job among the events can cost one request of a second.
EVENTS_AT_ONCE = 10


def locate_next() -> int:
    """Look up the sites of the new jobs among the next events. Returns the number of events read.

    Not inside a transaction. A job whose lookup fails keeps the center of its ZIP code.
    """
    with unread(READER, EVENTS_AT_ONCE) as events:
        created = [UUID(event.data["job_id"]) for event in events if event.type == "JobCreated"]
    for job in Job.objects.open().filter(pk__in=created):
        center = middle_of(job.zip_code)
        if center is None or job.exact_point != center.point:
            continue
        answer = find(Address(job.address, job.city, job.state, job.zip_code))
        if answer.point:
            services.set_exact_point(job_id=job.pk, guess=job.exact_point, point=answer.point, actor=None)
    return len(events)
