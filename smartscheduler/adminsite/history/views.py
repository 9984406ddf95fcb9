"""Read-only history pages: of all records, and of one record."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_safe
from unfold.admin import ModelAdmin

from smartscheduler.accounts.models import User
from smartscheduler.accounts.visibility import HIDDEN, redact_record
from smartscheduler.adminsite.history.forms import QuestionForm
from smartscheduler.adminsite.history.queries import Page, Place, Question, kinds_for, read
from smartscheduler.adminsite.history.snapshots import address_of, zone_of
from smartscheduler.adminsite.history.timeline import build_timeline
from smartscheduler.adminsite.permissions import person
from smartscheduler.history.triggers import CREATED


@require_safe
def history(request: HttpRequest) -> HttpResponse:
    """All changes that the user may see, with the filters of the URL; a page of 50 after `?before=`."""
    form = QuestionForm(request.GET, user=person(request))
    if not form.kinds:
        raise PermissionDenied
    page = read(form.question(_place(request))) if form.is_valid() else Page()
    context = {
        **admin.site.each_context(request),
        "title": gettext("History"),
        "form": form,
        "asked": bool(form.errors) or any(form.cleaned_data.values()),
        "only": _only(form, person(request)),
        "occasions": build_timeline(page.changes, reader=person(request)),
        "everywhere": True,
        **_links(request, page.older),
    }
    return TemplateResponse(request, "admin/history/search.html", context)


def changes_of(record: Model, user: User, *, before: Place | None = None, size: int = 50) -> dict[str, Any]:
    """Context of `admin/history/changes.html`: the changes of one record and of the records that belong to it.

    In local time of the record, limited to what `user` may see.
    """
    tracked = record._meta.concrete_model or type(record)  # a proxy has the history of its table
    page = read(Question(kinds=kinds_for(user), before=before, size=size).of(tracked, record.pk))
    born = any(change.pgh_label == CREATED and change.pgh_tracked_model is tracked for change in page.changes)
    return {
        "occasions": build_timeline(page.changes, reader=user, zone=zone_of(record)),
        "older": page.older,
        "older_than_history": page.older is None and not born,
        "all_history_url": f"{reverse('history')}?model={tracked._meta.label_lower}&record={record.pk}",
    }


class HistoryAdmin(ModelAdmin):
    """ModelAdmin with a history page for each record at `<id>/history/`, and a button that leads there."""

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        record = self.get_object(request, unquote(object_id))
        if record is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        changes = changes_of(record, person(request), before=_place(request))
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("History"),
            "subtitle": str(record),
            "opts": self.opts,
            "original": record,
            "back": address_of(record, "change"),
            **changes,
            **_links(request, changes["older"]),
        }
        return TemplateResponse(request, "admin/history/record.html", context)

    def render_change_form(
        self,
        request: HttpRequest,
        context: dict[str, Any],
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Any = None,
    ) -> HttpResponse:
        context["show_history"] = obj is not None
        return super().render_change_form(request, context, add, change, form_url, obj)


def _place(request: HttpRequest) -> Place | None:
    return Place.read(request.GET.get("before", ""))


def _links(request: HttpRequest, older: Place | None) -> dict[str, str]:
    """Links to the next page and back to the first page, with the filters kept."""
    query = request.GET.copy()
    here = query.pop("before", None)
    newest = f"?{query.urlencode()}" if here else ""
    if older:
        query["before"] = str(older)
    return {"newest_url": newest, "older_url": f"?{query.urlencode()}" if older else ""}


def _only(form: QuestionForm, reader: User) -> str:
    """Name of the record that the list is limited to, or an empty string."""
    filters = form.cleaned_data
    if not form.is_valid() or filters["record"] is None or not filters["model"]:
        return ""
    model = form.kinds[filters["model"]].pgh_tracked_model
    record = model._default_manager.filter(pk=filters["record"]).first()
    return str(redact_record(record, reader, instead=HIDDEN)) if record else gettext("a deleted record")
