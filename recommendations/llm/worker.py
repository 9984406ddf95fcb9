"""What the worker does: for each job whose ranking was shown in the template's words, ask the model for others."""

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

# Then the next call goes on: a worker that is to end is not kept.
LONGEST_SECONDS = 30.0

log = structlog.get_logger(__name__)


def reword_requested(holder: Holder) -> None:
    """Process refresh requests one by one until none is left, time is up, or the model cannot be asked."""
    until = time.monotonic() + LONGEST_SECONDS
    try:
        while holder.renew() and time.monotonic() < until and (found := refresh_requests.pop(1)):
            word(found.pop(), until)
    except RedisError as error:
        log.info("refresh_requests_unread", error=type(error).__name__)
    except ProviderError:
        return  # noted; the next ranking requests it again


def word(job_id: UUID, until: float) -> int:
    """Have the first of the job's ranking worded, and tell open pages; returns how many. Raises ProviderError."""
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
    """Ask for one sentence, unless it is there or somebody else does; whether it can be shown. Raises ProviderError."""
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
