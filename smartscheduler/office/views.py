"""Pages of the back-office that belong to no model."""

import json
from collections import defaultdict
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.utils import timezone
from unfold.widgets import UnfoldAdminSingleDateWidget

from smartscheduler.accounts.policy import Permission
from smartscheduler.backoffice.people import require
from smartscheduler.exchange.exporting import CSV
from smartscheduler.exchange.tables import write_csv
from smartscheduler.filters import CalendarDayField
from smartscheduler.office.reports import MOST_CONTRACTORS, Report, Week, report

USUAL_RANGE = timedelta(days=27)
LONGEST_RANGE = timedelta(days=366)


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


def reports(request: HttpRequest) -> HttpResponseBase:
    """The reports of `?since=&until=`, else of the last four weeks; `?csv=1` gives every contractor and week."""
    require(request, Permission.VIEW_REPORTS)
    today = timezone.now().date()
    usual = {"since": (today - USUAL_RANGE).isoformat(), "until": today.isoformat()}
    form = RangeForm({**usual, **{name: request.GET[name] for name in usual if request.GET.get(name)}})
    found = report(form.cleaned_data["since"], form.cleaned_data["until"]) if form.is_valid() else None
    if found and "csv" in request.GET:
        return _csv(found)
    context = {**admin.site.each_context(request), "title": "Reports", "form": form, "report": found}
    if found:
        context |= _table(found.weeks) | {"chart": _chart(found.weeks)}
    return TemplateResponse(request, "admin/office/reports.html", context)


def _table(weeks: list[Week]) -> dict[str, Any]:
    """Who was booked for how much of which week: the weeks as columns, the most booked contractors first."""
    days = sorted({one.week for one in weeks})
    people: dict[Any, dict[date, Week]] = defaultdict(dict)
    for one in weeks:
        people[one.contractor_id][one.week] = one
    ordered = sorted(people.values(), key=lambda row: -sum(one.booked for one in row.values()))
    rows = [(next(iter(row.values())), [row.get(day) for day in days]) for row in ordered[:MOST_CONTRACTORS]]
    return {"weeks": days, "people": rows, "more": max(0, len(ordered) - MOST_CONTRACTORS)}


def _chart(weeks: list[Week]) -> dict[str, str]:
    hours: dict[date, float] = defaultdict(float)
    for one in weeks:
        hours[one.week] += one.booked
    days = sorted(hours)
    labels, values = [f"{day:%b} {day.day}" for day in days], [round(hours[day], 1) for day in days]
    data = {"labels": labels, "datasets": [{"data": values, "backgroundColor": "#1d4ed8", "barThickness": 28}]}
    return {
        "data": json.dumps(data),
        "words": ", ".join(f"week of {a}: {b} h" for a, b in zip(labels, values, strict=True)),
    }


def _csv(found: Report) -> StreamingHttpResponse:
    rows: Iterable[list[str]] = (
        [one.name, one.week.isoformat(), f"{one.booked:.2f}", f"{one.working:.2f}", str(one.percent or "")]
        for one in found.weeks
    )
    name = f"utilisation-{found.since}-{found.until}.csv"
    return StreamingHttpResponse(
        write_csv(["contractor", "week", "booked_hours", "working_hours", "percent"], rows),
        content_type=CSV,
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
