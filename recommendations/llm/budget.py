"""The daily budget of the language model: calls and tokens.

A call reserves as many tokens as its answer may take; what it did not use is given back. The cost of an answer that
never came is unknown, so its reservation stays spent.
"""

from django.conf import settings
from django.db.models import F, Value
from django.db.models.functions import Greatest

from recommendations.models import ModelDay
from smartscheduler.core.outbound.budget import DailyBudget, today

budget = DailyBudget(ModelDay)


def spend(tokens: int) -> bool:
    """Take a call and `tokens` from today's budget; False, and nothing is taken, when they are not there."""
    limits = {"calls": settings.EXPLANATION_CALLS_A_DAY, "tokens": settings.EXPLANATION_TOKENS_A_DAY}
    return budget.spend({"calls": 1, "tokens": tokens}, limits)


def settle(reserved: int, used: int | None) -> None:
    """Put what was used in place of what was reserved; nothing changes when that is not known."""
    if used is not None:
        left = Greatest(F("tokens") - Value(reserved) + Value(used), Value(0))
        ModelDay.objects.filter(day=today()).update(tokens=left)


def note(what: str) -> None:
    """One more `worded` or `dropped`."""
    ModelDay.objects.filter(day=today()).update(**{what: F(what) + 1})


def note_failure(error: str) -> None:
    """Keep the last error of today; never with a key or an address in it."""
    budget.note_failure(error)


def spent_today() -> ModelDay:
    return ModelDay.objects.filter(day=today()).first() or ModelDay(day=today())
