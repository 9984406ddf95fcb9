"""One-time tickets for the WebSocket: a browser cannot send a header with it, and a URL ends up in logs."""

import secrets
from functools import lru_cache

import redis
from django.conf import settings

from smartscheduler.accounts.models import User
from smartscheduler.errors import Busy

LIFETIME_SECONDS = 30
LONGEST_TICKET = 100


def issue_ticket(user: User) -> tuple[str, int]:
    """A new ticket for `user` and the seconds it is good for. Raises Busy when Valkey is away."""
    ticket = secrets.token_urlsafe(32)
    try:
        _valkey().set(_key(ticket), str(user.pk), ex=LIFETIME_SECONDS)
    except redis.RedisError as error:
        raise Busy("Tickets cannot be issued right now; try again in a moment.") from error
    return ticket, LIFETIME_SECONDS


def spend_ticket(value: str) -> str | None:
    """The user id the ticket was issued to; None when it is unknown, expired or spent.

    GETDEL reads and deletes in one step: of any number of attempts at once, one succeeds.
    """
    if not value or len(value) > LONGEST_TICKET:
        return None
    user_id = _valkey().getdel(_key(value))
    return user_id if isinstance(user_id, str) else None


@lru_cache(maxsize=1)
def _valkey() -> redis.Redis:
    return redis.Redis.from_url(settings.REDIS_URL, decode_responses=True)


def _key(ticket: str) -> str:
    return f"smartscheduler:ws-ticket:{ticket}"
