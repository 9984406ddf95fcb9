"""The tables of history (django-pghistory), found by what they all have: nothing changes them but their end."""

from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pgtrigger
from django.apps import apps
from django.db import models

MOMENT = "pgh_created_at"
PACKAGE = "pghistory."


def history_models() -> list[type[models.Model]]:
    """One for each kind of record whose changes are kept."""
    found = [model for model in apps.get_models() if any(field.name == MOMENT for field in model._meta.concrete_fields)]
    return sorted(found, key=lambda model: model._meta.label)


def forget_history(model: type[models.Model], keys: Iterable[Any]) -> None:
    """Remove what is kept of changes of these records; inside `unprotected`."""
    for history in history_models():
        if getattr(history, "pgh_tracked_model", None) is model:
            history._base_manager.filter(pgh_obj__in=list(keys)).delete()


@contextmanager
def unprotected() -> Iterator[None]:
    """History can be removed inside, and what is removed elsewhere leaves none."""
    names = [
        f"{model._meta.label}:{trigger.name}"
        for model, trigger in pgtrigger.registered()
        if _is_of_history(model, trigger)
    ]
    with ExitStack() as stack:
        if names:  # none would mean all
            stack.enter_context(pgtrigger.ignore(*names))
        yield


def _is_of_history(model: Any, trigger: pgtrigger.Trigger) -> bool:
    """Whether it keeps history, or keeps others from changing it."""
    keeps = any(kind.__module__.startswith(PACKAGE) for kind in type(trigger).__mro__)
    return keeps or model in history_models()
