"""Lists, and their filters."""

from datetime import timedelta
from typing import Any, ClassVar

from django.contrib.admin import SimpleListFilter
from django.db.models import DateField, F, Func, IntegerField, QuerySet
from django.db.models.functions import Cast, Now
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from unfold.admin import ModelAdmin

# A day at any place on earth lies within two days of the same day here.
SLACK = timedelta(days=2)


class ListAdmin(ModelAdmin):
    """A ModelAdmin whose list costs the same at any number of rows."""

    list_per_page = 50
    list_disable_select_all = True
    show_full_result_count = False

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        # PostgreSQL has no NUL in text: to Django's own filters it would be a server error.
        if any("\x00" in value for values in request.GET.lists() for value in values[1]):
            return redirect(f"{request.path}?e=1")
        return super().changelist_view(request, extra_context)


class DayFilter(SimpleListFilter):
    """The day of an instant as seen from today, both by the calendar at the site."""

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
        queryset, now = queryset.alias(days_from_today=self._days_from_today()), timezone.now()
        # The plain bounds are for an index; the calendar at each site has the last word.
        if first is not None:
            since = {f"{self.moment}__gte": now + timedelta(days=first) - SLACK}
            queryset = queryset.filter(days_from_today__gte=first, **since)
        if last is not None:
            until = {f"{self.moment}__lte": now + timedelta(days=last) + SLACK}
            queryset = queryset.filter(days_from_today__lte=last, **until)
        return queryset

    def _days_from_today(self) -> Func:
        """SQL for the days from today to the instant's day; a date minus a date is a number in PostgreSQL."""
        there, today = (
            Cast(Func(F(self.zone), moment, function="timezone", output_field=DateField()), DateField())
            for moment in (F(self.moment), Now())
        )
        return Func(there, today, template="(%(expressions)s)", arg_joiner=" - ", output_field=IntegerField())


class RecentFilter(SimpleListFilter):
    """How long ago an instant was."""

    moment: ClassVar[str]
    hours: ClassVar[dict[str, tuple[str, int]]] = {
        "hour": ("The last hour", 1),
        "day": ("The last 24 hours", 24),
        "week": ("The last 7 days", 7 * 24),
    }

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(name, title) for name, (title, _hours) in self.hours.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() not in self.hours:
            return queryset
        since = timezone.now() - timedelta(hours=self.hours[self.value() or ""][1])
        return queryset.filter(**{f"{self.moment}__gte": since})
