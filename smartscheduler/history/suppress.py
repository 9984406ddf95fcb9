"""Suspension of history triggers, for data that is loaded and not changed by a user."""

from collections.abc import Iterator
from contextlib import contextmanager

import pgtrigger
from django.db import connection, transaction

from smartscheduler.history.triggers import TRIGGER


@contextmanager
def without_history() -> Iterator[None]:
    """Open a transaction whose writes leave no history.

    `pgtrigger.ignore` is not usable here: it prepends a SET to each statement, which server-side prepared statements
    refuse.
    """
    triggers = [trigger.get_pgid(model) for model, trigger in pgtrigger.registered() if _is_ours(trigger)]
    with transaction.atomic():
        ignore(triggers)
        yield
        ignore([])


def _is_ours(trigger: pgtrigger.Trigger) -> bool:
    return (trigger.name or "").startswith(TRIGGER)


def ignore(triggers: list[str]) -> None:
    """Disable these triggers (by database name) until the end of the transaction or the next call."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('pgtrigger.ignore', %s, true)", ["{" + ",".join(triggers) + "}"])
