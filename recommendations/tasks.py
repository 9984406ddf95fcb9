"""Celery tasks of the ranking: announcements, road distances and explanations."""

import time

from celery import shared_task

from recommendations.change_announcer import announce_changes
from recommendations.llm import store
from recommendations.llm.config import is_configured
from recommendations.llm.worker import reword_requested
from recommendations.travel.event_receiver import note_events, queue_requested_refreshes, refresh
from recommendations.travel.lookup import look_up
from recommendations.travel.lookup_queue import claim
from recommendations.travel.pruning import prune
from smartscheduler.leases.services import lease
from smartscheduler.travel.config import active_providers

# A task ends after this time and the next call continues, so that it does not delay the shutdown of a worker.
LONGEST_SECONDS = 60.0
# Limit over all workers: a slow provider must not occupy all threads.
LOOKUP_LEASE, LOOKUPS_AT_ONCE = "roads-seat", 2
REWORDING_LEASE = "words-seat"


@shared_task(name="recommendations.announce_rankings")
def announce_rankings() -> None:
    """Announce changed rankings; runs every few seconds (settings.CELERY_BEAT_SCHEDULE)."""
    while announce_changes():
        pass


@shared_task(name="recommendations.look_up_roads")
def look_up_roads() -> None:
    """Look up requested road distances; runs every few seconds, does nothing without a configured provider."""
    if not active_providers():
        return
    while note_events():
        pass
    queue_requested_refreshes()
    with lease(LOOKUP_LEASE, LOOKUPS_AT_ONCE) as holder:
        until = time.monotonic() + LONGEST_SECONDS
        while holder.renew() and time.monotonic() < until and (lookup := claim()):
            look_up(lookup)


@shared_task(name="recommendations.refresh_roads")
def refresh_roads() -> None:
    """Request road distances again that would expire within the coming week; runs every night."""
    refresh()


@shared_task(name="recommendations.prune_roads")
def prune_roads() -> None:
    """Delete expired estimates and leases, and old daily counts."""
    prune()


@shared_task(name="recommendations.word_explanations")
def word_explanations() -> None:
    """Reword requested explanations; runs every few seconds, does nothing without a configured model."""
    if not is_configured():
        return
    with lease(REWORDING_LEASE) as holder:
        if holder:
            reword_requested(holder)


@shared_task(name="recommendations.prune_words")
def prune_words() -> None:
    """Delete expired sentences and old daily counts."""
    store.prune()
