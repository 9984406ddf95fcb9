"""Admin of imported files: upload, check, import, results; and exports of all lists."""

from collections.abc import Callable
from functools import partial
from typing import Any, cast
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.decorators import action, display

from assignments.models import Assignment
from contractors.models import Contractor
from customers.models import Customer
from jobs.models import Job
from smartscheduler.adminsite import registry
from smartscheduler.adminsite.buttons import Button, Weight
from smartscheduler.adminsite.changelists import ListAdmin
from smartscheduler.adminsite.html import badge, in_utc
from smartscheduler.adminsite.permissions import person
from smartscheduler.adminsite.record_actions import RecordAdmin
from smartscheduler.adminsite.registry import Panel
from smartscheduler.adminsite.service_forms import show_refusal
from smartscheduler.audit.models import Act
from smartscheduler.audit.services import filters_of, record
from smartscheduler.errors import DomainError, InvalidInput
from smartscheduler.imports import match_list, services
from smartscheduler.imports.actions import ACTIONS, may_import
from smartscheduler.imports.columns import COLUMNS
from smartscheduler.imports.export_views import FORMS, download, export
from smartscheduler.imports.forms import FileForm
from smartscheduler.imports.match_form import LayoutForm, MatchForm
from smartscheduler.imports.models import ImportRun
from smartscheduler.imports.result_file import Results
from smartscheduler.imports.saved_mappings import matched
from smartscheduler.imports.tables import uploaded_table
from smartscheduler.imports.views import outcome, progress

MODELS = {"contractors": Contractor, "jobs": Job, "customers": Customer, "assignments": Assignment}
for kind, model in MODELS.items():
    registry.list_panel(model, Panel("admin/imports/list_links.html", {"kind": kind}))
registry.list_panel(ImportRun, Panel("admin/imports/matches_link.html"))
KINDS = {model: kind for kind, model in MODELS.items()}
State = ImportRun.State
BADGES = {State.DONE: "completed", State.CHECKED: "confirmed", State.UNCHECKED: "cancelled", State.STOPPED: "cancelled"}


@action(description=_("Export as CSV"), permissions=["view"])
def export_selected(listed: ModelAdmin, request: HttpRequest, records: QuerySet[Any]) -> HttpResponseBase:
    """Export the selected rows of a list."""
    kind = KINDS[listed.model]
    record(Act.DATA_EXPORTED, what=kind, rows=records.count(), format="csv", filters=filters_of(request.GET))
    return export(kind, records, "csv", person(request))


for model in KINDS:
    registry.list_action(model)(export_selected)


