"""Worker side of rewording: requests sentences for jobs whose ranking was shown without them."""

import time
from uuid import UUID

import structlog
from django.conf import settings
from django.db import transaction
from redis import RedisError

from jobs.models import Job
from jobs.requirements import JobRequest
from recommendations.llm import budget, store
from recommendations.llm.client import sentence
from recommendations.llm.facts import Facts
from recommendations.llm.rewording import refresh_requests
from recommendations.llm.validator import problem
from recommendations.ranking import rank_plainly
from smartscheduler.core.observability.metrics.definitions import EXPLANATION_CALLS, EXPLANATION_DROPS
from smartscheduler.core.outbound.provider_errors import ProviderError
from smartscheduler.events.publishing import RecommendationsUpdated, publish
from smartscheduler.leases.services import Holder
from smartscheduler.rules.current import current_rules

# A task ends after this time and the next call continues, so that it does not delay the shutdown of a worker.
LONGEST_SECONDS = 30.0

log = structlog.get_logger(__name__)


def reword_requested(holder: Holder) -> None:
    """Process refresh requests one by one until none is left, time is up, or the model is unavailable."""
    until = time.monotonic() + LONGEST_SECONDS
    try:
        while holder.renew() and time.monotonic() < until and (job_ids := refresh_requests.pop(1)):
            word(job_ids.pop(), until)
    except RedisError as error:
        log.info("refresh_requests_unread", error=type(error).__name__)
    except ProviderError:
        return  # logged by the client; the next ranking requests the sentences again


def word(job_id: UUID, until: float) -> int:
    """Obtain sentences for the first entries of the job's ranking and announce them to open pages.

    Returns how many are new. Raises ProviderError.
    """
    job = Job.objects.open().filter(pk=job_id).first()
    if job is None:
        return 0
    (ranking,) = rank_plainly([JobRequest.of(job)], current_rules(), max_results=settings.EXPLANATION_FIRST)
    done = 0
    try:
        for entry in ranking.entries:
            if time.monotonic() < until:
                done += _obtain(entry.facts)
    finally:
        if done:
            with transaction.atomic():
                publish(RecommendationsUpdated(job_id=job.pk), actor=None)
    return done


def _obtain(facts: Facts) -> bool:
    """Request one sentence unless it exists or another worker has the lease. Returns whether a valid one is new.

    Raises ProviderError.
    """
    key = store.key_of(facts)
    if not store.claim(key):
        return False
    try:
        text = sentence(facts)
    except ProviderError:
        store.give_back(key)
        raise
    reason = problem(text, facts)
    if reason:
        store.drop(key, reason)
        budget.note("dropped")
        EXPLANATION_DROPS.add(reason)
        log.info("wording_dropped", reason=reason)
    else:
        store.keep(key, text)
        budget.note("worded")
    EXPLANATION_CALLS.add("dropped" if reason else "worded")
    return not reason
