"""The words in which a ranking is shown: those that are stored for its numbers, and the template's for all others."""

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
    """Checked when it came, and once more here: then no figure is wrong, whatever has become of what was stored."""
    return not problem(text, facts)


def reworded(groups: Sequence[tuple[UUID | None, list[RankedCandidate]]]) -> list[list[RankedCandidate]]:
    """The entries of some jobs, the first of each in the words of the model where there are some. One statement.

    Tells the worker for which jobs there are none yet, and waits for nothing.
    """
    # What is stored for exact numbers would tell of them wherever blurred ones happen to be the same.
    if not is_configured() or places_are_blurred():
        return [entries for _, entries in groups]
    wanted = settings.EXPLANATION_FIRST
    keys = [[key_of(entry.facts) for entry in entries[:wanted]] for _, entries in groups]
    stored = texts({key for some in keys for key in some})
    shown = []
    for (job_id, entries), some in zip(groups, keys, strict=True):
        first = [_in_words(one, stored.get(key, "")) for one, key in zip(entries[:wanted], some, strict=True)]
        refresh_requests.record(job_id, [one.breakdown.source for one in first])
        shown.append([*first, *entries[wanted:]])
    return shown


def _in_words(entry: RankedCandidate, text: str) -> RankedCandidate:
    if not text or not is_right(text, entry.facts):
        return entry
    wording = filled(text, {"contractor": entry.contractor.name, "day": entry.day})
    return replace(entry, breakdown=replace(entry.breakdown, wording=wording))


def uses() -> dict[str, int]:
    """How many explanations were shown in whose words. Raises RedisError."""
    return {MODEL: 0, TEMPLATE: 0} | refresh_requests.uses()
