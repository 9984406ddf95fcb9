"""The contractor page with what it is booked for: bookings, ratings, what collides, what stands in the way."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.contrib.admin import SimpleListFilter
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from unfold.decorators import display

from assignments.lines import FREES, MOVES, clash_lines, lines
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

MOST_LINES = 50


class ContractorClashFilter(SimpleListFilter):
    title, parameter_name = "clashes", "clash"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("absence", "Booked during an absence")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Contractor]) -> QuerySet[Contractor]:
        if self.value() != "absence":
            return queryset
        clashing = Assignment.objects.in_an_absence(timezone.now())
        return queryset.filter(Exists(clashing.filter(contractor=OuterRef("pk"))))


class ContractorPage(ContractorAdmin):
    """What the contractors' app cannot know, because bookings build on it."""

    list_filter = (*ContractorAdmin.list_filter, ContractorClashFilter)
    readonly_fields = (*ContractorAdmin.readonly_fields, "area")

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.clashes_view)
        return [path("<uuid:object_id>/clashes/", view, name=self._route("clashes")), *super().get_urls()]

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
            context["clashes"] = self._clashes(request, obj, self.address("change", obj))
            context["clashes_count"] = _count(context["clashes"], clashes_of(obj))
        return super().render_change_form(request, context, *args, obj=obj, **kw)

    def _clashes(self, request: HttpRequest, contractor: Contractor, back: str) -> list[Any]:
        found = clashes_of(contractor).select_related("job").order_by("time_slot", "pk")[:MOST_LINES]
        return clash_lines(contractor, found, person(request), back)

    def leads_to(self, request: HttpRequest, act: Act, record: Contractor) -> str:
        """From a new absence to the bookings that it collides with, if there are any."""
        onward = super().leads_to(request, act, record)
        if act.name == "absent" and clashes_of(record).exists():
            return returning(self.address("clashes", record), onward)
        return onward

    def clashes_view(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """The bookings that lie in an absence, until none is left."""
        require(request, Permission.VIEW_CONTRACTORS)
        contractor = self.record_or_404(request, object_id)
        found = self._clashes(request, contractor, request.get_full_path())
        context = {
            **self.admin_site.each_context(request),
            "title": "Booked during an absence",
            "subtitle": str(contractor),
            "opts": self.opts,
            "original": contractor,
            "lines": found,
            "count": _count(found, clashes_of(contractor)),
            "back": way_back(request, self.address("change", contractor)),
        }
        return TemplateResponse(request, "admin/assignments/clashes.html", context)

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


def clashes_of(contractor: Contractor) -> Any:
    """The bookings of `contractor` that lie in an absence and are not over."""
    return Assignment.objects.in_an_absence(timezone.now()).filter(contractor=contractor)


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
