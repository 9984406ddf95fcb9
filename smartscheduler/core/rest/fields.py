"""Strict serializer fields and base classes that all apps of the API share: unknown input is rejected."""

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from smartscheduler.core.db.text_fields import stored_form
from smartscheduler.core.email_addresses import account_address, contact_address
from smartscheduler.core.entry.addresses import ZIP
from smartscheduler.core.entry.durations import ISO, read_duration
from smartscheduler.core.entry.phone_numbers import e164, read_phone
from smartscheduler.core.json_values import instant
from smartscheduler.core.rest.openapi_examples import sent_as
from smartscheduler.core.text import many_lines, one_line
from smartscheduler.timeslots import TimeSlot

# Dates outside this range are typing errors, and date arithmetic near the limits of `date` would overflow.
FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2099, 12, 31)
EARLIEST, LATEST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
OUT_OF_CALENDAR = _("Enter a date between 2000-01-01 and 2099-12-31.")
LOCATION_FIELDS = ["latitude", "longitude", "address", "city", "state", "zip_code"]


class NormalText(serializers.CharField):
    """Mixin for text fields of serializers. `normal` returns the stored form or raises one of REFUSALS."""

    max_length: int | None

    @staticmethod
    def normal(text: str) -> str:
        raise NotImplementedError

    def to_internal_value(self, data: Any) -> str:
        text: str = super().to_internal_value(data)
        try:
            return stored_form(text, normal=self.normal, max_length=self.max_length)
        except ValidationError as refusal:
            raise serializers.ValidationError(refusal.messages, code=refusal.code) from refusal


class LineTextField(NormalText, serializers.CharField):
    """One line of text."""

    normal = staticmethod(one_line)


class NotesTextField(NormalText, serializers.CharField):
    """Text that may have several lines."""

    normal = staticmethod(many_lines)


class AccountAddressTextField(NormalText, serializers.EmailField):
    """The email address of an account."""

    normal = staticmethod(account_address)


class ContactAddressTextField(NormalText, serializers.EmailField):
    """The email address of a contractor."""

    normal = staticmethod(contact_address)


# Unknown field names that a response lists; a list of thousands would not help the client.
MOST_REFUSED = 20
NON_FIELD_ERRORS = "non_field_errors"


class StrictSerializer(serializers.Serializer[Any]):
    """Rejects unknown and read-only fields by name."""

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, Mapping):
            return super().to_internal_value(data)
        names = [name for name in data if not self._takes(name)]
        refused = {str(name): [self._refusal(name)] for name in names[:MOST_REFUSED]}
        if len(names) > MOST_REFUSED:
            more = len(names) - MOST_REFUSED
            message = ngettext("{count} more unknown field.", "{count} more unknown fields.", more)
            refused[NON_FIELD_ERRORS] = [message.format(count=more)]
        try:
            values = super().to_internal_value(data)
        except serializers.ValidationError as error:
            detail = error.detail if isinstance(error.detail, dict) else {}
            raise serializers.ValidationError({**detail, **refused}) from error
        if refused:
            raise serializers.ValidationError(refused)
        return values

    def _takes(self, name: object) -> bool:
        field = self.fields.get(name) if isinstance(name, str) else None
        return field is not None and not field.read_only

    def _refusal(self, name: object) -> str:
        return gettext("This field is read-only.") if name in self.fields else gettext("Unknown field.")


class EmptySerializer(StrictSerializer):
    """The empty body of an action without parameters."""


@sent_as("A reason", {"reason": "The customer has moved"})
class ReasonSerializer(StrictSerializer):
    """The reason of a cancellation."""

    reason = NotesTextField(max_length=500)


@sent_as("A rating", {"rating": 4.5, "comment": "On time and clean"})
class RatingSerializer(StrictSerializer):
    """A rating from 0 to 5 stars, with a comment."""

    rating = serializers.DecimalField(max_digits=3, decimal_places=2, min_value=0, max_value=5)
    comment = NotesTextField(max_length=1000, required=False, allow_blank=True, default="")


class InstantField(serializers.DateTimeField):
    """An instant with its UTC offset. A value without an offset is rejected."""

    default_error_messages = {
        "naive": _("Add the UTC offset, for example 2026-03-02T09:00:00Z."),
        "calendar": OUT_OF_CALENDAR,
    }

    def enforce_timezone(self, value: datetime) -> datetime:
        if value.tzinfo is None or value.utcoffset() is None:
            self.fail("naive")
        # Check the year first: near the years 1 and 9999, astimezone() overflows.
        if not EARLIEST.year <= value.year <= LATEST.year:
            self.fail("calendar")
        value = value.astimezone(UTC)
        if not EARLIEST <= value < LATEST:
            self.fail("calendar")
        return value

    def to_representation(self, value: datetime | None) -> str | None:  # type: ignore[override]
        return None if value is None else instant(value)


class DayField(serializers.DateField):
    """A calendar day, `YYYY-MM-DD`."""

    default_error_messages = {"calendar": OUT_OF_CALENDAR}

    def to_internal_value(self, value: Any) -> date:
        day = super().to_internal_value(value)
        if not FIRST_DAY <= day <= LAST_DAY:
            self.fail("calendar")
        return day


