"""Date range of a report: entered by the user, or one of the presets."""

from datetime import date, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from smartscheduler.adminsite.form_fields import DayField
from smartscheduler.core.entry.moments import Direction

LONGEST_RANGE = timedelta(days=366)
ONE_DAY = timedelta(days=1)
Range = tuple[date, date]


class RangeForm(forms.Form):
    since = DayField(label=_("From"), direction=Direction.BACK)
    until = DayField(label=_("To"), direction=Direction.BACK)

    def clean(self) -> dict[str, Any]:
        since, until = self.cleaned_data.get("since"), self.cleaned_data.get("until")
        if since and until and since > until:
            self.add_error("until", gettext("The last day must not be before the first day."))
        elif since and until and until - since > LONGEST_RANGE:
            self.add_error("until", gettext("The range can be at most one year."))
        return self.cleaned_data


def usual(today: date) -> dict[str, Range]:
    """Presets by name, the default first. Weeks start on Monday."""
    monday, first = today - timedelta(days=today.weekday()), today.replace(day=1)
    last_month = first - ONE_DAY
    quarter = date(today.year, 3 * ((today.month - 1) // 3) + 1, 1)
    return {
        gettext("Last 4 weeks"): (today - timedelta(days=27), today),
        gettext("Last week"): (monday - timedelta(days=7), monday - ONE_DAY),
        gettext("This week"): (monday, monday + timedelta(days=6)),
        gettext("This month"): (first, today),
        gettext("Last month"): (last_month.replace(day=1), last_month),
        gettext("This quarter"): (quarter, today),
    }


def before(since: date, until: date) -> Range:
    """The preceding range of the same length."""
    return since - (until - since) - ONE_DAY, since - ONE_DAY
