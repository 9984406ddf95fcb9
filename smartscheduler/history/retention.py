"""Deletion from append-only tables (history, audit), for the retention and for removed records."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import pgtrigger
from django.apps import apps
from django.db import models, transaction

from smartscheduler.history.suppress import ignore
from smartscheduler.history.triggers import TRIGGER, Change

MOMENT = "pgh_created_at"
# Name of the trigger that protects append-only tables.
APPEND_ONLY = "append_only"


def history_models() -> list[type[Change]]:
    """The history models of all tracked models, sorted by label."""
    return sorted(
        (model for model in apps.get_models() if issubclass(model, Change)), key=lambda model: model._meta.label
    )


def forget_history(model: type[models.Model], keys: Iterable[Any]) -> None:
    """Delete the history of these records. Must run inside `unprotected`."""
    for history in history_models():
        if history.pgh_tracked_model is model:
            history._base_manager.filter(models.Q(("pgh_obj__in", list(keys)))).delete()


@contextmanager
def unprotected() -> Iterator[None]:
    """Open a transaction in which history and audit rows can be deleted, and deletions of records leave no history.

    Otherwise the protection trigger would refuse the deletion, and the history trigger of a deleted record would
    record its data again.
    """
    with transaction.atomic():
        ignore([trigger.get_pgid(model) for model, trigger in pgtrigger.registered() if _is_of_history(model, trigger)])
        yield
        ignore([])


def _is_of_history(model: Any, trigger: pgtrigger.Trigger) -> bool:
    """Whether the trigger records history or protects an append-only table."""
    return (trigger.name or "").startswith(TRIGGER) or trigger.name == APPEND_ONLY
