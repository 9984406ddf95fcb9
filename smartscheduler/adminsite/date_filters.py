"""Filters of lists by the day of an instant, by the calendar at the site of each row."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, ClassVar

from django import forms
from django.contrib.admin import ListFilter, SimpleListFilter
from django.db.models import DateField, DateTimeField, F, Func, IntegerField, QuerySet, Value
from django.db.models.functions import Cast
from django.http import HttpRequest
from django.utils import timezone
from unfold.widgets import UnfoldAdminTextInputWidget

from smartscheduler.core.rest.filters import CalendarDayField, site_day

# A day at any place on earth lies within two days of the same day here.
SLACK = timedelta(days=2)


def within_days(
    rows: QuerySet[Any], moment: str, zone: str, first: int | None = None, last: int | None = None
) -> QuerySet[Any]:
    """The rows whose `moment` lies between two days counted from today at the site; None where there is no end."""
    now = timezone.now()
    rows = rows.alias(days_from_today=_days_from_today(moment, zone, now))
    # The plain bounds are for an index; the calendar at each site has the last word.
    if first is not None:
        since = {f"{moment}__gte": now + timedelta(days=first) - SLACK}
        rows = rows.filter(days_from_today__gte=first, **since)
    if last is not None:
        until = {f"{moment}__lte": now + timedelta(days=last) + SLACK}
        rows = rows.filter(days_from_today__lte=last, **until)
    return rows


def _days_from_today(moment: str, zone: str, now: datetime) -> Func:
    """SQL for the days from today to the instant's day; a date minus a date is a number in PostgreSQL."""
    there, today = (
        Cast(Func(F(zone), instant, function="timezone", output_field=DateField()), DateField())
        for instant in (F(moment), Value(now, output_field=DateTimeField()))
    )
    return Func(there, today, template="(%(expressions)s)", arg_joiner=" - ", output_field=IntegerField())


def between_days(rows: QuerySet[Any], moment: str, zone: str, first: date | None, last: date | None) -> QuerySet[Any]:
    """The rows whose `moment` lies on one of the days `first` to `last` at the site, both included."""
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
    """The day of an instant as seen from today."""

    moment: ClassVar[str]
    zone: ClassVar[str] = "time_zone"
    # Title, and the first and last day counted from today; None where there is no end.
    choices_by_name: ClassVar[dict[str, tuple[str, int | None, int | None]]] = {
        "past": ("Before today", None, -1),
        "today": ("Today", 0, 0),
        "tomorrow": ("Tomorrow", 1, 1),
        "week": ("Today and the next 6 days", 0, 6),
        "later": ("Later", 7, None),
    }

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(name, title) for name, (title, _first, _last) in self.choices_by_name.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() not in self.choices_by_name:
            return queryset
        _title, first, last = self.choices_by_name[self.value() or ""]
        return within_days(queryset, self.moment, self.zone, first, last)


class DaysForm(forms.Form):
    """Two days, both included; either may be left out."""

    def __init__(self, name: str, data: dict[str, Any]) -> None:
        super().__init__(data)
        for end, label in (("from", "From"), ("to", "To")):
            widget = UnfoldAdminTextInputWidget(attrs={"type": "date"})
            self.fields[f"{name}_{end}"] = CalendarDayField(label=label, required=False, widget=widget)


class DaysFilter(ListFilter):
    """From one day to another: `<name>_from` and `<name>_to` in the address, as YYYY-MM-DD.

    A day that is none is named on the field, and the list is not narrowed by it.
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
        """One choice: the form, and what else the address holds."""
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
    """How long ago an instant was; of those with a zone also today, by the calendar at the site."""

    moment: ClassVar[str]
    zone: ClassVar[str] = ""
    hours: ClassVar[dict[str, tuple[str, int]]] = {
        "hour": ("The last hour", 1),
        "day": ("The last 24 hours", 24),
        "week": ("The last 7 days", 7 * 24),
    }

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        today = [("today", "Today")] if self.zone else []
        return [*today, *((name, title) for name, (title, _hours) in self.hours.items())]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == "today" and self.zone:
            return within_days(queryset, self.moment, self.zone, 0, 0)
        if self.value() not in self.hours:
            return queryset
        since = timezone.now() - timedelta(hours=self.hours[self.value() or ""][1])
        return queryset.filter(**{f"{self.moment}__gte": since})
