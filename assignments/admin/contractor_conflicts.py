"""Notices about the bookings of a contractor that are in conflict with the rules.

The page `conflicts`, which offers replacements, needs the ranking and is in `recommendations.admin.replace_bookings`.
"""

from typing import Any

from django.contrib import messages
from django.contrib.admin import SimpleListFilter
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.decorators import action

from assignments.admin.list_filters import ANY_RULE
from assignments.admin.rows import FREES, conflict_lines, lines
from assignments.broken_bookings import conflicts_of
from assignments.models import Assignment
from contractors import services
from contractors.admin.absence_form import AbsentDaysForm, whole_days
from contractors.models import Contractor
from smartscheduler.adminsite import registry
from smartscheduler.adminsite.bulk_results import Remedy
from smartscheduler.adminsite.permissions import person
from smartscheduler.adminsite.record_actions import ask_for_each
from smartscheduler.adminsite.registry import Panel, record_url
from smartscheduler.adminsite.return_url import returning
from smartscheduler.rules.current import current_rules

MOST_LINES = 50


class ContractorConflictFilter(SimpleListFilter):
    title, parameter_name = _("conflicts"), "conflict"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(ANY_RULE, gettext("With conflicts"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Contractor]) -> QuerySet[Contractor]:
        if self.value() != ANY_RULE:
            return queryset
        return queryset.filter(pk__in=Assignment.objects.in_conflict(timezone.now()).values("contractor"))


registry.list_filter(Contractor, ContractorConflictFilter)


@registry.notice(Contractor)
def conflicts_notice(request: HttpRequest, contractor: Contractor) -> Panel | None:
    """Notice above the form while the contractor has conflicts."""
    listed, count = conflicts_of(contractor.pk)
    if not listed:
        return None
    shown = conflict_lines(listed, person(request), record_url(contractor, "change"), current_rules())
    return Panel("admin/assignments/conflicts_notice.html", {"lines": shown, "count": count})


@registry.after_change(Contractor)
def warn_of_conflicts(request: HttpRequest, contractor: Contractor) -> None:
    """Add a warning if the contractor has conflicts after a change."""
    _, count = conflicts_of(contractor.pk)
    if count:
        messages.warning(request, conflicts_message(count, record_url(contractor, "conflicts")))


def conflicts_message(count: int, url: str) -> SafeString:
    sentence = ngettext("Saved. {count} booking has a conflict.", "Saved. {count} bookings have conflicts.", count)
    link = gettext("Show the reasons and reassign the bookings")
    return format_html('{} <a class="underline" href="{}">{}</a>', sentence.format(count=count), url, link)


@registry.next_page(Contractor, "absent", "mark-on-leave")
def to_conflicts(contractor: Contractor, usual: str) -> str:
    """Next page after an absence or a leave: the conflicts, if there are any."""
    return returning(record_url(contractor, "conflicts"), usual) if conflicts_of(contractor.pk)[1] else usual


@registry.list_action(Contractor)
@action(description=_("Add an absence …"), permissions=["change"])
def absent_selected(admin: ModelAdmin, request: HttpRequest, contractors: QuerySet[Contractor]) -> HttpResponse | None:
    """Ask for the days, then add an absence for each of the selected contractors, for example on a holiday."""
    here = request.get_full_path()

    def conflicts_link(contractor: Contractor) -> Remedy:
        count = conflicts_of(contractor.pk)[1]
        text = ngettext("Reassign {count} booking with a conflict", "Reassign {count} bookings with conflicts", count)
        return (returning(record_url(contractor, "conflicts"), here), text.format(count=count)) if count else None

    return ask_for_each(
        admin,
        request,
        contractors,
        lambda contractor, first, last, kind, note: services.add_absence(
            contractor_id=contractor.pk,
            period=whole_days(first, last, contractor.zone),
            kind=kind,
            note=note,
            actor=person(request),
        ),
        action="absent_selected",
        form_class=AbsentDaysForm,
        title=gettext("Add an absence"),
        question=gettext("Add an absence for these contractors? Their bookings stay until you move them."),
        done=gettext("Absence added"),
        follow_up=conflicts_link,
    )


@registry.action_panel(Contractor, "deactivate")
def obstacles(request: HttpRequest, contractor: Contractor) -> Panel:
    """Panel with the live bookings that prevent deactivation, each with links to resolve it, and one for all."""
    live = contractor.assignments.live()
    first = live.select_related("job").order_by("time_slot", "pk")[:MOST_LINES]
    shown = lines(first, person(request), request.get_full_path(), FREES)
    # A query for the count only when not all are shown.
    count = live.count() if len(shown) == MOST_LINES else len(shown)
    together = returning(record_url(contractor, "replace"), request.get_full_path())
    context = {"lines": shown, "count": count, "together": together}
    return Panel("admin/assignments/obstacles.html", context, blocks=bool(shown))
