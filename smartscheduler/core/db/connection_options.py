"""How soon a server that is gone without a word is noticed: a pulled cable sends no farewell.

Without these a process would wait for a quarter of an hour for an answer, and two hours on an idle connection, and
PostgreSQL would keep the locks of a machine that is no more for as long. They say nothing over Unix sockets.
"""

import re
import socket
from typing import Any

from redis.asyncio.retry import Retry as AsyncRetry
from redis.backoff import NoBackoff
from redis.retry import Retry

# A new connection, and data that nobody confirms.
CONNECT_SECONDS, VALKEY_CONNECT_SECONDS = 5, 2
UNCONFIRMED_SECONDS = 10
# An idle connection is probed from then on, so often, and given up after so many probes: ten seconds as well.
IDLE_SECONDS, BETWEEN_SECONDS, PROBES = 4, 2, 3


def postgres_client_options() -> dict[str, Any]:
    """libpq's options of a connection, for our end of it."""
    return {
        "connect_timeout": CONNECT_SECONDS,
        "keepalives_idle": IDLE_SECONDS,
        "keepalives_interval": BETWEEN_SECONDS,
        "keepalives_count": PROBES,
        "tcp_user_timeout": UNCONFIRMED_SECONDS * 1_000,
    }


def postgres_session_options() -> dict[str, Any]:
    """The same as parameters of the session, for PostgreSQL's end: it frees the locks of whoever is gone."""
    return {
        "tcp_keepalives_idle": IDLE_SECONDS,
        "tcp_keepalives_interval": BETWEEN_SECONDS,
        "tcp_keepalives_count": PROBES,
        "tcp_user_timeout": UNCONFIRMED_SECONDS * 1_000,
    }


# What is counted or looked up in passing must hold up nobody.
SHORT_TIMEOUT_SECONDS = 0.5


def redis_short_timeout() -> dict[str, Any]:
    """redis-py's options of a client that soon gives up.

    Of itself it would try ten times to connect. Once more is for a connection that has not noticed a restart.
    """
    brief = {"socket_timeout": SHORT_TIMEOUT_SECONDS, "socket_connect_timeout": SHORT_TIMEOUT_SECONDS}
    return brief | {"retry": Retry(NoBackoff(), 1)}


def channel_layer_options(url: str) -> dict[str, Any]:
    """The same for the channel layer, whose receiver tries again every second by itself."""
    return redis_keepalive(url) | {"retry": AsyncRetry(NoBackoff(), 0)}


def redis_keepalive(url: str) -> dict[str, Any]:
    """redis-py's options of a connection that stays; none for a Unix socket, which does not take them."""
    if url.startswith("unix:"):
        return {}
    wanted = {
        # macOS has another name for the first, and not the last.
        "TCP_KEEPIDLE": IDLE_SECONDS,
        "TCP_KEEPALIVE": IDLE_SECONDS,
        "TCP_KEEPINTVL": BETWEEN_SECONDS,
        "TCP_KEEPCNT": PROBES,
        "TCP_USER_TIMEOUT": UNCONFIRMED_SECONDS * 1_000,
    }
    options = {getattr(socket, name): value for name, value in wanted.items() if hasattr(socket, name)}
    keepalive = {"socket_keepalive": True, "socket_keepalive_options": options}
    return {"socket_connect_timeout": VALKEY_CONNECT_SECONDS, **keepalive}


def broker_url(url: str) -> str:
    """Celery's form of a Redis URL: for a Unix socket it names the scheme and the database differently."""
    if not url.startswith("unix://"):
        return url
    return re.sub(r"(?<=[?&])db=", "virtual_host=", url.replace("unix://", "redis+socket://", 1))
