"""What the page of all history can be asked."""

from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminSingleDateWidget

from smartscheduler.accounts.models import User
from smartscheduler.accounts.visibility import CONTACTS, can_see
from smartscheduler.adminsite.history.queries import DIRECTLY, NOBODY, Place, Question, kinds_for, name_of
from smartscheduler.adminsite.history.timeline import ACTS
from smartscheduler.adminsite.history.value_text import title_of
from smartscheduler.core.db.text_fields import LineFormField
from smartscheduler.core.rest.filters import CalendarDayField
from smartscheduler.history.triggers import Change, tracked_fields

MOST_PEOPLE = 500


def choice(label: str) -> Any:
    return forms.ChoiceField(label=label, required=False, widget=UnfoldAdminSelectWidget())


def day(label: str) -> CalendarDayField:
    return CalendarDayField(label=label, required=False, widget=UnfoldAdminSingleDateWidget(attrs={"type": "date"}))


class QuestionForm(forms.Form):
    """`fields` of a model can be asked for once the model is chosen; a `record` comes from its own page."""

    model = choice("What")
    field = choice("Field")
    act = choice("Act")
    person = choice("Who")
    since = day("From (UTC)")
    until = day("To (UTC)")
    record = LineFormField(required=False, max_length=40, widget=forms.HiddenInput())

    def __init__(self, data: Any, *, user: User) -> None:
        super().__init__(data)
        self.kinds = {name_of(kind): kind for kind in kinds_for(user)}
        self._offer("model", [(name, _plural(kind)) for name, kind in self.kinds.items()], "Everything")
        self._offer("act", [(name, act.capitalize()) for name, act in ACTS.items()], "All acts")
        self._offer("person", self._people(str(data.get("person", "")), user), "Everybody")
        chosen = self.kinds.get(str(data.get("model", "")))
        if chosen:
            self._offer("field", _columns(chosen), "All fields")
        else:
            del self.fields["field"]

    def _offer(self, name: str, choices: list[tuple[str, str]], everything: str) -> None:
        self.fields[name].choices = [("", everything), *choices]  # type: ignore[attr-defined]

    def _people(self, given: str, reader: User) -> list[tuple[str, str]]:
        """Everybody, and whoever is asked for: the history knows people who are no longer there."""
        shown = str if can_see(reader, CONTACTS) else _without_address
        people = [(str(one.pk), shown(one)) for one in User.objects.order_by("name", "email")[:MOST_PEOPLE]]
        others = [(NOBODY, "The system"), (DIRECTLY, "The database, directly")]
        known = {value for value, _ in (*people, *others)}
        stranger = [(given, "Somebody else")] if _is_id(given) and given not in known else []
        return [*people, *stranger, *others]

    def clean_record(self) -> Any:
        given = self.cleaned_data["record"]
        kind = self.kinds.get(self.cleaned_data.get("model", ""))
        if not given:
            return None
        if kind is None:
            raise forms.ValidationError("Say which model the record is of.")
        try:
            return kind.pgh_tracked_model._meta.pk.to_python(given)
        except ValidationError as error:
            raise forms.ValidationError("There is no such record.") from error

    def clean(self) -> dict[str, Any]:
        since, until = self.cleaned_data.get("since"), self.cleaned_data.get("until")
        if since and until and since > until:
            self.add_error("until", "The last day is not before the first.")
        return self.cleaned_data

    def question(self, before: Place | None) -> Question:
        """What a valid form asks, from a place in the list on."""
        asked = self.cleaned_data
        kind = self.kinds.get(asked["model"])
        found = Question(
            kinds=[kind] if kind else list(self.kinds.values()),
            act=asked["act"],
            person=asked["person"],
            since=_midnight(asked["since"]),
            until=_midnight(asked["until"], days=1),
            column=asked.get("field", ""),
            before=before,
        )
        return found.of(kind.pgh_tracked_model, asked["record"]) if kind and asked["record"] is not None else found


def _without_address(user: User) -> str:
    return user.name or f"Account {str(user.pk)[:8]}"


def _columns(kind: type[Change]) -> list[tuple[str, str]]:
    """The fields of a model as choices, by their columns."""
    fields: list[Any] = [kind.pgh_tracked_model._meta.get_field(name) for name in tracked_fields(kind)]
    return [(field.column, title_of(field)) for field in fields if not field.primary_key]


def _plural(kind: Any) -> str:
    return str(kind.pgh_tracked_model._meta.verbose_name_plural).capitalize()


def _is_id(text: str) -> bool:
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False


def _midnight(date: Any, *, days: int = 0) -> datetime | None:
    return datetime.combine(date, time(), UTC) + timedelta(days=days) if date else None
