"""Recording of audit entries."""

from collections.abc import Mapping
from ipaddress import ip_address
from typing import Any

import structlog
from django.http import QueryDict

from smartscheduler.audit.models import Act, AuditEntry
from smartscheduler.core.actors import Actor, address, author, storable
from smartscheduler.core.observability.logging import impersonal

log = structlog.get_logger(__name__)

# Parameters for the position and order of a list, which do not select rows.
NO_FILTERS = {"p", "o", "e", "csv", "all"}
SEARCH = "q"
COMMAND = "command"
LONGEST_VALUE = 100


def record(
    act: Act, *, actor: Actor | None = None, about: Actor | None = None, reason: str = "", **details: Any
) -> AuditEntry:
    """Record `act` in the current transaction, so that the entry and the change are committed together.

    User, address, page and request come from the context of the call; `actor` overrides the user, for example during
    sign-in. `about`: the affected account. `details`: JSON with ids, counts and choices, never names, addresses or
    phone numbers of customers or contractors.
    """
    context = author()
    user_id, name = (str(actor.pk), str(actor)) if actor else (context.get("user"), context.get("name", ""))
    entry = AuditEntry.objects.create(
        act=act,
        reason=reason,
        user_id=user_id,
        name=storable(name)[:254],
        about_id=about.pk if about else None,
        about_name=storable(str(about))[:254] if about else "",
        address=_known(address()),
        door=context["door"],
        place=context["at"],
        request_id=context.get("request", ""),
        details=details,
    )
    with_reason = {"reason": reason} if reason else {}
    # Log entries would clutter the terminal of a command. The audit entry exists in any case.
    write_log = log.debug if entry.door == COMMAND else log.info
    write_log("audit", act=str(act), by=user_id, about=str(about.pk) if about else None, door=entry.door, **with_reason)
    return entry


def filters_of(query: QueryDict | Mapping[str, str]) -> dict[str, str]:
    """The filters of the URL of a list, as details of an entry.

    A search term can be a name or phone number, so only the fact of a search is recorded.
    """
    parameters = {name: str(query[name]) for name in query if name not in NO_FILTERS}
    filters = {name: "(a search)" if name == SEARCH and value else _plain(value) for name, value in parameters.items()}
    return {_plain(name): value for name, value in filters.items() if value}


def _plain(text: str) -> str:
    return str(impersonal(storable(text)))[:LONGEST_VALUE]


def _known(text: str) -> str | None:
    """The address if it is valid, else None. A server behind a Unix socket has no client address."""
    try:
        return str(ip_address(text))
    except ValueError:
        return None
