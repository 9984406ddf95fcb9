"""Admin lists that stay fast for any number of rows, with saved views."""

from typing import TYPE_CHECKING, Any, ClassVar

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
from smartscheduler.adminsite.saved_views import change_views, views_of
from smartscheduler.adminsite.visibility import VisibleFieldsAdmin
from smartscheduler.core.db.search_terms import LONGEST_SEARCH, TOO_LONG, search_terms
from smartscheduler.core.text import LazyText, normalize_search
from smartscheduler.errors import InvalidInput

if TYPE_CHECKING:
    RowPaginator = Paginator[Any]
else:
    RowPaginator = Paginator


class KeysFirst(RowPaginator):
    """Paginator that selects the keys of a page first, then its rows, so that joins run for one page only.

    Otherwise the last page of a long list would read and discard all preceding rows with their joins.
    """

    def page(self, number: Any) -> "Page[Any]":
        number = self.validate_number(number)
        first = (number - 1) * self.per_page
        rows: Any = self.object_list
        keys = rows.select_related(None).prefetch_related(None).values_list("pk", flat=True)
        page_keys = list(keys[first : first + self.per_page])
        return Page(rows.filter(pk__in=page_keys), number, self)


def split_search(text: str) -> list[str]:
    """Split a search into terms as Django's admin does: quoted text is one term."""
    words = smart_split(text)
    return [unescape_string_literal(word) if word[:1] in "\"'" and word[0] == word[-1] else word for word in words]


class SearchForm(ChangeListSearchForm):
    """Django's search box. A search that is too long is reported above the unfiltered list."""

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

    def get_ordering_field(self, field_name: Any) -> Any:
        """The field of a sortable column. Django offers no link for other columns, but would sort by them."""
        return super().get_ordering_field(field_name) if field_name in (self.sortable_by or ()) else None


class ListAdmin(VisibleFieldsAdmin):
    """ModelAdmin whose list has a constant cost for any number of rows, with the saved views of the user.

    Adds the columns, filters, panels and querysets that other apps have registered. `search_text` is the searched
    expression; it needs an index (smartscheduler.core.db.text_search).
    """

    paginator = KeysFirst
    list_per_page = 50
    list_disable_select_all = True
    show_full_result_count = False
    list_before_template = "admin/includes/list_head.html"
    search_text: ClassVar[Any] = None
    # Restricted search: users without `full_search_permission` search only `public_search_text`.
    public_search_text: ClassVar[Any] = None
    full_search_permission: ClassVar[Permission | None] = None
    open_search_help_text: ClassVar[LazyText] = ""
    # Of the list without any rows: what it will show and how, and the text and URL name of a page that leads there.
    empty_text: ClassVar[LazyText] = ""
    empty_link: ClassVar[tuple[LazyText, str] | None] = None

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(require_POST(self.views_view))
        name = f"{self.opts.app_label}_{self.opts.model_name}_views"
        return [path("views/", view, name=name), *super().get_urls()]

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Any]:
        rows = super().get_queryset(request)
        for extended in extensions_of(self.model).querysets:
            rows = extended(rows)
        return rows if self.search_text is None else rows.alias(search_text=self.search_text)

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        return [*super().get_list_display(request), *extensions_of(self.model).columns]

    def _get_base_actions(self) -> list[Any]:
        """The actions of the ModelAdmin, followed by the registered ones."""
        added = extensions_of(self.model).list_actions
        return [*super()._get_base_actions(), *(self.get_action(function) for function in added)]  # type: ignore[misc]

    def get_list_filter(self, request: HttpRequest) -> list[Any]:
        return extensions_of(self.model).filter_list(super().get_list_filter(request))

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return SearchedList

    def get_search_results(
        self, request: HttpRequest, queryset: models.QuerySet[Any], search_term: str
    ) -> tuple[models.QuerySet[Any], bool]:
        """Search of lists and of autocomplete fields. A search that is too long has no results."""
        try:
            search_terms(search_term, field=SEARCH_VAR, split=split_search)
        except InvalidInput:
            return queryset.none(), False
        return self.search(request, queryset, search_term)

    def search(
        self, request: HttpRequest, queryset: models.QuerySet[Any], search_term: str
    ) -> tuple[models.QuerySet[Any], bool]:
        """Search the visible text only: a match in a hidden field would reveal its value."""
        search_term = normalize_search(search_term)
        rows, may_have_duplicates = super().get_search_results(request, queryset, search_term)
        if self._is_limited(request):
            # The index on the full text narrows the rows; each term must then match the public text.
            for term in split_search(search_term):
                rows = rows.alias(public_search_text=self.public_search_text).filter(public_search_text__icontains=term)
        return rows, may_have_duplicates

    def listed(self, request: HttpRequest) -> models.QuerySet[Any]:
        """The rows of the list with the filters of its URL, for an export. Raises InvalidInput for a refused search."""
        search_terms(request.GET.get(SEARCH_VAR, ""), field=SEARCH_VAR, split=split_search)
        rows: models.QuerySet[Any] = self.get_changelist_instance(request).queryset
        return rows

    def back_to_list(self, request: HttpRequest, refusal: InvalidInput) -> HttpResponse:
        """Redirect to the list without its search, with an error message."""
        messages.error(request, refusal.detail)
        others = request.GET.copy()
        others.pop(SEARCH_VAR, None)
        return redirect(f"{self._list_url()}?{others.urlencode()}")

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        changelist = super().get_changelist_instance(request)
        if self._is_limited(request):
            changelist.search_help_text = self.open_search_help_text
        return changelist

    def _is_limited(self, request: HttpRequest) -> bool:
        return self.full_search_permission is not None and not may(request, self.full_search_permission)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        # PostgreSQL text cannot contain NUL. Django's filters would answer with a server error.
        if any("\x00" in value for values in request.GET.lists() for value in values[1]):
            return redirect(f"{request.path}?e=1")
        shown = views_of(person(request), self.opts.label_lower, request.GET.urlencode())
        views = {
            "views": shown,
            "current": next((entry["view"] for entry in shown if entry["current"]), None),
            "query": request.GET.urlencode(),
            "url": reverse(f"{self.admin_site.name}:{self.opts.app_label}_{self.opts.model_name}_views"),
        }
        panels = [
            panel
            for panel in extensions_of(self.model).list_panels
            if panel.permission is None or may(request, panel.permission)
        ]
        return super().changelist_view(request, {**(extra_context or {}), "saved": views, "list_panels": panels})

    def views_view(self, request: HttpRequest) -> HttpResponse:
        """POST: save the list of `query` as a view, or rename or delete a view. Then show the list."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        data = request.POST
        try:
            message, view = change_views(
                data.get("do", "save"), owner=person(request), page=self.opts.label_lower, data=data
            )
        except InvalidInput as refusal:
            messages.error(request, refusal.detail)
            return redirect(f"{self._list_url()}?{data.get('query', '')[:2000]}")
        except (SavedView.DoesNotExist, ValueError):
            raise Http404 from None
        messages.success(request, message.format(name=view.name))
        return redirect(f"{self._list_url()}?{view.query}")

    def _list_url(self) -> str:
        return reverse(f"{self.admin_site.name}:{self.opts.app_label}_{self.opts.model_name}_changelist")


class ReadAdmin(ListAdmin):
    """Read-only admin: no form creates, changes or deletes a record. Actions call services."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
