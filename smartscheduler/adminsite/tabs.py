"""Tabs of a record's page besides its form and its inlines: panels to read, and links to pages of their own."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from unfold.admin import ModelAdmin

from smartscheduler.adminsite.registry import extensions_of
from smartscheduler.core.text import LazyText


@dataclass(frozen=True, kw_only=True)
class Tab:
    """One tab; `name` is its #hash. With a `template` it is a panel below the form, with a `url` a link."""

    name: str
    title: LazyText
    template: str = ""
    context: dict[str, Any] = field(default_factory=dict)
    url: str = ""
    count: int | None = None


class TabbedAdmin(ModelAdmin):
    """A ModelAdmin whose page of a record has further tabs; inlines with `tab` come before them."""

    change_form_outer_after_template = "admin/includes/panels.html"

    def further_tabs(self, request: HttpRequest, record: Any) -> Iterable[Tab]:
        """What follows the tabs of the form, in order: the registered tabs."""
        return [tab(request, record) for tab in extensions_of(self.model).tabs]

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, obj: Model | None = None, **kwargs: Any
    ) -> HttpResponse:
        # Unfold draws its tab bar from a context of its own, which the request alone reaches.
        request.further_tabs = list(self.further_tabs(request, obj)) if obj else []  # type: ignore[attr-defined]
        return super().render_change_form(request, context, *args, obj=obj, **kwargs)


def page_of(request: HttpRequest, name: str, records: QuerySet[Any], *, size: int = 20) -> Page:
    """The page of `records` that `?<name>=` asks for; the nearest that there is."""
    return Paginator(records, size).get_page(request.GET.get(name))
