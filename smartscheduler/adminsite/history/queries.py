"""The history of all models as one list, newest first, a page at a time.

Each model has a table of its own. A page asks all of them in one statement, each for no more than the page can hold, in
the order of an index; then reads the rows it has found, table by table. It costs the same at any length of history.
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
# Authors that are no person.
NOBODY, DIRECTLY = "nobody", "directly"


class Place(NamedTuple):
    """Where a page ends: the last change on it."""

    at: datetime
    model: str
    pgh_id: int

    def __str__(self) -> str:
        return f"{self.at.isoformat()}~{self.model}~{self.pgh_id}"

    @classmethod
    def read(cls, text: str) -> "Place | None":
        """The place that `str` wrote; None for anything else."""
        try:
            at, model, pgh_id = text.split("~")
            moment, number = datetime.fromisoformat(at), int(pgh_id)
        except ValueError:
            return None
        return cls(moment, model, number) if moment.tzinfo and 0 <= number < 2**63 else None


@dataclass(frozen=True, kw_only=True)
class Question:
    """Which changes; of all when nothing is said. `person` is a user's id, NOBODY or DIRECTLY."""

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
        """The same about one record of `model`, and about what belongs to it."""
        kinds = [kind for kind in self.kinds if kind.pgh_tracked_model is model or _owner(kind) is model]
        return replace(self, kinds=kinds, record=key, owner=model)


@dataclass(frozen=True)
class Page:
    changes: list[Change] = field(default_factory=list)
    older: Place | None = None


@cache
def all_kinds() -> tuple[type[Change], ...]:
    """The history of every model that has one."""
    return tuple(sorted((kind for kind in apps.get_models() if issubclass(kind, Change)), key=name_of))


def name_of(kind: type[Change]) -> str:
    """The name of the model that it is the history of: `contractors.contractor`."""
    return str(kind.pgh_tracked_model._meta.label_lower)


def kinds_for(user: User) -> list[type[Change]]:
    """The history that somebody may read: of the models that they may see."""
    return [kind for kind in all_kinds() if user.has_perm(_permission(kind.pgh_tracked_model))]


def _permission(model: type[Model]) -> str:
    return f"{model._meta.app_label}.view_{model._meta.model_name}"


def _owner(kind: type[Change]) -> type[Model] | None:
    field: Any = kind._meta.get_field(kind.owner) if kind.owner else None
    return field.related_model if field else None


def read(question: Question) -> Page:
    """One page of changes; in two statements for a single model, in one more for each further one that is on it."""
    parts = [_places(kind, question) for kind in question.kinds]
    if not parts:
        return Page()
    order = ("-pgh_created_at", "-model", "-pgh_id")
    found = parts[0].union(*parts[1:], all=True).order_by(*order) if len(parts) > 1 else parts[0]
    places = [Place(*row) for row in found[: question.size + 1]]
    rows = _rows(question.kinds, places[: question.size])
    more = len(places) > question.size
    changes = [rows[place.model, place.pgh_id] for place in places[: question.size]]
    return Page(changes, places[question.size - 1] if more else None)


def _places(kind: type[Change], question: Question) -> QuerySet[Any, Any]:
    rows = kind.objects.alias(person=KT("pgh_context__user")).filter(_wanted(kind, question))
    newest = rows.order_by("-pgh_created_at", "-pgh_id").annotate(model=Value(name_of(kind)))
    return newest.values_list("pgh_created_at", "model", "pgh_id")[: question.size + 1]


def _wanted(kind: type[Change], question: Question) -> Q:
    wanted = Q()
    if question.record is not None:
        wanted &= _about(kind, question)
    if question.act:
        wanted &= Q(pgh_label=question.act)
    if question.person:
        wanted &= _by(question.person)
    if question.since:
        wanted &= Q(pgh_created_at__gte=question.since)
    if question.until:
        wanted &= Q(pgh_created_at__lt=question.until)
    if question.column:
        wanted &= Q(pgh_before__has_key=question.column)
    return wanted & _older(kind, question.before) if question.before else wanted


def _about(kind: type[Change], question: Question) -> Q:
    own = kind.pgh_tracked_model is question.owner
    return Q(pgh_obj_id=question.record) if own else Q(**{f"{kind.owner}_id": question.record})


def _by(person: str) -> Q:
    if person == DIRECTLY:
        return Q(pgh_context__isnull=True)
    return Q(pgh_context__isnull=False, person__isnull=True) if person == NOBODY else Q(person=person)


def _older(kind: type[Change], place: Place) -> Q:
    """What comes after a place in the list. The first condition is for the index, the second for changes at once."""
    earlier = Q(pgh_created_at__lt=place.at)
    name = name_of(kind)
    if name == place.model:
        earlier |= Q(pgh_id__lt=place.pgh_id)
    elif name < place.model:
        return Q(pgh_created_at__lte=place.at)
    return Q(pgh_created_at__lte=place.at) & earlier


def _rows(kinds: Iterable[type[Change]], places: Sequence[Place]) -> dict[tuple[str, int], Change]:
    found: dict[tuple[str, int], Change] = {}
    for kind in kinds:
        name = name_of(kind)
        wanted = [place.pgh_id for place in places if place.model == name]
        if wanted:
            found |= {(name, row.pk): row for row in kind.objects.filter(pk__in=wanted)}
    return found