class InstantOrDayField(InstantField):
    """An instant, or a `date` for a whole day in a time zone that the caller knows."""

    def to_internal_value(self, value: Any) -> datetime | date:  # type: ignore[override]
        if isinstance(value, str) and re.fullmatch(r"\d{4}-\d{2}-\d{2}", value, re.ASCII):
            day: date = DayField().run_validation(value)
            return day
        return super().to_internal_value(value)


@extend_schema_field(
    {"type": "string", "pattern": r"^([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?$", "maxLength": 8, "example": "08:00"}
)
class ClockField(serializers.Field[time, str, str, Any]):
    """A time of day, `HH:MM` (`HH:MM:SS` is accepted)."""

    default_error_messages = {"clock": _("Enter a time from 00:00 to 23:59, for example 08:00.")}
    shape = re.compile(r"([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?", re.ASCII)

    def to_internal_value(self, data: Any) -> time:
        if not isinstance(data, str) or not self.shape.fullmatch(data):
            self.fail("clock")
        return time.fromisoformat(data)

    def to_representation(self, value: time) -> str:
        return value.isoformat("minutes" if not (value.second or value.microsecond) else "auto")


@extend_schema_field(
    {
        "type": "string",
        "pattern": r"^(\d{1,3}:[0-5]\d:[0-5]\d|PT(?=\d)(\d{1,3}H)?(\d{1,4}M)?(\d{1,5}S)?)$",
        "description": "A duration as `HH:MM:SS`, or in hours, minutes and seconds of ISO 8601, `PT2H30M`. "
        "The response has `HH:MM:SS`.",
        "maxLength": 17,
        "example": "02:30:00",
    }
)
class HoursField(serializers.DurationField):
    """A duration, `HH:MM:SS` or `PT2H30M`."""

    default_error_messages = {"shape": _("Enter a duration as HH:MM:SS or ISO 8601, for example 02:30:00 or PT2H30M.")}
    shape = re.compile(r"\d{1,3}:[0-5]\d:[0-5]\d", re.ASCII)

    def to_internal_value(self, value: Any) -> Any:
        if isinstance(value, str) and value.isupper() and ISO.fullmatch(value):
            return read_duration(value)
        if not isinstance(value, str) or not self.shape.fullmatch(value):
            self.fail("shape")
        return super().to_internal_value(value)


def _five_digits(text: str) -> str:
    line = one_line(text)
    parts = ZIP.fullmatch(line)
    return parts[1] if parts else line


@extend_schema_field(
    {
        "type": "string",
        "pattern": r"^\d{5}(-?\d{4})?$",
        "description": "A ZIP code, or ZIP+4: the four digits after the hyphen are not stored. "
        "The response has five digits.",
        "example": "78701",
    }
)
class ZipCodeField(NormalText, serializers.CharField):
    """A ZIP code of five digits; the extension of ZIP+4 is dropped, as in files."""

    normal = staticmethod(_five_digits)


@extend_schema_field(
    {
        "type": "string",
        "description": "A phone number in any usual spelling: of the US with or without `+1`, of other countries in "
        "E.164 where the field takes them. The response has a US number as `(512) 555-0143`.",
        "example": "(512) 555-0143",
    }
)
class PhoneField(NormalText, serializers.CharField):
    """A phone number as typed, stored as on jobs and contractors."""

    normal = staticmethod(lambda text: read_phone(one_line(text)))


@extend_schema_field(
    {
        "type": "string",
        "pattern": r"^(\+[1-9]\d{6,14})?$",
        "description": "The same number in E.164, for programs that dial or compare; empty without a number.",
        "example": "+15125550143",
    }
)
class E164Field(serializers.CharField):
    """The phone number of the field `source` in E.164; read-only."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{**kwargs, "read_only": True})

    def to_representation(self, value: str) -> str:
        return e164(value)


class IdField(serializers.UUIDField):
    """A UUID as text. DRF's UUIDField would also accept any integer."""

    def to_internal_value(self, data: Any) -> UUID:
        if not isinstance(data, str):
            self.fail("invalid", value=data)
        return super().to_internal_value(data)


class BoundedListField(serializers.ListField):
    """A list whose `max_length` is checked before its items; DRF would validate every item first."""

    def __init__(self, *, max_length: int, **kwargs: Any) -> None:
        super().__init__(max_length=max_length, **kwargs)

    def to_internal_value(self, data: Any) -> list[Any]:
        if self.max_length is not None and isinstance(data, list) and len(data) > self.max_length:
            self.fail("max_length", max_length=self.max_length)
        return super().to_internal_value(data)


class SkillsListField(BoundedListField):
    """A list of skill names."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(child=LineTextField(max_length=60), max_length=50, **kwargs)


class TimeSlotSerializer(serializers.Serializer[Any]):
    """`{"start", "end"}`: a half-open interval of instants."""

    start = InstantField()
    end = InstantField()

    def to_representation(self, instance: TimeSlot) -> dict[str, Any]:
        return slot_as_json(instance)


def slot_as_json(slot: TimeSlot) -> dict[str, Any]:
    return {"start": instant(slot.start), "end": instant(slot.end)}


def slots_as_json(slots: Iterable[TimeSlot]) -> list[dict[str, Any]]:
    """Many slots at once, without serializer fields: those would take longer than the calculation of the slots."""
    return [slot_as_json(slot) for slot in slots]