@admin.register(ImportRun)
class ImportRunAdmin(RecordAdmin, ListAdmin):
    record_actions = ACTIONS
    list_display = ("name", "kind", "state_badge", "counts", "created_by", "taken_in")
    list_filter = ("kind", "state")
    list_select_related = ("created_by",)
    search_fields = ("name",)
    search_help_text = _("Name of the file")
    empty_text = _(
        "Contractors, jobs and customers come from CSV and Excel files. Each row is checked before anything is written."
    )
    actions = None
    change_form_outer_before_template = "admin/imports/run.html"
    fields = readonly_fields = ("name", "kind", "created_by", "taken_in")

    def get_queryset(self, request: HttpRequest) -> QuerySet[ImportRun]:
        return super().get_queryset(request).defer("content", "table").select_related("created_by")

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        own = [
            path("export/<str:kind>.<str:form>", view(self.export_view), name="imports_export"),
            path("template/<str:kind>.<str:form>", view(self.template_view), name="imports_template"),
            path("matches/", view(self.matches_view), name=self._route("matches")),
            path("<uuid:object_id>/match/", view(self.match_view), name=self._route("match")),
            path("<uuid:object_id>/progress/", view(self.progress_view), name=self._route("progress")),
            path("<uuid:object_id>/result.<str:form>", view(self.result_view), name=self._route("result")),
        ]
        return [*own, *super().get_urls()]

    def has_change_permission(self, request: HttpRequest, obj: ImportRun | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: ImportRun | None = None) -> bool:
        return False

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """Upload a file. Errors of the whole file are shown at once; the check reports errors of rows later."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = FileForm(request.POST or None, request.FILES or None, initial={"kind": request.GET.get("kind")})
        if request.method == "POST" and form.is_valid():
            file = form.cleaned_data["file"]
            try:
                run = services.begin(
                    kind=form.cleaned_data["kind"],
                    name=file.name,
                    content=file.read(),
                    actor=person(request),
                    options=form.options,
                )
            except DomainError as refusal:
                show_refusal(form, refusal)
            else:
                return self._checking_or_matching(request, run)
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("Import a file"),
            "opts": self.opts,
            "form": form,
            "columns": COLUMNS,
        }
        return TemplateResponse(request, "admin/imports/add.html", context)

    def _checking_or_matching(self, request: HttpRequest, run: ImportRun) -> HttpResponse:
        """The page after an upload or a match: the check, or the match if a user has to look at it."""
        if run.state == State.MATCHING:
            return redirect(self.address("match", run))
        messages.info(request, gettext("The file is being checked. Nothing is imported yet."))
        return redirect(self.address("change", run))

    def matches_view(self, request: HttpRequest) -> HttpResponse:
        """The saved matches of columns."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        return match_list.respond(request, {**self.admin_site.each_context(request), "opts": self.opts})

    def match_view(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """Match the columns of the file with targets. The check starts with the match that is sent."""
        run = self.record_or_404(request, object_id)
        if not self._may_match(request, run):
            raise PermissionDenied
        if not run.may_match:
            messages.warning(
                request, gettext("The columns can be matched until the import starts, and not during a check.")
            )
            return redirect(self.address("change", run))
        if request.method == "POST" and "read" in request.POST:
            layout = LayoutForm(run, request.POST)
            if layout.is_valid() and self._is_done(request, layout, partial(services.read_again, **layout.values)):
                return redirect(self.address("match", run))
            return self._match_page(request, run, self._match_form(run), layout)
        if request.method == "POST":
            form = self._match_form(run, request.POST)
            if form.is_valid():
                service = partial(services.match_columns, actor=person(request), **form.values)
                if self._is_done(request, form, service):
                    run.refresh_from_db(fields=["state"])
                    return self._checking_or_matching(request, run)
            return self._match_page(request, run, form, LayoutForm(run))
        return self._match_page(request, run, self._match_form(run), LayoutForm(run))

    def _match_form(self, run: ImportRun, data: Any = None) -> MatchForm:
        table = uploaded_table(run)
        return MatchForm(run, table, matched(run.kind, table), data)

    def _is_done(self, request: HttpRequest, form: MatchForm | LayoutForm, service: Callable[..., ImportRun]) -> bool:
        """Call a service. A refusal is shown on the form, which can be sent again."""
        try:
            service(run_id=form.run.pk)
        except DomainError as refusal:
            show_refusal(form, refusal)
            return False
        return True

    def _match_page(
        self, request: HttpRequest, run: ImportRun, form: MatchForm, layout: LayoutForm
    ) -> TemplateResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("Match the columns"),
            "subtitle": str(run),
            "opts": self.opts,
            "original": run,
            "run": run,
            "form": form,
            "layout": layout,
        }
        return TemplateResponse(request, "admin/imports/match.html", context)

    def _may_match(self, request: HttpRequest, run: ImportRun) -> bool:
        return self.has_add_permission(request) and may_import(person(request), run)

    def render_change_form(
        self,
        request: HttpRequest,
        context: dict[str, Any],
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Any = None,
    ) -> HttpResponse:
        if obj.state == State.MATCHING and self._may_match(request, obj):
            return redirect(self.address("match", obj))
        context |= self._panel(request, obj)
        return super().render_change_form(request, context, add, change, form_url, obj)

    def _panel(self, request: HttpRequest, run: ImportRun) -> dict[str, Any]:
        """Context of the panel of a file: only the progress while a worker processes it, then the results."""
        context = progress(run) | {"buttons": self.buttons(request, run), "address": self.address("change", run)}
        if run.state != State.MATCHING and not run.is_at_work:
            context |= outcome(run, request.GET) | {"files": [(form, self._file(run, form)) for form in FORMS]}
        return context | {"progress_url": self.address("progress", run)}

    def buttons(self, request: HttpRequest, record: Any) -> list[Button]:
        buttons = super().buttons(request, record)
        if record.may_match and self._may_match(request, record):
            link = Button(
                label=_("Change the match"), icon="view_column", url=self.address("match", record), weight=Weight.PAGE
            )
            buttons = sorted([*buttons, link], key=lambda button: button.weight)
        return buttons

    def _file(self, run: ImportRun, form: str) -> str:
        return reverse(f"{self.admin_site.name}:{self._route('result')}", args=[run.pk, form])

    def progress_view(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """The progress bar, polled by the page; the whole panel when the work has ended."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        run = self.record_or_404(request, object_id)
        if run.is_at_work:
            return render(request, "admin/imports/progress.html", progress(run))
        response = render(request, "admin/imports/panel.html", self._panel(request, run) | {"fresh": True})
        response["HX-Retarget"], response["HX-Reswap"] = "#import-panel", "outerHTML"
        return response

    def result_view(self, request: HttpRequest, object_id: UUID, form: str) -> HttpResponseBase:
        """The file with the result of each row, for correction and a new import. `?refused=1`: rejected rows only."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        run = self.record_or_404(request, object_id)
        if form not in FORMS:
            raise Http404
        refused = "refused" in request.GET
        results = Results(run, refused_only=refused)
        name = f"{run.name.rsplit('.', 1)[0]}-{'refused' if refused else 'result'}"
        rows = run.refused if refused else run.total
        record(Act.DATA_EXPORTED, what="import result", of=run.kind, run=str(run.pk), rows=rows, format=form)
        return download(name, form, results.headings, results)

    def template_view(self, request: HttpRequest, kind: str, form: str) -> HttpResponseBase:
        """A template file with all headings and one example row."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        if kind not in COLUMNS or form not in FORMS:
            raise Http404
        return download(f"{kind}-template", form, COLUMNS[kind].names, [COLUMNS[kind].example])

    def export_view(self, request: HttpRequest, kind: str, form: str) -> HttpResponseBase:
        """Export a list with its filters and search."""
        if kind not in MODELS or form not in FORMS:
            raise Http404
        listed = cast(ListAdmin, self.admin_site.get_model_admin(MODELS[kind]))
        if not listed.has_view_permission(request):
            raise PermissionDenied
        try:
            records = listed.listed(request)
        except InvalidInput as refusal:
            return listed.back_to_list(request, refusal)
        # Record before the first row is sent: an aborted download has also exported data.
        rows, filters = records.order_by().count(), filters_of(request.GET)
        record(Act.DATA_EXPORTED, what=kind, rows=rows, format=form, filters=filters)
        return export(kind, records, form, person(request))

    @display(description=_("State"), ordering="state")
    def state_badge(self, run: ImportRun) -> SafeString:
        return badge(BADGES.get(State(run.state), "pending"), run.get_state_display())

    @display(description=_("Rows"))
    def counts(self, run: ImportRun) -> str:
        if run.at < run.total:
            text = gettext("{at} of {total}: {created} new, {updated} changed, {refused} rejected")
        else:
            text = gettext("{total}: {created} new, {updated} changed, {refused} rejected")
        names = ("at", "total", "created", "updated", "refused")
        return text.format(**{name: f"{getattr(run, name):,}" for name in names})

    @display(description=_("Uploaded"), ordering="created_at")
    def taken_in(self, run: ImportRun) -> SafeString:
        return in_utc(run.created_at)
