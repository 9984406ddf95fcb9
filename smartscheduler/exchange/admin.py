"""Files in the back-office: taken in, checked, imported; and every list as a file."""

from collections.abc import Iterator
from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.safestring import SafeString
from unfold.decorators import display
from unfold.widgets import UnfoldAdminFileFieldWidget, UnfoldAdminSelectWidget

from contractors.models import Contractor
from jobs.models import Job
from smartscheduler.accounts.models import User
from smartscheduler.backoffice.acts import Act, ActsAdmin
from smartscheduler.backoffice.display import badge
from smartscheduler.backoffice.lists import ListAdmin
from smartscheduler.backoffice.people import person
from smartscheduler.backoffice.writing import show_refusal
from smartscheduler.errors import DomainError
from smartscheduler.events.messages import instant
from smartscheduler.exchange.columns import CONTRACTOR_COLUMNS, JOB_COLUMNS
from smartscheduler.exchange.exporting import CSV, export
from smartscheduler.exchange.models import ImportedRow, ImportRun
from smartscheduler.exchange.rows import KINDS
from smartscheduler.exchange.tables import MOST_BYTES, read_table, write_csv
from smartscheduler.exchange.work import begin, import_checked

MODELS = {"contractors": Contractor, "jobs": Job}
MOST_SHOWN = 200


class FileForm(forms.Form):
    kind = forms.ChoiceField(choices=ImportRun.Kind.choices, label="What is in it", widget=UnfoldAdminSelectWidget())
    file = forms.FileField(
        widget=UnfoldAdminFileFieldWidget(attrs={"accept": ".csv,.xlsx"}),
        help_text="CSV in UTF-8 or XLSX, at most 10 MB and 10,000 rows.",
    )

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if not file.name.lower().endswith((".csv", ".xlsx")):
            raise forms.ValidationError("Only .csv and .xlsx are read.")
        if file.size > MOST_BYTES:
            raise forms.ValidationError("The file is larger than 10 MB: split it.")
        return file


def may_import(user: User, run: ImportRun) -> bool:
    return user.allows(KINDS[run.kind].may)


@admin.register(ImportRun)
class ImportRunAdmin(ActsAdmin, ListAdmin):
    acts = (
        Act(
            name="import",
            label="Import",
            icon="upload",
            question="Import {0}?",
            done="{0} is being imported.",
            run=lambda run, actor: import_checked(run_id=run.pk),
            allowed=may_import,
            possible=lambda run: run.state == ImportRun.State.CHECKED and run.refused < run.total,
            main=True,
        ),
    )
    list_display = ("name", "kind", "state_badge", "counts", "created_by", "taken_in")
    list_filter = ("kind", "state")
    list_select_related = ("created_by",)
    actions = None
    change_form_outer_before_template = "admin/exchange/run.html"
    fields = readonly_fields = ("name", "kind", "created_by", "taken_in")
    add_note: ClassVar[str] = "Nothing is written until you have seen the check."

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).defer("content")

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        own = [
            path("export/<str:kind>.<str:form>", view(self.export_view), name="exchange_export"),
            path("<uuid:object_id>/result.csv", view(self.result_view), name=self._route("result")),
        ]
        return [*own, *super().get_urls()]

    def has_change_permission(self, request: HttpRequest, obj: ImportRun | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: ImportRun | None = None) -> bool:
        return False

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """Takes a file in; what is wrong with it as a whole is said at once, what with its rows by the check."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = FileForm(request.POST or None, request.FILES or None, initial={"kind": request.GET.get("kind")})
        if request.method == "POST" and form.is_valid():
            file = form.cleaned_data["file"]
            try:
                run = begin(kind=form.cleaned_data["kind"], name=file.name, content=file.read(), actor=person(request))
            except DomainError as refusal:
                show_refusal(form, refusal)
            else:
                messages.info(request, "The file is being checked. Nothing is written yet.")
                return redirect(self.address("change", run))
        context = {
            **self.admin_site.each_context(request),
            "title": "Import a file",
            "opts": self.opts,
            "form": form,
            "columns": {"Contractors": CONTRACTOR_COLUMNS, "Jobs": JOB_COLUMNS},
        }
        return TemplateResponse(request, "admin/exchange/add.html", context)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, obj: Any = None, **kwargs: Any
    ) -> HttpResponse:
        refused = obj.rows.filter(outcome=ImportedRow.Outcome.REFUSED)
        context["refused"] = [(row, _by_column(row.errors)) for row in refused[:MOST_SHOWN]]
        context["result_url"] = self.address("result", obj)
        return super().render_change_form(request, context, *args, obj=obj, **kwargs)

    def result_view(self, request: HttpRequest, object_id: UUID) -> HttpResponseBase:
        """The file with what became of each row, to be corrected and sent again."""
        run = self.record_or_404(request, object_id)
        headings, rows = read_table(run.name, bytes(run.content))
        found = {row.number: row for row in run.rows.all()}

        def lines() -> Iterator[list[str]]:
            for number, row in enumerate(rows, start=2):
                became = found.get(number)
                errors = " · ".join(_by_column(became.errors)) if became else ""
                yield [*(row[name] for name in headings), became.get_outcome_display() if became else "", errors]

        name = run.name.rsplit(".", 1)[0].replace('"', "")
        return StreamingHttpResponse(
            write_csv([*headings, "result", "errors"], lines()),
            content_type=CSV,
            headers={"Content-Disposition": f'attachment; filename="{name}-result.csv"'},
        )

    def export_view(self, request: HttpRequest, kind: str, form: str) -> HttpResponseBase:
        """The list as its filters and its search leave it."""
        if kind not in MODELS or form not in {"csv", "xlsx"}:
            raise Http404
        listed: Any = self.admin_site._registry[MODELS[kind]]
        if not listed.has_view_permission(request):
            raise PermissionDenied
        return export(kind, listed.get_changelist_instance(request).queryset, form)

    @display(description="State", ordering="state")
    def state_badge(self, run: ImportRun) -> SafeString:
        return badge({"done": "completed", "checked": "confirmed"}.get(run.state, "pending"), run.get_state_display())

    @display(description="Rows")
    def counts(self, run: ImportRun) -> str:
        return f"{run.total:,}: {run.created:,} new, {run.updated:,} changed, {run.refused:,} refused"

    @display(description="Taken in (UTC)", ordering="created_at")
    def taken_in(self, run: ImportRun) -> str:
        return instant(run.created_at.replace(microsecond=0))


def _by_column(errors: dict[str, list[str]]) -> list[str]:
    return [f"{column}: {' '.join(found)}" if column else " ".join(found) for column, found in errors.items()]
