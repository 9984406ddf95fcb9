"""Asking the model for one sentence: budget, breaker, retries with backoff and jitter, as for road distances."""

import stamina
import structlog
from django.conf import settings

from recommendations.travel.asking import FIRST_WAIT_SECONDS, JITTER_SECONDS, LAST_WAIT_SECONDS, again
from recommendations.travel.breakers import guarded, rest
from recommendations.travel.errors import NotAsked, ProviderError, TryAgain
from recommendations.words import spending
from recommendations.words.facts import Facts
from recommendations.words.prompt import most_tokens
from recommendations.words.wires import Said, ask
from smartscheduler.measures.families import EXPLANATION_CALLS

# The name of the model's breaker, beside those of the providers of roads.
BREAKER = "explanations"

log = structlog.get_logger(__name__)


def sentence(facts: Facts) -> str:
    """What the model says, unchecked. Raises ProviderError, which is noted, when it says nothing."""
    try:
        for attempt in stamina.retry_context(
            on=again,
            attempts=settings.EXPLANATION_ATTEMPTS,
            timeout=None,
            wait_initial=FIRST_WAIT_SECONDS,
            wait_max=LAST_WAIT_SECONDS,
            wait_jitter=JITTER_SECONDS,
        ):
            with attempt:
                return _once(facts).text
    except NotAsked as error:
        EXPLANATION_CALLS.add("not_asked")
        log.info("model_not_asked", reason=str(error))
        raise
    except ProviderError as error:
        EXPLANATION_CALLS.add("failed")
        spending.note_failure(str(error))
        log.warning("model_failed", error=str(error))
        raise
    raise AssertionError("stamina either returns or raises")


def _once(facts: Facts) -> Said:
    reserved = most_tokens(facts)
    try:
        said = guarded(BREAKER, lambda: ask(facts), pay=lambda: _pay(reserved))
    except TryAgain as error:
        if error.wait is not None:
            rest(BREAKER, error.wait)
        raise
    spending.settle(reserved, said.tokens)
    return said


def _pay(tokens: int) -> None:
    if not spending.spend(tokens):
        raise NotAsked("Today's budget is spent.")
