"""The history of all models as one paginated list, newest first.

Each model has its own history table. One statement reads the keys of a page from all tables (UNION ALL), limited to
the page size and in index order for each table; then the rows are read table by table. The cost does not depend on
the length of the history.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

from django.apps import apps
from django.db.models import Model, Q, QuerySet, Value
from django.db.models.fields.json import KT

from smartscheduler.accounts.models import User
from smartscheduler.history.triggers import Change

PAGE = 50
# Values of the filter `person` for changes without a user: by the system, or by direct database access.
NOBODY, DIRECTLY = "nobody", "directly"


class Place(NamedTuple):
    """Position in the list: the last change of a page (keyset pagination)."""

    at: datetime
    model: str
    pgh_id: int

    def __str__(self) -> str:
        return f"{self.at.isoformat()}~{self.model}~{self.pgh_id}"

    @classmethod
    def read(cls, text: str) -> "Place | None":
        """Parse the format of `__str__`. None if the text is invalid."""
        try:
            at, model, pgh_id = text.split("~")
            moment, number = datetime.fromisoformat(at), int(pgh_id)
        except ValueError:
            return None
        return cls(moment, model, number) if moment.tzinfo and 0 <= number < 2**63 else None


@dataclass(frozen=True, kw_only=True)
class Question:
    """Query of the history; by default all changes of `kinds`. `person`: a user id or one of the constants above."""

    kinds: Sequence[type[Change]]
    record: Any = None
    act: str = ""
    person: str = ""
    since: datetime | None = None
    until: datetime | None = None
    column: str = ""
    before: Place | None = None
    owner: type[Model] | None = None
    size: int = PAGE

    def of(self, model: type[Model], key: Any) -> "Question":
        """The same query limited to one record of `model` and to the records that belong to it."""
        kinds = [kind for kind in self.kinds if kind.pgh_tracked_model is model or _owner(kind) is model]
        return replace(self, kinds=kinds, record=key, owner=model)


@dataclass(frozen=True)
class Page:
    changes: list[Change] = field(default_factory=list)
    older: Place | None = None


@cache
def all_kinds() -> tuple[type[Change], ...]:
    """The history models of all tracked models."""
    return tuple(sorted((kind for kind in apps.get_models() if issubclass(kind, Change)), key=name_of))


def name_of(kind: type[Change]) -> str:
    """Label of the tracked model, for example `contractors.contractor`."""
    return str(kind.pgh_tracked_model._meta.label_lower)


def kinds_for(user: User) -> list[type[Change]]:
    """The history models of the models that `user` may view."""
    return [kind for kind in all_kinds() if user.has_perm(_permission(kind.pgh_tracked_model))]


def _permission(model: type[Model]) -> str:
    return f"{model._meta.app_label}.view_{model._meta.model_name}"


def _owner(kind: type[Change]) -> type[Model] | None:
    field: Any = kind._meta.get_field(kind.owner) if kind.owner else None
    return field.related_model if field else None


def read(question: Question) -> Page:
    """One page of changes. Runs one statement for the keys, and one for each model with changes on the page."""
    parts = [_places(kind, question) for kind in question.kinds]
    if not parts:
        return Page()
    order = ("-pgh_created_at", "-model", "-pgh_id")
    keys = parts[0].union(*parts[1:], all=True).order_by(*order) if len(parts) > 1 else parts[0]
    places = [Place(*row) for row in keys[: question.size + 1]]
    rows = _rows(question.kinds, places[: question.size])
    more = len(places) > question.size
    changes = [rows[place.model, place.pgh_id] for place in places[: question.size]]
    return Page(changes, places[question.size - 1] if more else None)


def _places(kind: type[Change], question: Question) -> QuerySet[Any, Any]:
    rows = kind.objects.alias(person=KT("pgh_context__user")).filter(_conditions(kind, question))
    newest = rows.order_by("-pgh_created_at", "-pgh_id").annotate(model=Value(name_of(kind)))
    places: QuerySet[Any, Any] = newest.values_list("pgh_created_at", "model", "pgh_id")
    return places[: question.size + 1]


def _conditions(kind: type[Change], question: Question) -> Q:
    conditions = Q()
    if question.record is not None:
        conditions &= _about(kind, question)
    if question.act:
        conditions &= Q(pgh_label=question.act)
    if question.person:
        conditions &= _by(question.person)
    if question.since:
        conditions &= Q(pgh_created_at__gte=question.since)
    if question.until:
        conditions &= Q(pgh_created_at__lt=question.until)
    if question.column:
        conditions &= Q(pgh_before__has_key=question.column)
    return conditions & _older(kind, question.before) if question.before else conditions


def _about(kind: type[Change], question: Question) -> Q:
    own = kind.pgh_tracked_model is question.owner
    return Q(pgh_obj_id=question.record) if own else Q(**{f"{kind.owner}_id": question.record})


def _by(person: str) -> Q:
    if person == DIRECTLY:
        return Q(pgh_context__isnull=True)
    return Q(pgh_context__isnull=False, person__isnull=True) if person == NOBODY else Q(person=person)


def _older(kind: type[Change], place: Place) -> Q:
    """Rows after a place in the list. The comparison by time uses the index; model and id break ties."""
    earlier = Q(pgh_created_at__lt=place.at)
    name = name_of(kind)
    if name == place.model:
        earlier |= Q(pgh_id__lt=place.pgh_id)
    elif name < place.model:
        return Q(pgh_created_at__lte=place.at)
    return Q(pgh_created_at__lte=place.at) & earlier


def _rows(kinds: Iterable[type[Change]], places: Sequence[Place]) -> dict[tuple[str, int], Change]:
    rows: dict[tuple[str, int], Change] = {}
    for kind in kinds:
        name = name_of(kind)
        ids = [place.pgh_id for place in places if place.model == name]
        if ids:
            rows |= {(name, row.pk): row for row in kind.objects.filter(pk__in=ids)}
    return rows
