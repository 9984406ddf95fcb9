"""Registry of admin extensions: apps add parts to the admin of a model without changing its ModelAdmin.

Each model is registered with the admin site once, by its own app. Other apps add to it in their `admin` modules:

    @registry.record_view(Contractor, "week", permission=Permission.VIEW_CONTRACTORS)
    def week(request: HttpRequest, contractor: Contractor, admin: RecordAdmin) -> HttpResponse:
        ...

`RecordAdmin`, `ListAdmin` and `TabbedAdmin` read the registry when they build URLs, lists and pages. Django imports
all `admin` modules before it resolves the first URL, so the order of the apps does not matter.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse

from smartscheduler.accounts.permissions import Permission
from smartscheduler.core.text import LazyText

if TYPE_CHECKING:
    from smartscheduler.accounts.models import User
    from smartscheduler.adminsite.buttons import Button
    from smartscheduler.adminsite.record_actions import RecordAction, RecordAdmin
    from smartscheduler.adminsite.tabs import Tab

M = TypeVar("M", bound=Model)
F = TypeVar("F", bound=Callable[..., Any])
ListAction = Callable[[Any, HttpRequest, "QuerySet[Any]"], HttpResponseBase | None]


@dataclass(frozen=True, kw_only=True)
class ViewButton:
    """Button that leads to a record page, shown while `possible` is true for the record."""

    label: LazyText
    icon: str
    possible: Callable[[Any], bool] = lambda record: True
    main: bool = False
    weight: int


@dataclass(frozen=True, kw_only=True)
class RecordView:
    """Page of one record at `<id>/<name>/`, for users with `permission`."""

    name: str
    view: Callable[[HttpRequest, Any, RecordAdmin], HttpResponse]
    permission: Permission
    button: ViewButton | None = None

    def is_offered(self, user: User, record: Model) -> bool:
        """Whether the page has a button and `user` may use it in the current state of the record."""
        return self.button is not None and self.button.possible(record) and user.allows(self.permission)


@dataclass(frozen=True, kw_only=True)
class ListView:
    """Page about several records at `<name>/` below the list, for users with `permission`."""

    name: str
    view: Callable[[HttpRequest, RecordAdmin], HttpResponse]
    permission: Permission


@dataclass(frozen=True)
class Panel:
    """A template with its context, for readers with the permission.

    On the page of an action, a panel with `blocks` replaces the form.
    """

    template: str
    context: dict[str, Any] = field(default_factory=dict)
    blocks: bool = False
    permission: Permission | None = None


@dataclass(frozen=True)
class ListFilter:
    """An entry of `list_filter`, inserted before the entry `before` of the ModelAdmin, or at the end."""

    entry: Any
    before: Any = None


@dataclass
class Extensions:
    """Extensions of the admin of one model, in the order of registration."""

    views: list[RecordView] = field(default_factory=list)
    list_views: list[ListView] = field(default_factory=list)
    actions: list[RecordAction] = field(default_factory=list)
    buttons: list[Callable[[HttpRequest, Any], Iterable[Button]]] = field(default_factory=list)
    columns: list[Callable[[Any], Any]] = field(default_factory=list)
    filters: list[ListFilter] = field(default_factory=list)
    list_panels: list[Panel] = field(default_factory=list)
    list_actions: list[Callable[[Any, HttpRequest, QuerySet[Any]], HttpResponseBase | None]] = field(
        default_factory=list
    )
    querysets: list[Callable[[QuerySet[Any]], QuerySet[Any]]] = field(default_factory=list)
    sections: list[tuple[LazyText, Callable[[Any], Any]]] = field(default_factory=list)
    tabs: list[Callable[[HttpRequest, Any], Tab]] = field(default_factory=list)
    notices: list[Callable[[HttpRequest, Any], Panel | None]] = field(default_factory=list)
    action_panels: dict[str, Callable[[HttpRequest, Any], Panel]] = field(default_factory=dict)
    next_pages: dict[str, Callable[[Any, str], str]] = field(default_factory=dict)
    after_change: list[Callable[[HttpRequest, Any], None]] = field(default_factory=list)
    page_after_adding: Callable[[HttpRequest, Any], str] | None = None

    def view_named(self, name: str) -> RecordView | None:
        return next((view for view in self.views if view.name == name), None)

    def filter_list(self, own: Sequence[Any]) -> list[Any]:
        """The filters `own` of the ModelAdmin with the registered filters inserted."""
        entries = list(own)
        for added in self.filters:
            place = entries.index(added.before) if added.before in entries else len(entries)
            entries.insert(place, added.entry)
        return entries


_extensions: dict[type[Model], Extensions] = {}


def extensions_of(model: type[Model]) -> Extensions:
    return _extensions.setdefault(model, Extensions())


def record_view(
    model: type[M], name: str, *, permission: Permission, button: ViewButton | None = None
) -> Callable[[Callable[[HttpRequest, M, RecordAdmin], HttpResponse]], Callable[..., HttpResponse]]:
    """Register a page of one record at `<id>/<name>/`, with the URL name `<app>_<model>_<name>`.

    The view receives the request, the record and the ModelAdmin. The response is 404 for an unknown id and 403 for a
    user without `permission`. `button` is shown on the page of the record.
    """

    def register(view: Callable[[HttpRequest, M, RecordAdmin], HttpResponse]) -> Callable[..., HttpResponse]:
        _refuse_taken_name(model, name)
        extensions_of(model).views.append(RecordView(name=name, view=view, permission=permission, button=button))
        return view

    return register


def list_view(
    model: type[Model], name: str, *, permission: Permission
) -> Callable[[Callable[[HttpRequest, RecordAdmin], HttpResponse]], Callable[..., HttpResponse]]:
    """Register a page about several records at `<name>/`, with the URL name `<app>_<model>_<name>`.

    The view receives the request and the ModelAdmin. The response is 403 for a user without `permission`.
    """

    def register(view: Callable[[HttpRequest, RecordAdmin], HttpResponse]) -> Callable[..., HttpResponse]:
        _refuse_taken_name(model, name)
        extensions_of(model).list_views.append(ListView(name=name, view=view, permission=permission))
        return view

    return register


def record_action(model: type[Model], action: RecordAction) -> None:
    """Register an action on one record, with a button and a page at `<id>/<name>/`."""
    _refuse_taken_name(model, action.name)
    extensions_of(model).actions.append(action)


def buttons(model: type[M]) -> Callable[[F], F]:
    """Register `function(request, record)`, which returns buttons. Weights determine their order."""
    return _adds_to(extensions_of(model).buttons)


def list_column(model: type[M]) -> Callable[[F], F]:
    """Register a column of the list: `function(record)` with `@display`."""
    return _adds_to(extensions_of(model).columns)


def list_filter(model: type[Model], entry: Any, *, before: Any = None) -> None:
    """Register a filter of the list, at the end or before an entry of the ModelAdmin's own `list_filter`."""
    extensions_of(model).filters.append(ListFilter(entry, before))


