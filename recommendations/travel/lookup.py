"""One lookup of road distances: rounds of requests for missing drives, until the first candidates have roads."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from django.db import transaction
from django.utils.translation import ngettext

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

# Delay of the next turn while another worker requests some of the same drives.
A_MOMENT = timedelta(seconds=2)
# Degrees; more than half the width of a geocell.
NEAR = 0.0001

log = structlog.get_logger(__name__)


@dataclass
class Got:
    """Counts of drives: requested, being requested by other workers, and failed."""

    asked: int = 0
    busy: int = 0
    failed: int = 0


def look_up(lookup: Lookup) -> None:
    """Look up the drives that the job's ranking needs, store them, and announce new ones to open pages."""
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
            this_round = obtain(missing, request.desired_date, rules.pace, newer_than=lookup.newer_than)
            got = Got(got.asked + this_round.asked, this_round.busy, this_round.failed)
            lookup.asked += this_round.asked
    _end(lookup, drives, got)


def obtain(pairs: Collection[Pair], depart_at: datetime, pace: Pace, *, newer_than: datetime | None = None) -> Got:
    """Request these drives and store the answers, except drives that another worker is requesting."""
    owner, ours = leases.claim(pairs)
    got = Got(busy=len(pairs) - len(ours))
    try:
        # A worker that had the lease before may have stored the drive since `pairs` was computed: check again.
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
    """Store the end of the turn; publish the events in the same transaction."""
    roads = {pair: road for pair, road in stored(drives).items() if road.provider != GREAT_CIRCLE}
    lookup.known = len(roads)
    if any(road.fetched_at >= lookup.wanted_at for road in roads.values()):
        for job in _at_the_same_place(lookup.job):
            publish(RecommendationsUpdated(job_id=job.pk), actor=None)
    if got.failed:
        error = ngettext(
            "{count} drive could not be looked up.", "{count} drives could not be looked up.", got.failed
        ).format(count=got.failed)
        finish(lookup, error=error, after=delay(lookup.attempts))
    else:
        finish(lookup, after=A_MOMENT if got.busy else None)
    log.info("roads_looked_up", job=str(lookup.pk), drives=len(drives), known=len(roads), **vars(got))


def _at_the_same_place(job: Job) -> list[Job]:
    """The open jobs whose rankings use the same estimates, including the job itself."""
    point = job.point
    near = Job.objects.open().filter(
        latitude__range=(point.latitude - NEAR, point.latitude + NEAR),
        longitude__range=(point.longitude - NEAR, point.longitude + NEAR),
    )
    return [other for other in near.order_by("pk") if cell(other.point) == cell(point)]
