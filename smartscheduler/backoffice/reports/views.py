"""Reports page of the back-office, and its CSV exports."""

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
from django.utils.translation import gettext

from smartscheduler.accounts.models import User
from smartscheduler.accounts.permissions import Permission
from smartscheduler.accounts.visibility import sees_everything
from smartscheduler.adminsite.permissions import person, require
from smartscheduler.audit.models import Act
from smartscheduler.audit.services import record
from smartscheduler.backoffice.charts import Chart, bars, part_bars, week
from smartscheduler.backoffice.reports.csv import PARTS
from smartscheduler.backoffice.reports.period import RangeForm, before, usual
from smartscheduler.backoffice.reports.queries import Report, headline, report
from smartscheduler.backoffice.reports.utilization import MOST_CONTRACTORS, Load, loads, totals
from smartscheduler.core.observability.logging import impersonal
from smartscheduler.imports.export_views import download

# Columns that are computed from the exact places of contractor and site, and so reveal them.
OF_EXACT_PLACES = frozenset({"rank", "candidates_considered", "candidates_exact", "score"})


def reports(request: HttpRequest) -> HttpResponseBase:
    """The reports from `?since=` to `?until=`, by default of the last four weeks. `?csv=waits` exports one part."""
    require(request, Permission.VIEW_REPORTS)
    ranges = usual(timezone.now().date())
    form = _range(request, next(iter(ranges.values())))
    if not form.is_valid():
        return _page(request, {"form": form, "ranges": ranges})
    since, until = form.cleaned_data["since"], form.cleaned_data["until"]
    if part := request.GET.get("csv"):
        return _csv(part, since, until, person(request))
    return _page(request, {"form": form, "ranges": ranges, **_figures(since, until, person(request))})


def _range(request: HttpRequest, default: tuple[date, date]) -> RangeForm:
    values = dict(zip(("since", "until"), (day.isoformat() for day in default), strict=True))
    return RangeForm({**values, **{name: request.GET[name] for name in values if request.GET.get(name)}})


def _page(request: HttpRequest, figures: dict[str, Any]) -> TemplateResponse:
    context = {**admin.site.each_context(request), "title": gettext("Reports"), **figures}
    return TemplateResponse(request, "admin/backoffice/reports.html", context)


def _csv(part: str, since: date, until: date, reader: User) -> HttpResponseBase:
    if part not in PARTS:
        raise Http404
    csv_part, days = PARTS[part], {"since": str(since), "until": str(until)}
    rows = csv_part.how_many(since, until)
    record(Act.DATA_EXPORTED, what=f"report: {part}", rows=rows, format="csv", filters=days)
    cells = csv_part.rows(since, until)
    if not sees_everything(reader):
        cells = (_limited(csv_part.headings, row) for row in cells)
    return download(f"{part}-{since}-{until}", "csv", csv_part.headings, cells)


def _limited(headings: Sequence[str], row: Sequence[str]) -> list[str]:
    """A row without contact data and without values that were computed from exact places."""
    return ["" if name in OF_EXACT_PLACES else impersonal(cell) for name, cell in zip(headings, row, strict=True)]


def _figures(since: date, until: date, reader: User) -> dict[str, Any]:
    figures, booked = report(since, until), totals(since, until)
    if not sees_everything(reader):
        reasons = {name: impersonal(getattr(figures, name)) for name in ("override_reasons", "cancel_reasons")}
        figures = replace(figures, **reasons)
    earlier = before(since, until)
    hours_by_week = [(week(day), round(hours, 1)) for day, hours in booked.weeks]
    return {
        "report": figures,
        "earlier": headline(*earlier),
        "earlier_range": earlier,
        "charts": _charts(figures),
        "hours": bars(gettext("Booked hours by week"), hours_by_week, unit=gettext("{value} h")),
        **_table(loads(since, until, booked.people[:MOST_CONTRACTORS]), booked.people),
    }


def _table(weeks: list[Load], people: list[Any]) -> dict[str, Any]:
    """Utilization table: a column for each week, a row for each contractor, most booked first."""
    days = sorted({load.week for load in weeks})
    by_person: dict[Any, dict[date, Load]] = defaultdict(dict)
    for load in weeks:
        by_person[load.contractor_id][load.week] = load
    shown = [by_person[contractor] for contractor in people[:MOST_CONTRACTORS] if contractor in by_person]
    table = [(next(iter(row.values())), [row.get(day) for day in days], _sum(row)) for row in shown]
    return {"weeks": days, "people": table, "more": max(0, len(people) - MOST_CONTRACTORS)}


def _sum(row: dict[date, Load]) -> Load:
    """Total of all weeks of one contractor."""
    first = next(iter(row.values()))
    booked, working = (sum(getattr(load, name) for load in row.values()) for name in ("booked", "working"))
    return Load(first.contractor_id, first.name, first.week, booked, working)


def _charts(figures: Report) -> dict[str, Chart]:
    weeks = [(week(counts.monday), counts) for counts in figures.weeks]
    return {
        "waits": bars(gettext("Jobs by waiting time"), figures.spread),
        "ranks": bars(gettext("Bookings by rank"), figures.ranks),
        "cancellations": part_bars(
            gettext("Bookings and cancellations by week"),
            [(label, counts.cancelled, counts.bookings) for label, counts in weeks],
            part=gettext("canceled"),
            whole=gettext("all bookings"),
        ),
        "starts": part_bars(
            gettext("Starts by week"),
            [(label, counts.on_time, counts.started) for label, counts in weeks if counts.started],
            part=gettext("on time"),
            whole=gettext("all starts"),
            is_good=True,
        ),
    }
