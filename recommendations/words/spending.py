"""What may be asked of the model: so many calls and tokens a day (UTC), counted in PostgreSQL.

Spent before it is asked, with as many tokens as the answer may take; what was too much is given back when it is known.
What an answer that never came has cost nobody knows: it stays spent.
"""

from datetime import UTC, date, datetime
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import F, Value
from django.db.models.functions import Greatest
from django.utils import timezone

from recommendations.models import ModelDay

SPEND = """
INSERT INTO recommendations_modelday AS today (day, calls, tokens, worded, dropped, failures, error)
SELECT %(day)s, 1, %(tokens)s, 0, 0, 0, '' WHERE %(most_calls)s >= 1 AND %(tokens)s <= %(most_tokens)s
ON CONFLICT (day) DO UPDATE SET calls = today.calls + 1, tokens = today.tokens + excluded.tokens
WHERE today.calls < %(most_calls)s AND today.tokens + excluded.tokens <= %(most_tokens)s
RETURNING day
"""


def today() -> date:
    return timezone.now().astimezone(UTC).date()


def spend(tokens: int) -> bool:
    """Take a call and `tokens` from today's budget; False, and nothing is taken, when they are not there."""
    given: dict[str, Any] = {
        "day": today(),
        "tokens": tokens,
        "most_calls": settings.EXPLANATION_CALLS_A_DAY,
        "most_tokens": settings.EXPLANATION_TOKENS_A_DAY,
    }
    with connection.cursor() as cursor:
        cursor.execute(SPEND, given)
        return cursor.fetchone() is not None


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
    ModelDay.objects.get_or_create(day=today())
    ModelDay.objects.filter(day=today()).update(
        failures=F("failures") + 1, error=error[:200], error_at=datetime.now(UTC)
    )


def spent_today() -> ModelDay:
    return ModelDay.objects.filter(day=today()).first() or ModelDay(day=today())
