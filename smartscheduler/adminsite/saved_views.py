"""Saved views of lists: save, rename, delete and list the views of a user."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode
from uuid import UUID

from django.db import IntegrityError
from django.utils.translation import gettext

from smartscheduler.accounts.models import User
from smartscheduler.adminsite.models import SavedView
from smartscheduler.core.db.transactions import domain_transaction
from smartscheduler.core.text import fold
from smartscheduler.errors import InvalidInput

MOST_VIEWS = 30
# Parameters for the position in a list, which do not belong to a view.
PASSING = {"p", "e", "all", "_popup", "_to_field", "next"}


def normal(query: str) -> str:
    """Normalized query string: filters, search and order, sorted, so that equal lists have equal strings."""
    pairs = [(name, value) for name, value in parse_qsl(query) if name not in PASSING]
    return urlencode(sorted(pairs))


def save_view(*, owner: User, page: str, name: str, query: str) -> SavedView:
    """Save a view. Raises InvalidInput for a missing or duplicate name, an unfiltered list, or too many views."""
    if not normal(query):
        raise InvalidInput.of("name", gettext("Filter, search or sort the list before you save a view."))
    if SavedView.objects.filter(owner=owner, page=page).count() >= MOST_VIEWS:
        text = gettext("A list can have at most {most} saved views. Delete one first.")
        raise InvalidInput.of("name", text.format(most=MOST_VIEWS))
    return _write(SavedView(owner=owner, page=page, name=name, query=normal(query)))


def rename_view(*, owner: User, page: str, view_id: UUID, name: str) -> SavedView:
    """Rename a view. Raises SavedView.DoesNotExist for another user's view, InvalidInput as `save_view` does."""
    view = SavedView.objects.get(pk=view_id, owner=owner, page=page)
    view.name = name
    return _write(view)


def delete_view(*, owner: User, page: str, view_id: UUID) -> SavedView:
    """Delete a view. Raises SavedView.DoesNotExist for another user's view."""
    view = SavedView.objects.get(pk=view_id, owner=owner, page=page)
    view.delete()
    return view


def change_views(act: str, *, owner: User, page: str, data: Mapping[str, str]) -> tuple[str, SavedView]:
    """Save, rename or delete a view as a form asks. Returns the message and the view.

    `act` is `rename`, `delete`, or anything else to save; `data` has name, query and the id of the view. Raises
    InvalidInput, SavedView.DoesNotExist, and ValueError for an invalid id.
    """
    name = data.get("name", "")
    if act == "rename":
        view = rename_view(owner=owner, page=page, view_id=UUID(data.get("view", "")), name=name)
        return gettext("The view was renamed to “{name}”."), view
    if act == "delete":
        view = delete_view(owner=owner, page=page, view_id=UUID(data.get("view", "")))
        return gettext("The view “{name}” was deleted."), view
    view = save_view(owner=owner, page=page, name=name, query=data.get("query", "")[:2000])
    return gettext("The view “{name}” was saved."), view


def views_of(owner: User, page: str, query: str) -> list[dict[str, Any]]:
    """The user's views of a list, each with its URL and whether it matches `query`. Runs one query."""
    present = normal(query)
    return [
        {"view": view, "url": f"?{view.query}", "current": view.query == present}
        for view in SavedView.objects.filter(owner=owner, page=page)
    ]


def _write(view: SavedView) -> SavedView:
    try:
        return _stored(view)
    except IntegrityError:
        raise _name_taken(view) from None


def _name_taken(view: SavedView) -> InvalidInput:
    return InvalidInput.of("name", gettext("You already have a view named “{name}”.").format(name=view.name))


@domain_transaction
def _stored(view: SavedView) -> SavedView:
    view.clean_fields()
    others = SavedView.objects.filter(owner=view.owner, page=view.page).exclude(pk=view.pk)
    if fold(view.name) in map(fold, others.values_list("name", flat=True)):
        raise _name_taken(view)
    view.save()
    return view
