"""One-time tickets for the WebSocket: a browser cannot send a header with it, and a URL ends up in logs."""

import secrets
from uuid import UUID

import redis

from smartscheduler.accounts.credentials import Credential
from smartscheduler.core.redis import valkey
from smartscheduler.errors import Busy

LIFETIME_SECONDS = 30
LONGEST_TICKET = 100


def issue_ticket(credential: Credential) -> tuple[str, int]:
    """A new ticket for whoever has `credential`, and the seconds it is good for. Raises Busy when Valkey is away."""
    ticket = secrets.token_urlsafe(32)
    kept = f"{credential.user_id} {credential.seal} {credential.sign_in_id or ''}"
    try:
        valkey().set(_key(ticket), kept, ex=LIFETIME_SECONDS)
    except redis.RedisError as error:
        raise Busy("Tickets cannot be issued right now; try again in a moment.") from error
    return ticket, LIFETIME_SECONDS


def spend_ticket(value: str) -> Credential | None:
    """The credential that the ticket was issued for; None when it is unknown, expired or spent.

    GETDEL reads and deletes in one step: of any number of attempts at once, one succeeds.
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
