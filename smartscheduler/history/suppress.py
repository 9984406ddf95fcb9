"""Data that is loaded, not changed by anybody, comes without history."""

from collections.abc import Iterator
from contextlib import contextmanager

import pgtrigger
from django.db import connection, transaction

from smartscheduler.history.triggers import TRIGGER


@contextmanager
def without_history() -> Iterator[None]:
    """In a transaction of its own: what is written inside leaves no history. For data that is loaded, not changed.

    pgtrigger's own `ignore` says it in front of every statement, also of those prepared by the server, which refuses.
    """
    triggers = [trigger.get_pgid(model) for model, trigger in pgtrigger.registered() if _is_ours(trigger)]
    with transaction.atomic():
        ignore(triggers)
        yield
        ignore([])


def _is_ours(trigger: pgtrigger.Trigger) -> bool:
    return (trigger.name or "").startswith(TRIGGER)


def ignore(triggers: list[str]) -> None:
    """These triggers (by their names in the database) do nothing until the end of the transaction, or another call."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('pgtrigger.ignore', %s, true)", ["{" + ",".join(triggers) + "}"])
