"""Requests of one sentence from the language model, within its budget."""

import structlog
from django.conf import settings
from django.utils.translation import gettext

from recommendations.llm import budget
from recommendations.llm.facts import Facts
from recommendations.llm.prompt import most_tokens
from recommendations.llm.providers import ask
from smartscheduler.core.observability.metrics.definitions import EXPLANATION_CALLS
from smartscheduler.core.outbound.provider_errors import NotAsked, ProviderError
from smartscheduler.core.outbound.retries import ask_with_retries

# The name of the model's circuit breaker.
BREAKER = "explanations"

log = structlog.get_logger(__name__)


def sentence(facts: Facts) -> str:
    """The sentence of the model, not validated. Raises ProviderError, which is also counted and logged."""
    reserved = most_tokens(facts)
    try:
        reply = ask_with_retries(
            BREAKER, lambda: ask(facts), attempts=settings.EXPLANATION_ATTEMPTS, pay=lambda: _pay(reserved)
        )
    except NotAsked as error:
        EXPLANATION_CALLS.add("not_asked")
        log.info("model_not_asked", reason=str(error))
        raise
    except ProviderError as error:
        EXPLANATION_CALLS.add("failed")
        budget.note_failure(str(error))
        log.warning("model_failed", error=str(error))
        raise
    budget.settle(reserved, reply.tokens)
    return reply.text


def _pay(tokens: int) -> None:
    if not budget.spend(tokens):
        raise NotAsked(gettext("Today's budget is spent."))
