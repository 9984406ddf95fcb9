"""Form fields for local times, durations, phone numbers, skills and reasons."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any, cast
from zoneinfo import ZoneInfo

from django import forms
from django.contrib.postgres.forms import SimpleArrayField
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    BASE_INPUT_CLASSES,
    DATETIME_CLASSES,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from smartscheduler.core.db.text_fields import LineFormField, NotesFormField
from smartscheduler.core.entry import UnreadableText
from smartscheduler.core.entry.durations import read_duration, write_duration
from smartscheduler.core.entry.moments import Direction, Edge, read_day, read_moment, write_day, write_moment
from smartscheduler.core.entry.phone_numbers import read_phone
from smartscheduler.core.formatting import Clock, active_clock
from smartscheduler.core.rest.fields import FIRST_DAY, LAST_DAY, OUT_OF_CALENDAR
from smartscheduler.places import MIDDLE

# Durations that the picker offers, in minutes.
USUAL_MINUTES = (30, 60, 90, 120, 180, 240, 300, 360, 480)


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

    widget: type[forms.DateTimeInput | UnfoldAdminTextInputWidget] = LocalInstantInput

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


class MomentInput(UnfoldAdminTextInputWidget):
    """Text input for a date and a time as people type them."""

    def format_value(self, value: Any) -> Any:
        if not isinstance(value, datetime):
            return super().format_value(value)
        return write_moment(value, has_24_hours=active_clock() == Clock.TWENTY_FOUR_HOURS)


class ReadInput(UnfoldAdminTextInputWidget):
    """Text input beside which the page shows what the server reads (frontend/backoffice/typed-dates.ts).

    `question` has the parameters of the request. The default of `zone` is `zone_here()` when the input is rendered.
    """

    def __init__(self, question: dict[str, str], attrs: dict[str, Any] | None = None) -> None:
        super().__init__({"autocomplete": "off", **(attrs or {})})
        self.question = question

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        query = {"zone": zone_here().key, **self.question}
        address = reverse("admin:read-date", query=query)
        return super().get_context(name, value, {"data-reads": address, **(attrs or {})})


class ReadMomentInput(ReadInput, MomentInput):
    """Input of a MomentField on a page that knows the time zone."""


class MomentField(LocalInstantField):
    """An instant typed in local time of the current time zone: `tomorrow 9`, `12/3 2pm`, `2026-12-03 14:30`.

    With `edge`, the time can be left out: a date is then its start, its noon or its end.
    """

    widget = MomentInput

    def __init__(self, *, edge: Edge | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.edge = edge

    def to_python(self, value: Any) -> datetime | None:
        if isinstance(value, str) and value.strip():
            zone = timezone.get_current_timezone()
            try:
                value = read_moment(value, now=timezone.now(), zone=zone, edge=self.edge).moment
            except UnreadableText as refusal:
                raise ValidationError(str(refusal), code="invalid") from refusal
        return super().to_python(value)


def local_moment_field(edge: Edge | None = None, **kwargs: Any) -> MomentField:
    """A MomentField with what was understood beside it, for a form that is rendered in the time zone of its times."""
    question = {"kind": "moment", **({"edge": edge.value} if edge else {})}
    return MomentField(edge=edge, widget=ReadMomentInput(question), **kwargs)


class DayInput(ReadInput):
    """Input of a DayField."""

    def format_value(self, value: Any) -> Any:
        return write_day(value) if isinstance(value, date) else super().format_value(value)


class DayField(forms.DateField):
    """A date as people type it: `tomorrow`, `Mon`, `12/3`, `2026-12-03`.

    `direction` says where a date without a year lies. Today is that of `zone`, by default of `zone_here`.
    """

    def __init__(self, *, direction: Direction = Direction.AHEAD, zone: ZoneInfo | None = None, **kwargs: Any) -> None:
        self.direction, self.zone = direction, zone
        question = {"kind": "day", "direction": direction.value, **({"zone": zone.key} if zone else {})}
        super().__init__(widget=DayInput(question), **kwargs)

    def prepare_value(self, value: Any) -> Any:
        """The date that a text names, so that it is shown in full; other text stays as it was typed."""
        try:
            return self._read(value) if isinstance(value, str) and value.strip() else value
        except UnreadableText:
            return value

    def to_python(self, value: Any) -> date | None:
        if isinstance(value, str) and value.strip():
            try:
                value = self._read(value)
            except UnreadableText as refusal:
                raise ValidationError(str(refusal), code="invalid") from refusal
        day = super().to_python(value)
        if day is not None and not FIRST_DAY <= day <= LAST_DAY:
            raise ValidationError(OUT_OF_CALENDAR, code="calendar")
        return day

    def _read(self, text: str) -> date:
        today = timezone.localdate(timezone=self.zone or zone_here())
        return read_day(text, today=today, direction=self.direction)


def zone_here() -> ZoneInfo:
    """The current time zone, or that of the middle of the country while no other one is active."""
    zone = timezone.get_current_timezone()
    return MIDDLE if zone == timezone.get_default_timezone() else zone


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


class DurationInput(UnfoldAdminTextInputWidget):
    """Text input with a list of usual lengths to pick from."""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        usual = format_html_join("", '<option value="{}"></option>', ((text,) for text in usual_durations()))
        field = super().render(name, value, {**(attrs or {}), "list": f"usual-{name}"}, renderer)
        return format_html('{}<datalist id="usual-{}">{}</datalist>', field, name, usual)


def usual_durations() -> list[str]:
    return [write_duration(timedelta(minutes=minutes)) for minutes in USUAL_MINUTES]


class HoursField(forms.DurationField):
    """A duration as `2 h`, `2:30`, `90 min` or `1.5`. Django's field would read 02:30 as two and a half minutes."""

    widget = DurationInput

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"help_text": _("For example 2 h, 2:30, 90 min or 1.5. At most 8 h."), **kwargs})

    def prepare_value(self, value: Any) -> Any:
        return write_duration(value) if isinstance(value, timedelta) else value

    def has_changed(self, initial: Any, data: Any) -> bool:
        return data != self.prepare_value(initial) and super().has_changed(initial, data)

    def to_python(self, value: Any) -> timedelta | None:
        if isinstance(value, timedelta):
            return value
        if value in self.empty_values:
            return None
        try:
            return read_duration(value)
        except UnreadableText as refusal:
            raise ValidationError(str(refusal), code="invalid") from refusal


class PhoneFormField(LineFormField):
    """A phone number in any grouping: of the US as `(512) 555-0143`, else E.164. The model refuses other text."""

    widget = UnfoldAdminTextInputWidget

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"max_length": 40, **kwargs})
        self.widget.input_type = "tel"  # the telephone keys of a phone

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        return read_phone(text) if isinstance(text, str) else text


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


def version_field() -> forms.IntegerField:
    """Hidden field for the version that a page has shown, so that a service can refuse changes to a later one."""
    return forms.IntegerField(required=False, min_value=1, max_value=2**31 - 1, widget=forms.HiddenInput)


def reason_field(**kwargs: Any) -> NotesFormField:
    """Field for the reason of a cancellation or an override, up to 500 characters."""
    return NotesFormField(max_length=500, widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}), **kwargs)
