"""Form fields for local times, durations, skills and reasons."""

import re
from datetime import UTC, datetime, time, timedelta
from typing import Any, cast

from django import forms
from django.contrib.postgres.forms import SimpleArrayField
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    BASE_INPUT_CLASSES,
    DATETIME_CLASSES,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from smartscheduler.core.db.text_fields import LineFormField, NotesFormField

CLOCK = re.compile(r"(\d{1,2}):([0-5]\d)(?::([0-5]\d))?", re.ASCII)


class LocalInstantInput(forms.DateTimeInput):
    """Native date and time input of the browser, usable on a phone and with the keyboard."""

    input_type = "datetime-local"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__({"class": " ".join([*DATETIME_CLASSES, "max-w-2xl"]), **(attrs or {})})

    def format_value(self, value: Any) -> str | None:
        if not isinstance(value, datetime):
            return super().format_value(value)
        return value.replace(tzinfo=None).isoformat(timespec="seconds" if value.second else "minutes")


class ClockInput(forms.TimeInput):
    """Native time input of the browser."""

    input_type = "time"

    def __init__(self) -> None:
        super().__init__({"class": " ".join(BASE_INPUT_CLASSES)})

    def format_value(self, value: Any) -> str | None:
        if not isinstance(value, time):
            return super().format_value(value)
        return value.isoformat("seconds" if value.second else "minutes")


class LocalInstantField(forms.DateTimeField):
    """An instant in local time of the current time zone. Refuses local times that a clock change skips or repeats.

    An unchanged value keeps its instant, also within a repeated hour.
    """

    widget = LocalInstantInput

    def _clean_bound_field(self, bf: forms.BoundField) -> Any:
        if not self.disabled and self._is_shown_as(bf.initial, bf.data):
            return bf.form.initial.get(bf.name, bf.initial)
        return super()._clean_bound_field(bf)  # type: ignore[misc]

    def has_changed(self, initial: Any, data: Any) -> bool:
        return not self._is_shown_as(initial, data) and super().has_changed(initial, data)

    def _is_shown_as(self, initial: Any, data: Any) -> bool:
        shown, widget = self.prepare_value(initial), cast(LocalInstantInput, self.widget)
        return isinstance(shown, datetime) and data == widget.format_value(shown)

    def to_python(self, value: Any) -> datetime | None:
        instant = super().to_python(value)
        if instant and not 2000 <= instant.year <= 2099:
            raise ValidationError(gettext("Enter a date between 2000-01-01 and 2099-12-31."), code="calendar")
        return instant


class InstantField(LineFormField):
    """An instant in ISO 8601 format with an offset, as the page rendered it."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"max_length": 40, **kwargs})

    def clean(self, value: Any) -> datetime:
        text = super().clean(value)
        try:
            instant = datetime.fromisoformat(text)
        except ValueError:
            instant = None
        if instant is None or instant.tzinfo is None or not 2000 <= instant.year <= 2099:
            raise ValidationError(gettext("Choose one of the slots."))
        return instant.astimezone(UTC)


class HoursField(forms.DurationField):
    """A duration as `HH:MM:SS` or `HH:MM`. Django's field would read 02:30 as two and a half minutes."""

    widget = UnfoldAdminTextInputWidget
    default_error_messages = {"invalid": _("Enter the duration as HH:MM:SS, for example 02:30:00.")}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"help_text": _("HH:MM:SS, at most 08:00:00."), **kwargs})

    def to_python(self, value: Any) -> timedelta | None:
        if isinstance(value, timedelta):
            return value
        if value in self.empty_values:
            return None
        match = CLOCK.fullmatch(value.strip())
        if not match:
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        hours, minutes, seconds = (int(part or 0) for part in match.groups())
        return timedelta(hours=hours, minutes=minutes, seconds=seconds)


class SkillsFormField(SimpleArrayField):
    """Comma-separated names. Spaces around names and empty names are ignored."""

    widget = UnfoldAdminTextInputWidget

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("help_text", _("Separate skills with commas."))
        super().__init__(LineFormField(max_length=60), max_length=50, required=False, **kwargs)

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> list[str]:  # type: ignore[override]
        if isinstance(value, str):
            value = ",".join(name for name in value.split(",") if name.strip())
        return list(super().to_python(value))


def reason_field(**kwargs: Any) -> NotesFormField:
    """Field for the reason of a cancellation or an override, up to 500 characters."""
    return NotesFormField(max_length=500, widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}), **kwargs)
