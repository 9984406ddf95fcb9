"""Filter form of the history page."""

from datetime import UTC, datetime, time, timedelta
from typing import Any, cast
from uuid import UUID
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelectWidget

from smartscheduler.accounts.models import User
from smartscheduler.accounts.visibility import CONTACTS, can_see
from smartscheduler.adminsite.form_fields import DayField
from smartscheduler.adminsite.history.queries import DIRECTLY, NOBODY, Place, Question, kinds_for, name_of
from smartscheduler.adminsite.history.timeline import ACTS
from smartscheduler.adminsite.history.value_text import title_of
from smartscheduler.core.db.text_fields import LineFormField
from smartscheduler.core.entry.moments import Direction
from smartscheduler.core.text import LazyText
from smartscheduler.history.triggers import Change, tracked_fields

MOST_PEOPLE = 500


def choice(label: LazyText) -> Any:
    return forms.ChoiceField(label=label, required=False, widget=UnfoldAdminSelectWidget())


def day(label: LazyText) -> DayField:
    return DayField(label=label, required=False, direction=Direction.BACK, zone=ZoneInfo("UTC"))


class QuestionForm(forms.Form):
    """Filters of the history. `field` appears after a model is chosen; `record` is set by links from record pages."""

    model = choice(_("Records"))
    field = choice(_("Field"))
    act = choice(_("Action"))
    person = choice(_("User"))
    since = day(_("From (UTC)"))
    until = day(_("To (UTC)"))
    record = LineFormField(required=False, max_length=40, widget=forms.HiddenInput())

    def __init__(self, data: Any, *, user: User) -> None:
        super().__init__(data)
        self.kinds = {name_of(kind): kind for kind in kinds_for(user)}
        self._offer("model", [(name, _plural(kind)) for name, kind in self.kinds.items()], gettext("All records"))
        self._offer("act", [(name, act.capitalize()) for name, act in ACTS.items()], gettext("All actions"))
        self._offer("person", self._people(str(data.get("person", "")), user), gettext("All users"))
        chosen = self.kinds.get(str(data.get("model", "")))
        if chosen:
            self._offer("field", _columns(chosen), gettext("All fields"))
        else:
            del self.fields["field"]

    def _offer(self, name: str, choices: list[tuple[str, str]], everything: str) -> None:
        field = cast(forms.ChoiceField, self.fields[name])
        field.choices = [("", everything), *choices]

    def _people(self, requested: str, reader: User) -> list[tuple[str, str]]:
        """All users, and the requested id: the history also has users whose account was deleted."""
        shown = str if can_see(reader, CONTACTS) else _without_address
        people = [(str(user.pk), shown(user)) for user in User.objects.order_by("name", "email")[:MOST_PEOPLE]]
        others = [(NOBODY, gettext("The system")), (DIRECTLY, gettext("Direct database access"))]
        known = {value for value, _label in (*people, *others)}
        unlisted = [(requested, gettext("Other user"))] if _is_id(requested) and requested not in known else []
        return [*people, *unlisted, *others]

    def clean_record(self) -> Any:
        record_id = self.cleaned_data["record"]
        kind = self.kinds.get(self.cleaned_data.get("model", ""))
        if not record_id:
            return None
        if kind is None:
            raise forms.ValidationError(gettext("Choose the kind of the record."))
        try:
            return kind.pgh_tracked_model._meta.pk.to_python(record_id)
        except ValidationError as error:
            raise forms.ValidationError(gettext("This record does not exist.")) from error

    def clean(self) -> dict[str, Any]:
        since, until = self.cleaned_data.get("since"), self.cleaned_data.get("until")
        if since and until and since > until:
            self.add_error("until", gettext("The last day must not be before the first day."))
        return self.cleaned_data

    def question(self, before: Place | None) -> Question:
        """The query of a valid form, starting after the place `before` in the list."""
        filters = self.cleaned_data
        kind = self.kinds.get(filters["model"])
        question = Question(
            kinds=[kind] if kind else list(self.kinds.values()),
            act=filters["act"],
            person=filters["person"],
            since=_midnight(filters["since"]),
            until=_midnight(filters["until"], days=1),
            column=filters.get("field", ""),
            before=before,
        )
        if kind is None or filters["record"] is None:
            return question
        return question.of(kind.pgh_tracked_model, filters["record"])


def _without_address(user: User) -> str:
    return user.name or gettext("Account {id}").format(id=str(user.pk)[:8])


def _columns(kind: type[Change]) -> list[tuple[str, str]]:
    """Choices of the fields of a model, keyed by column name."""
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
