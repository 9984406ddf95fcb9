"""Pages of the back-office that belong to no model."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from django.contrib import admin
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.utils import timezone

from smartscheduler.accounts.models import User
from smartscheduler.accounts.permissions import Permission
from smartscheduler.accounts.visibility import sees_everything
from smartscheduler.adminsite.permissions import person, require
from smartscheduler.audit.models import Act
from smartscheduler.audit.services import record
from smartscheduler.backoffice.reports.charts import bars, grouped, week
from smartscheduler.backoffice.reports.csv import PARTS
from smartscheduler.backoffice.reports.period import RangeForm, before, usual
from smartscheduler.backoffice.reports.queries import Report, headline, report
from smartscheduler.backoffice.reports.utilisation import MOST_CONTRACTORS, Load, loads, totals
from smartscheduler.core.observability.logging import impersonal
from smartscheduler.imports.export_views import download

# Columns of a booking that were worked out from the exact places of contractor and site.
OF_EXACT_PLACES = frozenset({"rank", "candidates_considered", "candidates_exact", "score"})


def reports(request: HttpRequest) -> HttpResponseBase:
    """The reports of `?since=&until=`, else of the last four weeks; `?csv=waits` gives the rows behind one of them."""
    require(request, Permission.VIEW_REPORTS)
    ranges = usual(timezone.now().date())
    form = _range(request, ranges["Last 4 weeks"])
    if not form.is_valid():
        return _page(request, {"form": form, "ranges": ranges})
    since, until = form.cleaned_data["since"], form.cleaned_data["until"]
    if part := request.GET.get("csv"):
        return _csv(part, since, until, person(request))
    return _page(request, {"form": form, "ranges": ranges, **_found(since, until, person(request))})


def _range(request: HttpRequest, default: tuple[date, date]) -> RangeForm:
    values = dict(zip(("since", "until"), (day.isoformat() for day in default), strict=True))
    return RangeForm({**values, **{name: request.GET[name] for name in values if request.GET.get(name)}})


def _page(request: HttpRequest, found: dict[str, Any]) -> TemplateResponse:
    context = {**admin.site.each_context(request), "title": "Reports", **found}
    return TemplateResponse(request, "admin/backoffice/reports.html", context)


def _csv(part: str, since: date, until: date, reader: User) -> HttpResponseBase:
    if part not in PARTS:
        raise Http404
    found, days = PARTS[part], {"since": str(since), "until": str(until)}
    rows = found.how_many(since, until)
    record(Act.DATA_EXPORTED, what=f"report: {part}", rows=rows, format="csv", filters=days)
    cells = found.rows(since, until)
    if not sees_everything(reader):
        cells = (_limited(found.headings, row) for row in cells)
    return download(f"{part}-{since}-{until}", "csv", found.headings, cells)


def _limited(headings: Sequence[str], row: Sequence[str]) -> list[str]:
    """A row without numbers and addresses of people, and without what was worked out from exact places."""
    return ["" if name in OF_EXACT_PLACES else impersonal(cell) for name, cell in zip(headings, row, strict=True)]


def _found(since: date, until: date, reader: User) -> dict[str, Any]:
    found, booked = report(since, until), totals(since, until)
    if not sees_everything(reader):
        reasons = {name: impersonal(getattr(found, name)) for name in ("override_reasons", "cancel_reasons")}
        found = replace(found, **reasons)
    earlier = before(since, until)
    return {
        "report": found,
        "earlier": headline(*earlier),
        "earlier_range": earlier,
        "charts": _charts(found),
        "hours": bars("Booked hours by week", [(week(day), round(hours, 1)) for day, hours in booked.weeks], unit=" h"),
        **_table(loads(since, until, booked.people[:MOST_CONTRACTORS]), booked.people),
    }


def _table(found: list[Load], people: list[Any]) -> dict[str, Any]:
    """Who was booked for how much of which week: the weeks as columns, the most booked contractors first."""
    days = sorted({one.week for one in found})
    by_person: dict[Any, dict[date, Load]] = defaultdict(dict)
    for one in found:
        by_person[one.contractor_id][one.week] = one
    shown = [by_person[one] for one in people[:MOST_CONTRACTORS] if one in by_person]
    table = [(next(iter(row.values())), [row.get(day) for day in days], _sum(row)) for row in shown]
    return {"weeks": days, "people": table, "more": max(0, len(people) - MOST_CONTRACTORS)}


def _sum(row: dict[date, Load]) -> Load:
    """All weeks of somebody as one."""
    first = next(iter(row.values()))
    booked, working = (sum(getattr(one, name) for one in row.values()) for name in ("booked", "working"))
    return Load(first.contractor_id, first.name, first.week, booked, working)


def _charts(found: Report) -> dict[str, dict[str, str]]:
    labels = [week(one.monday) for one in found.weeks]
    return {
        "waits": bars("Jobs by how long they waited", found.spread),
        "ranks": bars("Bookings by the rank taken", found.ranks),
        "cancellations": grouped(
            "Bookings and cancellations by week",
            labels,
            {"cancelled": [one.cancelled for one in found.weeks], "bookings": [one.bookings for one in found.weeks]},
        ),
        "starts": grouped(
            "Starts by week",
            labels,
            {"on time": [one.on_time for one in found.weeks], "started": [one.started for one in found.weeks]},
        ),
    }
