"""List filters by local day, in the time zone of each row."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, ClassVar

from django import forms
from django.contrib.admin import ListFilter, SimpleListFilter
from django.db.models import DateField, DateTimeField, F, Func, IntegerField, QuerySet, Value
from django.db.models.functions import Cast
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from smartscheduler.adminsite.form_fields import DayField
from smartscheduler.core.entry.moments import Direction
from smartscheduler.core.rest.filters import site_day
from smartscheduler.core.text import LazyText

# A local day in any time zone lies within two days of the same UTC day.
SLACK = timedelta(days=2)


def within_days(
    rows: QuerySet[Any], moment: str, zone: str, first: int | None = None, last: int | None = None
) -> QuerySet[Any]:
    """The rows whose `moment` lies between two local days, as offsets in days from today. None: no limit."""
    now = timezone.now()
    rows = rows.alias(days_from_today=_days_from_today(moment, zone, now))
    # The plain bounds let PostgreSQL use an index; the local day of each row decides.
    if first is not None:
        since = {f"{moment}__gte": now + timedelta(days=first) - SLACK}
        rows = rows.filter(days_from_today__gte=first, **since)
    if last is not None:
        until = {f"{moment}__lte": now + timedelta(days=last) + SLACK}
        rows = rows.filter(days_from_today__lte=last, **until)
    return rows


def _days_from_today(moment: str, zone: str, now: datetime) -> Func:
    """SQL expression: days from today to the local day of the instant. In PostgreSQL, date - date is an integer."""
    there, today = (
        Cast(Func(F(zone), instant, function="timezone", output_field=DateField()), DateField())
        for instant in (F(moment), Value(now, output_field=DateTimeField()))
    )
    return Func(there, today, template="(%(expressions)s)", arg_joiner=" - ", output_field=IntegerField())


def between_days(rows: QuerySet[Any], moment: str, zone: str, first: date | None, last: date | None) -> QuerySet[Any]:
    """The rows whose `moment` lies on one of the local days `first` to `last`, both included. None: no limit."""
    if first is None and last is None:
        return rows
    rows = rows.alias(site_day=site_day(moment, zone))
    if first is not None:
        rows = rows.filter(site_day__gte=first, **{f"{moment}__gte": _midnight(first) - SLACK})
    if last is not None:
        rows = rows.filter(site_day__lte=last, **{f"{moment}__lte": _midnight(last) + SLACK})
    return rows


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, UTC)


class DayFilter(SimpleListFilter):
    """Filter by the local day of an instant, relative to today."""

    moment: ClassVar[str]
    zone: ClassVar[str] = "time_zone"
    # Title, and the first and last day as offsets from today. None: no limit.
    choices_by_name: ClassVar[dict[str, tuple[LazyText, int | None, int | None]]] = {
        "past": (_("Before today"), None, -1),
        "today": (_("Today"), 0, 0),
        "tomorrow": (_("Tomorrow"), 1, 1),
        "week": (_("Today and the next 6 days"), 0, 6),
        "later": (_("Later"), 7, None),
    }

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(name, str(title)) for name, (title, _first, _last) in self.choices_by_name.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() not in self.choices_by_name:
            return queryset
        _title, first, last = self.choices_by_name[self.value() or ""]
        return within_days(queryset, self.moment, self.zone, first, last)


class DaysForm(forms.Form):
    """First and last day, both included and both optional."""

    def __init__(self, name: str, data: dict[str, Any]) -> None:
        super().__init__(data)
        for end, label in (("from", gettext("From")), ("to", gettext("To"))):
            self.fields[f"{name}_{end}"] = DayField(label=label, required=False, direction=Direction.NEAREST)


class DaysFilter(ListFilter):
    """Filter by a range of local days: `<name>_from` and `<name>_to` in the URL, as YYYY-MM-DD or as people type them.

    An invalid day is reported on its field and does not filter the list.
    """

    name: ClassVar[str]
    moment: ClassVar[str]
    zone: ClassVar[str] = "time_zone"
    template = "admin/filters/days.html"

    def __init__(self, request: HttpRequest, params: dict[str, list[str]], model: Any, model_admin: Any) -> None:
        super().__init__(request, params, model, model_admin)
        self.used_parameters = {name: params.pop(name)[-1] for name in self._ends if name in params}
        self.form = DaysForm(self.name, self.used_parameters)
        self.form.is_valid()

    @property
    def _ends(self) -> list[str]:
        return [f"{self.name}_from", f"{self.name}_to"]

    def expected_parameters(self) -> list[str | None]:
        return [*self._ends]

    def has_output(self) -> bool:
        return True

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        first, last = (self.form.cleaned_data.get(name) for name in self._ends)
        return between_days(queryset, self.moment, self.zone, first, last)

    def choices(self, changelist: Any) -> Iterator[dict[str, Any]]:
        """One choice: the form, with the other parameters of the URL as hidden fields."""
        gone = {*self._ends, "p", "e"}
        others = [
            (name, value) for name, values in changelist.filter_params.items() if name not in gone for value in values
        ]
        yield {
            "form": self.form,
            "others": others,
            "clear": changelist.get_query_string(remove=self.expected_parameters()),
            "used": bool(self.used_parameters),
        }


class RecentFilter(SimpleListFilter):
    """Filter by the age of an instant. With a `zone`, also by the current local day."""

    moment: ClassVar[str]
    zone: ClassVar[str] = ""
    hours: ClassVar[dict[str, tuple[LazyText, int]]] = {
        "hour": (_("The last hour"), 1),
        "day": (_("The last 24 hours"), 24),
        "week": (_("The last 7 days"), 7 * 24),
    }

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        today = [("today", gettext("Today"))] if self.zone else []
        return [*today, *((name, str(title)) for name, (title, _hours) in self.hours.items())]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == "today" and self.zone:
            return within_days(queryset, self.moment, self.zone, 0, 0)
        if self.value() not in self.hours:
            return queryset
        since = timezone.now() - timedelta(hours=self.hours[self.value() or ""][1])
        return queryset.filter(**{f"{self.moment}__gte": since})
