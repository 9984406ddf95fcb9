"""One-time tickets for the WebSocket: a browser cannot send a header with it, and a URL ends up in logs."""

import secrets
from typing import NamedTuple
from uuid import UUID

import redis

from smartscheduler.accounts.models import User
from smartscheduler.errors import Busy
from smartscheduler.valkey import valkey

LIFETIME_SECONDS = 30
LONGEST_TICKET = 100


class Spent(NamedTuple):
    """Whose ticket it was, and by which signing-in, where one is known (smartscheduler.accounts.signings)."""

    user_id: str
    signing: str


def issue_ticket(user: User, signing: UUID | str | None = None) -> tuple[str, int]:
    """A new ticket for `user` and the seconds it is good for. Raises Busy when Valkey is away."""
    ticket = secrets.token_urlsafe(32)
    try:
        valkey().set(_key(ticket), f"{user.pk} {signing or ''}", ex=LIFETIME_SECONDS)
    except redis.RedisError as error:
        raise Busy("Tickets cannot be issued right now; try again in a moment.") from error
    return ticket, LIFETIME_SECONDS


def spend_ticket(value: str) -> Spent | None:
    """Whom the ticket was issued to; None when it is unknown, expired or spent.

    GETDEL reads and deletes in one step: of any number of attempts at once, one succeeds.
    """
    if not value or len(value) > LONGEST_TICKET:
        return None
    kept = valkey().getdel(_key(value))
    if not isinstance(kept, str):
        return None
    user_id, _, signing = kept.partition(" ")
    return Spent(user_id, signing)


def _key(ticket: str) -> str:
    return f"smartscheduler:ws-ticket:{ticket}"
