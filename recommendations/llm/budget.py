"""The daily budget of the language model: calls and tokens.

A call reserves the tokens that its response may use; unused ones are returned. If no response arrives, its cost is
unknown and the reservation stays spent.
"""

from django.conf import settings
from django.db.models import F, Value
from django.db.models.functions import Greatest

from recommendations.models import ModelDay
from smartscheduler.core.outbound.budget import DailyBudget, today

budget = DailyBudget(ModelDay)


def spend(tokens: int) -> bool:
    """Take a call and `tokens` from today's budget; return False and take nothing if less is left."""
    limits = {"calls": settings.EXPLANATION_CALLS_A_DAY, "tokens": settings.EXPLANATION_TOKENS_A_DAY}
    return budget.spend({"calls": 1, "tokens": tokens}, limits)


def settle(reserved: int, used: int | None) -> None:
    """Replace the reserved tokens of a call by the used ones; without a known use the reservation stays."""
    if used is not None:
        tokens = Greatest(F("tokens") - Value(reserved) + Value(used), Value(0))
        ModelDay.objects.filter(day=today()).update(tokens=tokens)


def note(what: str) -> None:
    """Increment the count `worded` or `dropped` of today."""
    ModelDay.objects.filter(day=today()).update(**{what: F(what) + 1})


def note_failure(error: str) -> None:
    """Store the last error of today. `error` must not contain API keys or addresses."""
    budget.note_failure(error)


def spent_today() -> ModelDay:
    return ModelDay.objects.filter(day=today()).first() or ModelDay(day=today())
