"""Single-use tickets for the WebSocket: browsers cannot send an Authorization header, and URLs end up in logs."""

import secrets
from uuid import UUID

import redis
from django.utils.translation import gettext

from smartscheduler.accounts.credentials import Credential
from smartscheduler.core.redis import valkey
from smartscheduler.errors import Busy

LIFETIME_SECONDS = 30
LONGEST_TICKET = 100


def issue_ticket(credential: Credential) -> tuple[str, int]:
    """Issue a ticket for `credential`. Returns the ticket and its lifetime in seconds. Raises Busy without Valkey."""
    ticket = secrets.token_urlsafe(32)
    kept = f"{credential.user_id} {credential.seal} {credential.sign_in_id or ''}"
    try:
        valkey().set(_key(ticket), kept, ex=LIFETIME_SECONDS)
    except redis.RedisError as error:
        raise Busy(gettext("Tickets cannot be issued right now. Try again in a moment.")) from error
    return ticket, LIFETIME_SECONDS


def spend_ticket(value: str) -> Credential | None:
    """The credential of a ticket, which is used up; None if it is unknown, expired or already used.

    GETDEL reads and deletes atomically, so that of concurrent attempts only one succeeds.
    """
    if not value or len(value) > LONGEST_TICKET:
        return None
    kept = valkey().getdel(_key(value))
    if not isinstance(kept, str) or kept.count(" ") != 2:
        return None
    user_id, seal, sign_in_id = kept.split(" ")
    return Credential(UUID(user_id), seal, UUID(sign_in_id) if sign_in_id else None)


def _key(ticket: str) -> str:
    return f"smartscheduler:ws-ticket:{ticket}"
