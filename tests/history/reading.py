"""History rows for tests."""

from typing import Any

from django.db.models import Model

from smartscheduler.adminsite.history.queries import Page, Question, all_kinds, read
from smartscheduler.history.triggers import Change


def kind_of(model: type[Model]) -> type[Change]:
    return next(kind for kind in all_kinds() if kind.pgh_tracked_model is model)


def changes(model: type[Model], **filters: Any) -> list[Any]:
    """The changes of a model, oldest first."""
    return list(kind_of(model).objects.filter(**filters).order_by("pgh_id"))


def last(model: type[Model], **filters: Any) -> Any:
    return changes(model, **filters)[-1]


def acts(model: type[Model], **filters: Any) -> list[str]:
    return [change.pgh_label for change in changes(model, **filters)]


def total() -> int:
    return sum(kind.objects.count() for kind in all_kinds())


def everything(**asked: Any) -> Page:
    return read(Question(kinds=all_kinds(), **asked))
