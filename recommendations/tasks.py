"""What the worker does for rankings."""

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

# Then the next call goes on: a worker that is to end is not kept.
LONGEST_SECONDS = 60.0
# Over all workers: a slow provider must not take the threads from the other tasks.
LOOKUP_LEASE, LOOKUPS_AT_ONCE = "roads-seat", 2
REWORDING_LEASE = "words-seat"


@shared_task(name="recommendations.announce_rankings")
def announce_rankings() -> None:
    """Tell which open jobs' rankings have changed; runs every few seconds (settings.CELERY_BEAT_SCHEDULE)."""
    while announce_changes():
        pass


@shared_task(name="recommendations.look_up_roads")
def look_up_roads() -> None:
    """Look up the road distances that are wanted; runs every few seconds, where a provider is configured."""
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
    """Every night: ask again for what would grow too old within the coming week."""
    refresh()


@shared_task(name="recommendations.prune_roads")
def prune_roads() -> None:
    """Delete estimates that are too old, claims of the dead, and counts of days long gone."""
    prune()


@shared_task(name="recommendations.word_explanations")
def word_explanations() -> None:
    """Have explanations worded that rankings were shown without; every few seconds, where a model is configured."""
    if not is_configured():
        return
    with lease(REWORDING_LEASE) as holder:
        if holder:
            reword_requested(holder)


@shared_task(name="recommendations.prune_words")
def prune_words() -> None:
    """Delete sentences that are old, and counts of days long gone."""
    store.prune()
