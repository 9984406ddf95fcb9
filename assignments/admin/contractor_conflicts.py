"""Bookings of a contractor that no longer hold: found after a change, shown, and moved one by one."""

from typing import Any

from django.contrib import messages
from django.contrib.admin import SimpleListFilter
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from assignments.admin.list_filters import ANY_RULE
from assignments.admin.rows import FREES, conflict_lines, lines
from assignments.broken_bookings import conflicts_of
from assignments.models import Assignment
from contractors.models import Contractor
from smartscheduler.accounts.permissions import Permission
from smartscheduler.adminsite import registry
from smartscheduler.adminsite.permissions import person
from smartscheduler.adminsite.record_actions import RecordAdmin
from smartscheduler.adminsite.registry import Panel, record_url
from smartscheduler.adminsite.return_url import returning, way_back
from smartscheduler.rules.current import current_rules

MOST_LINES = 50


class ContractorConflictFilter(SimpleListFilter):
    title, parameter_name = "conflicts", "conflict"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(ANY_RULE, "With bookings that no longer hold")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Contractor]) -> QuerySet[Contractor]:
        if self.value() != ANY_RULE:
            return queryset
        return queryset.filter(pk__in=Assignment.objects.in_conflict(timezone.now()).values("contractor"))


registry.list_filter(Contractor, ContractorConflictFilter)


@registry.record_view(Contractor, "conflicts", permission=Permission.VIEW_CONTRACTORS)
def conflicts(request: HttpRequest, contractor: Contractor, admin: RecordAdmin) -> HttpResponse:
    """The bookings that no longer hold, until none is left."""
    listed, count = conflicts_of(contractor.pk)
    lines = conflict_lines(listed, person(request), request.get_full_path(), current_rules()) if listed else []
    context = {
        **admin.admin_site.each_context(request),
        "title": "Bookings that no longer hold",
        "subtitle": str(contractor),
        "opts": admin.opts,
        "original": contractor,
        "conflicts": lines,
        "conflicts_count": count,
        "back": way_back(request, record_url(contractor, "change")),
    }
    return TemplateResponse(request, "admin/assignments/conflicts.html", context)


@registry.notice(Contractor)
def conflicts_notice(request: HttpRequest, contractor: Contractor) -> Panel | None:
    """The same bookings above the form, as long as there are any."""
    listed, count = conflicts_of(contractor.pk)
    if not listed:
        return None
    shown = conflict_lines(listed, person(request), record_url(contractor, "change"), current_rules())
    return Panel("admin/assignments/conflicts_notice.html", {"lines": shown, "count": count})


@registry.after_change(Contractor)
def warn_of_conflicts(request: HttpRequest, contractor: Contractor) -> None:
    """Say at once which bookings the saved change has made impossible."""
    _, count = conflicts_of(contractor.pk)
    if count:
        messages.warning(request, conflicts_message(count, record_url(contractor, "conflicts")))


def conflicts_message(count: int, url: str) -> SafeString:
    text = "1 booking no longer holds" if count == 1 else f"{count} bookings no longer hold"
    return format_html('Saved, and {}. <a class="underline" href="{}">See why, and move them</a>', text, url)


@registry.next_page(Contractor, "absent", "mark-on-leave")
def to_conflicts(contractor: Contractor, usual: str) -> str:
    """From an absence or a leave to the bookings that no longer hold, if there are any."""
    return returning(record_url(contractor, "conflicts"), usual) if conflicts_of(contractor.pk)[1] else usual


@registry.action_panel(Contractor, "deactivate")
def obstacles(request: HttpRequest, contractor: Contractor) -> Panel:
    """Live bookings that stand in the way of deactivating, each with the links that remove it."""
    live = contractor.assignments.live()
    found = live.select_related("job").order_by("time_slot", "pk")[:MOST_LINES]
    shown = lines(found, person(request), request.get_full_path(), FREES)
    # Counted by the database only when not all are shown.
    count = live.count() if len(shown) == MOST_LINES else len(shown)
    return Panel("admin/assignments/obstacles.html", {"lines": shown, "count": count}, blocks=bool(shown))
