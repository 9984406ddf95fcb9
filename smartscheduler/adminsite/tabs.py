"""Additional tabs of a record's page: read-only panels, and links to other pages."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from unfold.admin import ModelAdmin

from smartscheduler.adminsite.registry import extensions_of
from smartscheduler.core.text import LazyText


@dataclass(frozen=True, kw_only=True)
class Tab:
    """A tab; `name` is its URL fragment. With a `template` it is a panel below the form, with a `url` a link."""

    name: str
    title: LazyText
    template: str = ""
    context: dict[str, Any] = field(default_factory=dict)
    url: str = ""
    count: int | None = None


class TabbedAdmin(ModelAdmin):
    """ModelAdmin with additional tabs on the page of a record, after the inlines with `tab`."""

    change_form_outer_after_template = "admin/includes/panels.html"

    def further_tabs(self, request: HttpRequest, record: Any) -> Iterable[Tab]:
        """The registered tabs, in the order of registration. They follow the tabs of the form."""
        return [tab(request, record) for tab in extensions_of(self.model).tabs]

    def render_change_form(
        self,
        request: HttpRequest,
        context: dict[str, Any],
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Any = None,
    ) -> HttpResponse:
        # Unfold renders its tab bar with a separate context that only has the request.
        request.further_tabs = list(self.further_tabs(request, obj)) if obj else []  # type: ignore[attr-defined]
        return super().render_change_form(request, context, add, change, form_url, obj)


def page_of(request: HttpRequest, name: str, records: QuerySet[Any], *, size: int = 20) -> "Page[Any]":
    """The page of `records` with the number in `?<name>=`, or the nearest existing page."""
    return Paginator(records, size).get_page(request.GET.get(name))
