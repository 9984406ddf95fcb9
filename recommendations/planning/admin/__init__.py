"""Admin pages of plans: history, a new plan, progress, and the proposal."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from recommendations.planning.acceptance import Acceptance, accept_plan
from recommendations.planning.admin import plan_jobs
from recommendations.planning.admin.actions import ACTIONS
from recommendations.planning.admin.chosen_records import options
from recommendations.planning.admin.comparison import best_possible, comparison
from recommendations.planning.admin.items import MOST_ITEMS, filters, item_rows, stale_note, suggestion_of
from recommendations.planning.admin.limits import conflicts, limits
from recommendations.planning.admin.misses import miss_rows
from recommendations.planning.admin.plan_map import plan_map
from recommendations.planning.admin.progress import progress
from recommendations.planning.admin.scope_form import PlanForm
from recommendations.planning.admin.week_board import week_board
from recommendations.planning.models import Plan
from recommendations.planning.staleness import watch
from recommendations.planning.states import ItemState
from smartscheduler.accounts.models import User
from smartscheduler.accounts.permissions import Permission
from smartscheduler.adminsite.bulk_results import Outcome, report
from smartscheduler.adminsite.changelists import ListAdmin
from smartscheduler.adminsite.html import badge, in_utc
from smartscheduler.adminsite.permissions import may, person, require
from smartscheduler.adminsite.record_actions import RecordAdmin
from smartscheduler.adminsite.registry import record_url
from smartscheduler.core.formatting import calendar_day
from smartscheduler.core.geo.blur import places_are_blurred
from smartscheduler.errors import DomainError
from smartscheduler.events import event_log

# Events after which changes of a plan may no longer be possible, and those of the plan itself.
WATCHED_TYPES = (
    *("JobAssigned", "JobUpdated", "JobCancelled", "AssignmentCancelled", "AssignmentRescheduled"),
    *("AssignmentConfirmed", "AssignmentStarted", "AssignmentCompleted"),
    *("WindowPromised", "WindowWithdrawn", "ContractorUpdated", "ScheduleUpdated", "RulesPublished"),
    *("PlanAccepted", "PlanDiscarded", "PlanUndone", "PlanExpired"),
)
# Parameter of the page for its content without the frame.
CONTENT = "content"
RUN_TYPES = ("PlanProgressed", "PlanReady", "PlanFailed", "PlanCancelled")


@admin.register(Plan)
class PlanAdmin(RecordAdmin, ListAdmin):
    record_actions = ACTIONS
    list_display = ("number", "state_badge", "days", "jobs", "best", "requested_by", "requested")
    list_display_links = ("number",)
    list_filter = ("state", "kind")
    list_select_related = ("requested_by",)
    search_fields = ("number",)
    search_help_text = _("Number")
    empty_text = _("A plan proposes bookings for many open jobs together. Nothing is booked until you accept it.")
    actions = None
    fields = readonly_fields = ("number",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Plan]:
        return super().get_queryset(request).defer("scope")

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        own = [
            path("choices/<slug:field>/", view(self.choices_view), name=self._route("choices")),
            path("<uuid:object_id>/progress/", view(self.progress_view), name=self._route("progress")),
            path("<uuid:object_id>/watch/", view(self.watch_view), name=self._route("watch")),
            path("<uuid:object_id>/accept/", view(self.accept_view), name=self._route("accept")),
            path("<uuid:object_id>/what-if/", view(self.what_if_view), name=self._route("what-if")),
        ]
        return [*own, *super().get_urls()]

    def has_change_permission(self, request: HttpRequest, obj: Plan | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Plan | None = None) -> bool:
        return False

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """The scope of a new plan."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        return plan_jobs.respond(request, self)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """The progress of a run, then the proposal."""
        plan = self._plan(request, UUID(object_id)) if _is_id(object_id) else None
        if plan is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        # Read the number before the items: an event in between then makes the page look again.
        head = event_log.head()
        context = {
            **self.admin_site.each_context(request),
            "title": plan.number,
            "opts": self.opts,
            "original": plan,
            "plan": plan,
            "limits": limits(plan, person(request)),
            "conflicts": conflicts(plan, person(request)),
            "head": head,
            "heartbeat_seconds": settings.EVENT_HEARTBEAT_SECONDS,
            "types": ",".join(RUN_TYPES if plan.is_at_work else WATCHED_TYPES),
            "buttons": self.buttons(request, plan),
            "progress_url": self.address("progress", plan),
            "watch_url": self.address("watch", plan),
            **(progress(plan, person(request)) if plan.is_at_work else self._proposal(request, plan)),
        }
        # Scripts load the content alone: the whole page would show, and so use up, the messages for the user.
        template = "plan_content.html" if CONTENT in request.GET else "plan.html"
        return TemplateResponse(request, f"admin/planning/{template}", context)

    def _plan(self, request: HttpRequest, object_id: UUID) -> Plan | None:
        if not self.has_view_permission(request):
            raise PermissionDenied
        return Plan.objects.select_related("requested_by", "parent").filter(pk=object_id).first()

    def _plan_or_404(self, request: HttpRequest, object_id: UUID) -> Plan:
        plan = self._plan(request, object_id)
        if plan is None:
            raise Http404
        return plan

    def _proposal(self, request: HttpRequest, plan: Plan) -> dict[str, Any]:
        reader = person(request)
        items = list(
            plan.items.changes()
            .select_related("job", "contractor", "previous_contractor", "assignment", "assignment__contractor")
            .order_by("position")
        )
        may_accept = plan.is_open and may(request, Permission.ASSIGN)
        rows = item_rows(items, reader, is_open=may_accept)
        board = week_board(plan, items)
        return {
            "comparison": comparison(plan, reader),
            "best_possible": best_possible(plan),
            "rows": rows[:MOST_ITEMS],
            "changes": len(rows),
            "hidden_rows": max(0, len(rows) - MOST_ITEMS),
            "filters": filters(rows[:MOST_ITEMS]),
            "open_changes": sum(row.can_be_accepted for row in rows),
            "kept": plan.items.count() - len(items),
            "board": board,
            "map": plan_map(board, reader),
            "misses": miss_rows(plan, reader, may_replan=may(request, Permission.MAKE_PLANS)),
            "may_accept": may_accept,
            "accept_url": self.address("accept", plan),
            "what_if_url": self.address("what-if", plan),
            "export_url": reverse("api:plan-export", args=[plan.pk]),
            "approximate": places_are_blurred(),
            "tile_url": settings.MAP_TILE_URL,
            "tile_attribution": settings.MAP_TILE_ATTRIBUTION,
            "children": list(plan.children.order_by("created_at")),
        }

    def choices_view(self, request: HttpRequest, field: str) -> HttpResponse:
        """The records that match `?q=`, as options of a field of the scope."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        return options(request, field, PlanForm.base_fields)

    def progress_view(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """The progress of a run, polled by the page; when it has ended, the page is loaded again."""
        plan = self._plan_or_404(request, object_id)
        if plan.is_at_work:
            return render(request, "admin/planning/progress.html", progress(plan, person(request)))
        return HttpResponse(headers={"HX-Refresh": "true"})

    def watch_view(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """The version of the plan, and the changes that cannot be accepted any more, for scripts."""
        plan = self._plan_or_404(request, object_id)
        stored = plan.items.changes().filter(state=ItemState.STALE).values_list("pk", "stale_reason")
        stale = [{"id": str(pk), "text": text} for pk, text in stored]
        if plan.is_open:
            stale += [{"id": str(each.item_id), "text": each.reason} for each in watch(plan)]
        stale = [{**each, "text": stale_note(each["text"], person(request))} for each in stale]
        return JsonResponse({"version": plan.version, "state": plan.state, "stale": stale})

    def accept_view(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """POST: book the selected changes, one of them, or all, and say what became of each."""
        plan = self._plan_or_404(request, object_id)
        require(request, Permission.ASSIGN)
        page = self.address("change", plan)
        ids = _item_ids(request)
        if request.method != "POST" or (ids is not None and not ids):
            messages.info(request, gettext("Select the changes to accept."))
            return redirect(page)
        try:
            acceptance = accept_plan(plan_id=plan.pk, item_ids=ids, all_or_nothing=False, actor=person(request))
        except DomainError as refusal:
            messages.error(request, refusal.detail)
        else:
            report(request, _outcomes(acceptance, person(request)), gettext("Booked"))
        return redirect(f"{page}#changes")

    def what_if_view(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """POST: request a new plan with one thing done differently."""
        plan = self._plan_or_404(request, object_id)
        require(request, Permission.MAKE_PLANS)
        if request.method != "POST":
            return redirect(self.address("change", plan))
        try:
            new = plan_jobs.what_if(plan, request.POST.get("change", ""), person(request))
        except DomainError as refusal:
            messages.error(request, refusal.detail)
            return redirect(self.address("change", plan))
        return redirect(self.address("change", new))

    @display(description=_("State"), ordering="state")
    def state_badge(self, plan: Plan) -> SafeString:
        return badge(plan.state, plan.get_state_display())

    @display(description=_("Days"), ordering="first_day")
    def days(self, plan: Plan) -> str:
        today = plan.created_at
        return f"{calendar_day(plan.first_day, today)} – {calendar_day(plan.last_day, today)}"

    @display(description=_("Jobs planned"))
    def jobs(self, plan: Plan) -> str:
        figures = plan.figures.get("plan") or {}
        if "planned" not in figures:
            return "–"
        text = gettext("{planned} of {jobs}")
        return text.format(planned=figures["planned"], jobs=figures["planned"] + figures.get("unplanned", 0))

    @display(description=_("Better by at most"))
    def best(self, plan: Plan) -> str:
        if plan.proven:
            return gettext("proven best")
        return "–" if plan.gap_percent is None else f"{plan.gap_percent:.2f}%"

    @display(description=_("Requested"), ordering="created_at")
    def requested(self, plan: Plan) -> SafeString:
        return in_utc(plan.created_at)


def _is_id(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def _item_ids(request: HttpRequest) -> list[int] | None:
    """The ids of the selected items; None for all of them."""
    if "all" in request.POST:
        return None
    values = [request.POST["one"]] if "one" in request.POST else request.POST.getlist("item")
    return [int(value) for value in values if value.isascii() and value.isdigit() and len(value) < 19]


def _outcomes(acceptance: Acceptance, reader: User) -> list[Outcome]:
    booked = [
        Outcome(
            item.job.job_number,
            record_url(item.assignment or item.job, "change"),
            result=gettext("booked: {contractor}").format(contractor=item.contractor.name)
            if item.contractor
            else gettext("the booking is canceled"),
        )
        for item in acceptance.accepted
    ]
    stale = [
        Outcome(
            item.job.job_number,
            record_url(item.job, "change"),
            refusal=stale_note(item.stale_reason, reader),
            remedy=(suggestion[1], suggestion[0]) if (suggestion := suggestion_of(item, reader)) else None,
        )
        for item in acceptance.stale
    ]
    return [*stale, *booked]
