"""Lists: quick at any number of rows, and kept under names of one's own."""

from typing import Any, ClassVar
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Page, Paginator
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.views.decorators.http import require_POST
from unfold.admin import ModelAdmin

from smartscheduler.backoffice.models import SavedView
from smartscheduler.backoffice.people import person
from smartscheduler.backoffice.saved import delete_view, rename_view, save_view, views_of
from smartscheduler.errors import InvalidInput


class KeysFirst(Paginator):
    """Finds the keys of a page, then its rows: what is joined to a row is read for those of the page alone.

    Otherwise the last page of a long list would read, and throw away, everything before it at its full width.
    """

    def page(self, number: Any) -> Page:
        number = self.validate_number(number)
        first = (number - 1) * self.per_page
        rows: Any = self.object_list
        keys = rows.select_related(None).prefetch_related(None).values_list("pk", flat=True)
        found = list(keys[first : first + self.per_page])
        return Page(rows.filter(pk__in=found), number, self)


class ListAdmin(ModelAdmin):
    """A ModelAdmin whose list costs the same at any number of rows, with the views of it that its reader has saved.

    `words` is what a search looks through, an expression with an index (smartscheduler.words).
    """

    paginator: Any = KeysFirst
    list_per_page = 50
    list_disable_select_all = True
    show_full_result_count = False
    list_before_template = "admin/includes/list_head.html"
    words: ClassVar[Any] = None

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(require_POST(self.views_view))
        name = f"{self.opts.app_label}_{self.opts.model_name}_views"
        return [path("views/", view, name=name), *super().get_urls()]

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Any]:
        rows = super().get_queryset(request)
        return rows if self.words is None else rows.alias(words=self.words)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        # PostgreSQL has no NUL in text: to Django's own filters it would be a server error.
        if any("\x00" in value for values in request.GET.lists() for value in values[1]):
            return redirect(f"{request.path}?e=1")
        shown = views_of(person(request), self.opts.label_lower, request.GET.urlencode())
        views = {
            "views": shown,
            "current": next((one["view"] for one in shown if one["current"]), None),
            "query": request.GET.urlencode(),
            "url": reverse(f"{self.admin_site.name}:{self.opts.app_label}_{self.opts.model_name}_views"),
        }
        return super().changelist_view(request, {**(extra_context or {}), "saved": views})

    def views_view(self, request: HttpRequest) -> HttpResponse:
        """POST keeps the list of `query` under `name`, renames a view or deletes it; then shows that list."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        owner, given = {"owner": person(request), "page": self.opts.label_lower}, request.POST
        try:
            done, view = _change_views(given.get("do", "save"), owner, given)
        except InvalidInput as refusal:
            messages.error(request, refusal.detail)
            return redirect(f"{self._list_url()}?{given.get('query', '')[:2000]}")
        except (SavedView.DoesNotExist, ValueError):
            raise Http404 from None
        messages.success(request, f"“{view.name}” is {done}.")
        return redirect(f"{self._list_url()}?{view.query}")

    def _list_url(self) -> str:
        return reverse(f"{self.admin_site.name}:{self.opts.app_label}_{self.opts.model_name}_changelist")


def _change_views(act: str, owner: dict[str, Any], given: Any) -> tuple[str, SavedView]:
    """What was done, and the view that it was done to. Raises InvalidInput, DoesNotExist, ValueError."""
    name = given.get("name", "")
    if act == "rename":
        return "renamed", rename_view(**owner, view_id=UUID(given.get("view", "")), name=name)
    if act == "delete":
        return "deleted", delete_view(**owner, view_id=UUID(given.get("view", "")))
    return "saved", save_view(**owner, name=name, query=given.get("query", "")[:2000])
