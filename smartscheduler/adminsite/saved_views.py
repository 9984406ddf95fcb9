"""Saved views of lists: made, renamed and removed by their owner, shown above the list."""

from typing import Any
from urllib.parse import parse_qsl, urlencode
from uuid import UUID

from django.db import IntegrityError

from smartscheduler.accounts.models import User
from smartscheduler.adminsite.models import SavedView
from smartscheduler.core.db.transactions import domain_transaction
from smartscheduler.core.text import fold
from smartscheduler.errors import InvalidInput

MOST_VIEWS = 30
# What says where one is in a list, not which list it is.
PASSING = {"p", "e", "all", "_popup", "_to_field", "next"}


def normal(query: str) -> str:
    """The filters, search and order of a list's address, sorted, so that two addresses of one list are equal."""
    pairs = [(name, value) for name, value in parse_qsl(query) if name not in PASSING]
    return urlencode(sorted(pairs))


def save_view(*, owner: User, page: str, name: str, query: str) -> SavedView:
    """Keep a list under a name. Raises InvalidInput: no name, a name that is taken, nothing to keep, or too many."""
    if not normal(query):
        raise InvalidInput.of("name", "Filter, search or sort the list first; then there is something to keep.")
    if SavedView.objects.filter(owner=owner, page=page).count() >= MOST_VIEWS:
        raise InvalidInput.of("name", f"At most {MOST_VIEWS} views of one list: delete one first.")
    return _write(SavedView(owner=owner, page=page, name=name, query=normal(query)))


def rename_view(*, owner: User, page: str, view_id: UUID, name: str) -> SavedView:
    """Another name. Raises SavedView.DoesNotExist for somebody else's, InvalidInput as `save_view` does."""
    view = SavedView.objects.get(pk=view_id, owner=owner, page=page)
    view.name = name
    return _write(view)


def delete_view(*, owner: User, page: str, view_id: UUID) -> SavedView:
    """Remove it. Raises SavedView.DoesNotExist for somebody else's."""
    view = SavedView.objects.get(pk=view_id, owner=owner, page=page)
    view.delete()
    return view


def views_of(owner: User, page: str, query: str) -> list[dict[str, Any]]:
    """The person's views of a list, each with its address and whether `query` is that one. One query."""
    present = normal(query)
    return [
        {"view": view, "url": f"?{view.query}", "current": view.query == present}
        for view in SavedView.objects.filter(owner=owner, page=page)
    ]


def _write(view: SavedView) -> SavedView:
    try:
        return _stored(view)
    except IntegrityError:
        raise InvalidInput.of("name", f"There is a view called “{view.name}” already.") from None


@domain_transaction
def _stored(view: SavedView) -> SavedView:
    view.clean_fields()
    others = SavedView.objects.filter(owner=view.owner, page=view.page).exclude(pk=view.pk)
    if fold(view.name) in map(fold, others.values_list("name", flat=True)):
        raise InvalidInput.of("name", f"There is a view called “{view.name}” already.")
    view.save()
    return view
