"""One lookup from beginning to end: rounds of drives that are missing, until the first of the ranking are exact."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from django.db import transaction

from jobs.models import Job
from jobs.requirements import JobRequest
from recommendations.models import Lookup
from recommendations.travel.lookup_queue import delay, finish, keep
from recommendations.travel.needed_routes import rounds, wanted_drives
from recommendations.travel.provider_chain import ask
from smartscheduler.events.publishing import RecommendationsUpdated, publish
from smartscheduler.places import Pace
from smartscheduler.rules.current import current_rules
from smartscheduler.travel import leases
from smartscheduler.travel.estimates import store, stored
from smartscheduler.travel.geocells import Pair, cell
from smartscheduler.travel.models import GREAT_CIRCLE

# Somebody else is asking about the same drives: look again in a moment.
A_MOMENT = timedelta(seconds=2)
# Half the width of a cell, and a little more.
NEAR = 0.0001

log = structlog.get_logger(__name__)


@dataclass
class Got:
    """What was asked, what is being asked by others, and what could not be had."""

    asked: int = 0
    busy: int = 0
    failed: int = 0


def look_up(lookup: Lookup) -> None:
    """Look up what the job's ranking wants to know, store it, and tell open pages when something has arrived."""
    got, drives = Got(), set[Pair]()
    if lookup.job.status == Job.Status.OPEN:
        request, rules = JobRequest.of(lookup.job), current_rules()
        for _ in range(rounds()):
            drives |= wanted_drives(request, rules)
            missing = drives - stored(drives, since=lookup.newer_than).keys()
            lookup.drives, lookup.known = len(drives), len(drives) - len(missing)
            keep(lookup)
            if not missing or got.failed or got.busy:
                break
            one = obtain(missing, request.desired_date, rules.pace, newer_than=lookup.newer_than)
            got = Got(got.asked + one.asked, one.busy, one.failed)
            lookup.asked += one.asked
    _end(lookup, drives, got)


def obtain(pairs: Collection[Pair], depart_at: datetime, pace: Pace, *, newer_than: datetime | None = None) -> Got:
    """Ask about these drives and store the answers; those that somebody else is asking about are left to them."""
    owner, ours = leases.claim(pairs)
    got = Got(busy=len(pairs) - len(ours))
    try:
        # Whoever was faster has stored them before giving up the claim.
        there = {*stored(ours, since=newer_than)}
        leases.release(owner, there)
        ours -= there
        got.asked = len(ours)
        for asked in ask(sorted(ours), depart_at, pace):
            with transaction.atomic():
                store(asked.estimates)
                leases.release(owner, asked.estimates.keys())
            got.failed += len(asked.failed)
    finally:
        leases.release(owner, ours)
    return got


@transaction.atomic
def _end(lookup: Lookup, drives: set[Pair], got: Got) -> None:
    """Note the end of the turn; publish the events in the same transaction."""
    roads = {pair: road for pair, road in stored(drives).items() if road.provider != GREAT_CIRCLE}
    lookup.known = len(roads)
    if any(road.fetched_at >= lookup.wanted_at for road in roads.values()):
        for job in _at_the_same_place(lookup.job):
            publish(RecommendationsUpdated(job_id=job.pk), actor=None)
    if got.failed:
        finish(lookup, error=f"{got.failed} drives could not be looked up.", after=delay(lookup.attempts))
    else:
        finish(lookup, after=A_MOMENT if got.busy else None)
    log.info("roads_looked_up", job=str(lookup.pk), drives=len(drives), known=len(roads), **vars(got))


def _at_the_same_place(job: Job) -> list[Job]:
    """The open jobs whose rankings use the same estimates, the job itself among them."""
    point = job.point
    near = Job.objects.open().filter(
        latitude__range=(point.latitude - NEAR, point.latitude + NEAR),
        longitude__range=(point.longitude - NEAR, point.longitude + NEAR),
    )
    return [one for one in near.order_by("pk") if cell(one.point) == cell(point)]