def list_panel(model: type[Model], panel: Panel) -> None:
    """Register a panel above the list. Its template also has the context of the list."""
    extensions_of(model).list_panels.append(panel)


def list_action(model: type[Model]) -> Callable[[F], F]:
    """Register an action on selected rows of the list: `function(admin, request, rows)` with `@action`."""
    return _adds_to(extensions_of(model).list_actions)


def queryset(model: type[M]) -> Callable[[F], F]:
    """Register `function(rows)`, which extends the queryset of lists and pages, for example with a prefetch."""
    return _adds_to(extensions_of(model).querysets)


def section(model: type[M], title: LazyText) -> Callable[[F], F]:
    """Register a read-only section below the form of an existing record: `function(record)` with `@display`."""

    def register(function: F) -> F:
        extensions_of(model).sections.append((title, function))
        return function

    return register


def tab(model: type[M]) -> Callable[[F], F]:
    """Register a tab of the page of a record: `function(request, record)` returns a Tab."""
    return _adds_to(extensions_of(model).tabs)


def notice(model: type[M]) -> Callable[[F], F]:
    """Register a notice below the buttons of a record: `function(request, record)` returns a Panel or None."""
    return _adds_to(extensions_of(model).notices)


def action_panel(model: type[M], action: str) -> Callable[[F], F]:
    """Register a panel on the page of an action: `function(request, record)` returns a Panel."""
    return _keyed_in(extensions_of(model).action_panels, action)


def next_page(model: type[M], *actions: str) -> Callable[[F], F]:
    """Register the page after an action: `function(record, usual)` returns a URL; `usual` is the default."""
    return _keyed_in(extensions_of(model).next_pages, *actions)


def after_change(model: type[M]) -> Callable[[F], F]:
    """Call `function(request, record)` after the form of an existing record is saved."""
    return _adds_to(extensions_of(model).after_change)


def page_after_adding(model: type[M]) -> Callable[[F], F]:
    """Register the page after a new record is saved: `function(request, record)` returns a URL, or an empty string."""

    def register(function: F) -> F:
        extensions_of(model).page_after_adding = function
        return function

    return register


def record_url(record: Model, name: str) -> str:
    """URL of an admin page of a record: `change`, `history`, or the name of a record page or action."""
    return reverse(f"admin:{route_name(type(record), name)}", args=[record.pk])


def list_url(model: type[Model], name: str) -> str:
    """URL of an admin page about several records: `changelist`, or the name of a registered page."""
    return reverse(f"admin:{route_name(model, name)}")


def route_name(model: type[Model], name: str) -> str:
    """URL name of a record page, without the namespace of the admin site."""
    return f"{model._meta.app_label}_{model._meta.model_name}_{name}"


def _refuse_taken_name(model: type[Model], name: str) -> None:
    extensions = extensions_of(model)
    pages: list[RecordView | ListView | RecordAction] = [
        *extensions.views,
        *extensions.list_views,
        *extensions.actions,
    ]
    if name in {page.name for page in pages}:
        raise ValueError(f"{model._meta.label} already has a page “{name}”.")


def _adds_to(functions: list[Any]) -> Callable[[F], F]:
    def register(function: F) -> F:
        functions.append(function)
        return function

    return register


def _keyed_in(functions: dict[str, Any], *names: str) -> Callable[[F], F]:
    def register(function: F) -> F:
        functions.update(dict.fromkeys(names, function))
        return function

    return register
