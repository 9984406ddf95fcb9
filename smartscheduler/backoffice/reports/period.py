"""From when to when a report is: typed in, or one of the usual ranges."""

from datetime import date, timedelta
from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminSingleDateWidget

from smartscheduler.core.rest.filters import CalendarDayField

LONGEST_RANGE = timedelta(days=366)
ONE_DAY = timedelta(days=1)
Range = tuple[date, date]


class RangeForm(forms.Form):
    since = CalendarDayField(label="From", widget=UnfoldAdminSingleDateWidget(attrs={"type": "date"}))
    until = CalendarDayField(label="To", widget=UnfoldAdminSingleDateWidget(attrs={"type": "date"}))

    def clean(self) -> dict[str, Any]:
        since, until = self.cleaned_data.get("since"), self.cleaned_data.get("until")
        if since and until and since > until:
            self.add_error("until", "The last day is not before the first.")
        elif since and until and until - since > LONGEST_RANGE:
            self.add_error("until", "At most a year at once.")
        return self.cleaned_data


def usual(today: date) -> dict[str, Range]:
    """The ranges that are one click away, by name; weeks begin on Monday."""
    monday, first = today - timedelta(days=today.weekday()), today.replace(day=1)
    last_month = first - ONE_DAY
    quarter = date(today.year, 3 * ((today.month - 1) // 3) + 1, 1)
    return {
        "Last 4 weeks": (today - timedelta(days=27), today),
        "Last week": (monday - timedelta(days=7), monday - ONE_DAY),
        "This week": (monday, monday + timedelta(days=6)),
        "This month": (first, today),
        "Last month": (last_month.replace(day=1), last_month),
        "This quarter": (quarter, today),
    }


def before(since: date, until: date) -> Range:
    """As many days, just before."""
    return since - (until - since) - ONE_DAY, since - ONE_DAY
