"""One-time tickets for the WebSocket: a browser cannot send a header with it, and a URL ends up in logs."""

import secrets

import redis

from smartscheduler.accounts.models import User
from smartscheduler.errors import Busy
from smartscheduler.valkey import valkey

LIFETIME_SECONDS = 30
LONGEST_TICKET = 100


def issue_ticket(user: User) -> tuple[str, int]:
    """A new ticket for `user` and the seconds it is good for. Raises Busy when Valkey is away."""
    ticket = secrets.token_urlsafe(32)
    try:
        valkey().set(_key(ticket), str(user.pk), ex=LIFETIME_SECONDS)
    except redis.RedisError as error:
        raise Busy("Tickets cannot be issued right now; try again in a moment.") from error
    return ticket, LIFETIME_SECONDS


def spend_ticket(value: str) -> str | None:
    """The user id the ticket was issued to; None when it is unknown, expired or spent.

    GETDEL reads and deletes in one step: of any number of attempts at once, one succeeds.
    """
    if not value or len(value) > LONGEST_TICKET:
        return None
    user_id = valkey().getdel(_key(value))
    return user_id if isinstance(user_id, str) else None


def _key(ticket: str) -> str:
    return f"smartscheduler:ws-ticket:{ticket}"
