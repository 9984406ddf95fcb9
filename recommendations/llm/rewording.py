"""Replaces the explanations of a ranking by stored sentences of the language model, where there are some."""

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from uuid import UUID

from django.conf import settings

from recommendations.explanations import MODEL, TEMPLATE
from recommendations.llm.config import is_configured
from recommendations.llm.facts import Facts, filled
from recommendations.llm.store import key_of, texts
from recommendations.llm.validator import problem
from recommendations.refresh_requests import RefreshRequests
from recommendations.results import RankedCandidate
from smartscheduler.core.geo.blur import places_are_blurred

refresh_requests = RefreshRequests("words", TEMPLATE)


@lru_cache(maxsize=4096)
def is_right(text: str, facts: Facts) -> bool:
    """Whether a stored sentence is valid for these facts.

    It was validated when it arrived. The second check makes sure that no wrong figure is shown even if the stored text
    was changed.
    """
    return not problem(text, facts)


def reworded(groups: Sequence[tuple[UUID | None, list[RankedCandidate]]]) -> list[list[RankedCandidate]]:
    """The entries of each job, the first ones reworded where a sentence is stored. One query.

    Jobs without all sentences are queued for the worker; nothing waits for it.
    """
    # With blurred places, a stored sentence would reveal that exact numbers are the same as the blurred ones.
    if not is_configured() or places_are_blurred():
        return [entries for _, entries in groups]
    most = settings.EXPLANATION_FIRST
    keys_of_groups = [[key_of(entry.facts) for entry in entries[:most]] for _, entries in groups]
    stored = texts({key for keys in keys_of_groups for key in keys})
    shown = []
    for (job_id, entries), keys in zip(groups, keys_of_groups, strict=True):
        first = [_reworded(entry, stored.get(key, "")) for entry, key in zip(entries[:most], keys, strict=True)]
        refresh_requests.record(job_id, [entry.breakdown.source for entry in first])
        shown.append([*first, *entries[most:]])
    return shown


def _reworded(entry: RankedCandidate, text: str) -> RankedCandidate:
    if not text or not is_right(text, entry.facts):
        return entry
    wording = filled(text, {"contractor": entry.contractor.name, "day": entry.day})
    return replace(entry, breakdown=replace(entry.breakdown, wording=wording))


def uses() -> dict[str, int]:
    """The number of explanations shown from each source. Raises RedisError."""
    return {MODEL: 0, TEMPLATE: 0} | refresh_requests.uses()
