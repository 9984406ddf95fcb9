"""The contractor page with what it is booked for: bookings, ratings, what no longer holds, what stands in the way."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.admin import SimpleListFilter
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from unfold.decorators import display

from assignments.conflicts import conflicts_of
from assignments.lines import FREES, MOVES, conflict_lines, lines
from assignments.list_filters import ANY_RULE
from assignments.models import Assignment
from assignments.service_area import service_area
from contractors.admin import ContractorAdmin
from contractors.models import Contractor, Rating
from jobs.models import Job
from smartscheduler.accounts.limits import limit
from smartscheduler.accounts.policy import Permission
from smartscheduler.backoffice.acts import Act
from smartscheduler.backoffice.people import person, require
from smartscheduler.backoffice.returning import returning, way_back
from smartscheduler.backoffice.tabs import Tab, page_of
from smartscheduler.rules.current import current_rules

MOST_LINES = 50
LEADS_TO_CONFLICTS = {"absent", "mark-on-leave"}


class ContractorConflictFilter(SimpleListFilter):
    title, parameter_name = "conflicts", "conflict"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(ANY_RULE, "With bookings that no longer hold")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Contractor]) -> QuerySet[Contractor]:
        if self.value() != ANY_RULE:
            return queryset
        return queryset.filter(pk__in=Assignment.objects.in_conflict(timezone.now()).values("contractor"))


class ContractorPage(ContractorAdmin):
    """What the contractors' app cannot know, because bookings build on it."""

    list_filter = (*ContractorAdmin.list_filter, ContractorConflictFilter)
    readonly_fields = (*ContractorAdmin.readonly_fields, "area")

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.conflicts_view)
        return [path("<uuid:object_id>/conflicts/", view, name=self._route("conflicts")), *super().get_urls()]

    def get_fieldsets(self, request: HttpRequest, obj: Contractor | None = None) -> Any:
        fieldsets = super().get_fieldsets(request, obj)
        return (*fieldsets, ("Service area", {"fields": ("area",)})) if obj else fieldsets

    @display(description="Map")
    def area(self, contractor: Contractor) -> SafeString:
        context = service_area(contractor, timezone.now())
        return mark_safe(render_to_string("admin/assignments/area.html", context))  # noqa: S308  (a template's own output)

    def further_tabs(self, request: HttpRequest, record: Contractor) -> Iterable[Tab]:
        yield self._bookings(request, record)
        yield _ratings(request, record)
        yield Tab(name="history", title="History", url=self.address("history", record))

    def _bookings(self, request: HttpRequest, contractor: Contractor) -> Tab:
        bookings = contractor.assignments.select_related("job").next_first(timezone.now())
        page = page_of(request, "assignments", bookings)
        back = f"{self.address('change', contractor)}#assignments"
        return Tab(
            name="assignments",
            title="Assignments",
            template="admin/assignments/panel.html",
            context={"page": page, "lines": lines(page, person(request), back, ("confirm", *MOVES))},
            count=page.paginator.count,
        )

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, obj: Any = None, **kw: Any
    ) -> HttpResponse:
        if obj:
            context |= self._conflicts(request, obj, self.address("change", obj))
        return super().render_change_form(request, context, *args, obj=obj, **kw)

    def _conflicts(self, request: HttpRequest, contractor: Contractor, back: str) -> dict[str, Any]:
        listed, count = conflicts_of(contractor.pk)
        conflicts = conflict_lines(listed, person(request), back, current_rules()) if listed else []
        return {"conflicts": conflicts, "conflicts_count": count}

    def response_change(self, request: HttpRequest, obj: Contractor) -> HttpResponse:
        """Say at once which bookings the saved change has made impossible."""
        _, count = conflicts_of(obj.pk)
        if count:
            messages.warning(request, conflicts_message(count, self.address("conflicts", obj)))
        return super().response_change(request, obj)

    def leads_to(self, request: HttpRequest, act: Act, record: Contractor) -> str:
        """From an absence or a leave to the bookings that no longer hold, if there are any."""
        onward = super().leads_to(request, act, record)
        if act.name in LEADS_TO_CONFLICTS and conflicts_of(record.pk)[1]:
            return returning(self.address("conflicts", record), onward)
        return onward

    def conflicts_view(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """The bookings that no longer hold, until none is left."""
        require(request, Permission.VIEW_CONTRACTORS)
        contractor = self.record_or_404(request, object_id)
        context = {
            **self.admin_site.each_context(request),
            "title": "Bookings that no longer hold",
            "subtitle": str(contractor),
            "opts": self.opts,
            "original": contractor,
            **self._conflicts(request, contractor, request.get_full_path()),
            "back": way_back(request, self.address("change", contractor)),
        }
        return TemplateResponse(request, "admin/assignments/conflicts.html", context)

    def act_context(self, request: HttpRequest, act: Act, record: Contractor) -> dict[str, Any]:
        """What stands in the way of deactivating, each with the links that remove it."""
        if act.name != "deactivate":
            return super().act_context(request, act, record)
        live = record.assignments.live()
        found = live.select_related("job").order_by("time_slot", "pk")[:MOST_LINES]
        obstacles = lines(found, person(request), request.get_full_path(), FREES)
        return {
            "details": "admin/assignments/obstacles.html",
            "blocked": bool(obstacles),
            "lines": obstacles,
            "count": _count(obstacles, live),
        }


def conflicts_message(count: int, url: str) -> SafeString:
    text = "1 booking no longer holds" if count == 1 else f"{count} bookings no longer hold"
    return format_html('Saved, and {}. <a class="underline" href="{}">See why, and move them</a>', text, url)


def _count(shown: list[Any], of: QuerySet[Any]) -> int:
    """How many there are; asked only when not all are shown."""
    return of.count() if len(shown) == MOST_LINES else len(shown)


def _ratings(request: HttpRequest, contractor: Contractor) -> Tab:
    ratings = Rating.objects.filter(contractor=contractor).select_related("given_by").order_by("-created_at", "-pk")
    page = page_of(request, "ratings", ratings)
    jobs = Job.objects.in_bulk([rating.job_id for rating in page if rating.job_id])
    shown = [(limit(one, person(request)), jobs.get(one.job_id) if one.job_id else None) for one in page]
    context = {"page": page, "ratings": shown, "counted": contractor.rating_count}
    return Tab(
        name="ratings",
        title="Ratings",
        template="admin/assignments/ratings.html",
        context=context,
    )
