"""Lists: quick at any number of rows, and kept under names of one's own."""

from collections.abc import Sequence
from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.admin.views.main import SEARCH_VAR, ChangeListSearchForm
from django.core.exceptions import PermissionDenied
from django.core.paginator import Page, Paginator
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils.text import smart_split, unescape_string_literal
from django.views.decorators.http import require_POST
from unfold.views import ChangeList

from smartscheduler.accounts.permissions import Permission
from smartscheduler.adminsite.models import SavedView
from smartscheduler.adminsite.permissions import may, person
from smartscheduler.adminsite.registry import extensions_of
from smartscheduler.adminsite.saved_views import delete_view, rename_view, save_view, views_of
from smartscheduler.adminsite.visibility import VisibleFieldsAdmin
from smartscheduler.core.db.search_terms import LONGEST_SEARCH, TOO_LONG, search_terms
from smartscheduler.core.text import LazyText, normalize_search
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


def split_search(text: str) -> list[str]:
    """The words of a search, as Django's admin splits it: what stands in quotes is one."""
    words = smart_split(text)
    return [unescape_string_literal(word) if word[:1] in "\"'" and word[0] == word[-1] else word for word in words]


class SearchForm(ChangeListSearchForm):
    """Django's search box; too long a search is told above the list, which is then shown without it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields[SEARCH_VAR] = forms.CharField(
            required=False, strip=False, max_length=LONGEST_SEARCH, error_messages={"max_length": TOO_LONG}
        )

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        try:
            search_terms(values.get(SEARCH_VAR, ""), field=SEARCH_VAR, split=split_search)
        except InvalidInput as refusal:
            self.add_error(SEARCH_VAR, refusal.detail)
        return values


class SearchedList(ChangeList):
    search_form_class = SearchForm


class ListAdmin(VisibleFieldsAdmin):
    """A ModelAdmin whose list costs the same at any number of rows, with the views of it that its reader has saved.

    Columns, filters, panels and related records that other apps have registered come with its own.
    `search_text` is what a search looks through, an expression with an index (smartscheduler.core.db.text_search).
    """

    paginator: Any = KeysFirst
    list_per_page = 50
    list_disable_select_all = True
    show_full_result_count = False
    list_before_template = "admin/includes/list_head.html"
    search_text: ClassVar[Any] = None
    # What those may search who may not see everything, the permission that frees from it, and what they are told.
    public_search_text: ClassVar[Any] = None
    full_search_permission: ClassVar[Permission | None] = None
    open_search_help_text: ClassVar[LazyText] = ""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(require_POST(self.views_view))
        name = f"{self.opts.app_label}_{self.opts.model_name}_views"
        return [path("views/", view, name=name), *super().get_urls()]

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Any]:
        rows = super().get_queryset(request)
        for extended in extensions_of(self.model).querysets:
            rows = extended(rows)
        return rows if self.search_text is None else rows.alias(search_text=self.search_text)

    def get_list_display(self, request: HttpRequest) -> Sequence[Any]:
        return [*super().get_list_display(request), *extensions_of(self.model).columns]

    def get_list_filter(self, request: HttpRequest) -> Sequence[Any]:
        return extensions_of(self.model).filter_list(super().get_list_filter(request))

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return SearchedList

    def get_search_results(
        self, request: HttpRequest, queryset: models.QuerySet[Any], search_term: str
    ) -> tuple[models.QuerySet[Any], bool]:
        """For lists and for fields that complete what is typed; nothing is found by more than a search may ask."""
        try:
            search_terms(search_term, field=SEARCH_VAR, split=split_search)
        except InvalidInput:
            return queryset.none(), False
        return self.search(request, queryset, search_term)

    def search(
        self, request: HttpRequest, queryset: models.QuerySet[Any], search_term: str
    ) -> tuple[models.QuerySet[Any], bool]:
        """Nothing is found by words that the reader may not see: it would say whose they are."""
        search_term = normalize_search(search_term)
        found, twice = super().get_search_results(request, queryset, search_term)
        if self._is_limited(request):
            # Found by the index on all words first, then looked at more closely.
            for term in split_search(search_term):
                found = found.alias(public_search_text=self.public_search_text).filter(
                    public_search_text__icontains=term
                )
        return found, twice

    def listed(self, request: HttpRequest) -> models.QuerySet[Any]:
        """The rows of the list as its address filters it, for a file. Raises InvalidInput for a refused search."""
        search_terms(request.GET.get(SEARCH_VAR, ""), field=SEARCH_VAR, split=split_search)
        rows: models.QuerySet[Any] = self.get_changelist_instance(request).queryset
        return rows

    def back_to_list(self, request: HttpRequest, refusal: InvalidInput) -> HttpResponse:
        """The list without its search, below what was wrong with that."""
        messages.error(request, refusal.detail)
        others = request.GET.copy()
        others.pop(SEARCH_VAR, None)
        return redirect(f"{self._list_url()}?{others.urlencode()}")

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        found = super().get_changelist_instance(request)
        if self._is_limited(request):
            found.search_help_text = self.open_search_help_text
        return found

    def _is_limited(self, request: HttpRequest) -> bool:
        return self.full_search_permission is not None and not may(request, self.full_search_permission)

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
        panels = extensions_of(self.model).list_panels
        return super().changelist_view(request, {**(extra_context or {}), "saved": views, "list_panels": panels})

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


class ReadAdmin(ListAdmin):
    """A list of what nobody makes, changes or removes by a form; acts, where there are some, are services."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


def _change_views(act: str, owner: dict[str, Any], given: Any) -> tuple[str, SavedView]:
    """What was done, and the view that it was done to. Raises InvalidInput, DoesNotExist, ValueError."""
    name = given.get("name", "")
    if act == "rename":
        return "renamed", rename_view(**owner, view_id=UUID(given.get("view", "")), name=name)
    if act == "delete":
        return "deleted", delete_view(**owner, view_id=UUID(given.get("view", "")))
    return "saved", save_view(**owner, name=name, query=given.get("query", "")[:2000])
