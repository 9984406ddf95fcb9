"""Writing down what people do with accounts and data."""

from collections.abc import Mapping
from ipaddress import ip_address
from typing import Any

import structlog
from django.http import QueryDict

from smartscheduler.audit.models import Act, AuditEntry
from smartscheduler.core.actors import Actor, address, author, storable
from smartscheduler.core.observability.logging import impersonal

log = structlog.get_logger(__name__)

# Where a list is looked at, not which rows it has.
NO_FILTERS = {"p", "o", "e", "csv", "all"}
SEARCH = "q"
COMMAND = "command"
LONGEST_VALUE = 100


def record(
    act: Act, *, actor: Actor | None = None, about: Actor | None = None, reason: str = "", **details: Any
) -> AuditEntry:
    """Write down that `act` has happened, in the transaction that is open, so that it stands or falls with it.

    Who did it, from which address, at which page and in which request is known from where it is called; `actor` says
    who where that is not yet known. `about` is the account it was done to. `details` are written as JSON: ids, counts,
    choices, and never the name, address or number of a customer or contractor.
    """
    found = author()
    user_id, name = (str(actor.pk), str(actor)) if actor else (found.get("user"), found.get("name", ""))
    entry = AuditEntry.objects.create(
        act=act,
        reason=reason,
        user_id=user_id,
        name=storable(name)[:254],
        about_id=about.pk if about else None,
        about_name=storable(str(about))[:254] if about else "",
        address=_known(address()),
        door=found["door"],
        place=found["at"],
        request_id=found.get("request", ""),
        details=details,
    )
    told = {"reason": reason} if reason else {}
    # A command's terminal is read by whoever has just typed it; the entry is there all the same.
    tell = log.debug if entry.door == COMMAND else log.info
    tell("audit", act=str(act), by=user_id, about=str(about.pk) if about else None, door=entry.door, **told)
    return entry


def filters_of(query: QueryDict | Mapping[str, str]) -> dict[str, str]:
    """The filters of a list's address as details of an entry.

    What was searched for may be somebody's name or number: that there was a search is kept, and not for what.
    """
    given = {name: str(query[name]) for name in query if name not in NO_FILTERS}
    found = {name: "(a search)" if name == SEARCH and value else _plain(value) for name, value in given.items()}
    return {_plain(name): value for name, value in found.items() if value}


def _plain(text: str) -> str:
    return str(impersonal(storable(text)))[:LONGEST_VALUE]


def _known(text: str) -> str | None:
    """The address where it is one; a server behind a Unix socket names none."""
    try:
        return str(ip_address(text))
    except ValueError:
        return None
