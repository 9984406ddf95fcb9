"""The tables of history (smartscheduler.history) and of the audit: nothing changes them but their end."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import pgtrigger
from django.apps import apps
from django.db import models, transaction

from smartscheduler.history.suppress import ignore
from smartscheduler.history.triggers import TRIGGER, Change

MOMENT = "pgh_created_at"
# The trigger of the tables that nobody changes.
APPEND_ONLY = "append_only"


def history_models() -> list[type[Change]]:
    """One for each kind of record whose changes are kept."""
    return sorted(
        (model for model in apps.get_models() if issubclass(model, Change)), key=lambda model: model._meta.label
    )


def forget_history(model: type[models.Model], keys: Iterable[Any]) -> None:
    """Remove what is kept of changes of these records; inside `unprotected`."""
    for history in history_models():
        if history.pgh_tracked_model is model:
            history._base_manager.filter(models.Q(("pgh_obj__in", list(keys)))).delete()


@contextmanager
def unprotected() -> Iterator[None]:
    """In a transaction of its own: history can be removed inside, and what is removed elsewhere leaves none."""
    with transaction.atomic():
        ignore([trigger.get_pgid(model) for model, trigger in pgtrigger.registered() if _is_of_history(model, trigger)])
        yield
        ignore([])


def _is_of_history(model: Any, trigger: pgtrigger.Trigger) -> bool:
    """Whether it keeps history, or keeps others from changing it."""
    return (trigger.name or "").startswith(TRIGGER) or trigger.name == APPEND_ONLY
