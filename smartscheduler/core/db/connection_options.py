"""Time-outs and TCP keep-alives of the connections to PostgreSQL and Valkey.

They detect a peer that disappeared without closing the connection, such as after a pulled cable. With the defaults of
the system a process would wait 15 minutes for an answer and two hours on an idle connection, and PostgreSQL would
keep the locks of a dead client for as long. Unix sockets ignore these options.
"""

import re
import socket
from typing import Any

from redis.asyncio.retry import Retry as AsyncRetry
from redis.backoff import NoBackoff
from redis.retry import Retry

# Time to open a connection, and time until sent data must be acknowledged.
CONNECT_SECONDS, VALKEY_CONNECT_SECONDS = 5, 2
UNCONFIRMED_SECONDS = 10
# The first probe on an idle connection, the interval of probes, and their number: a dead peer is noticed after 10 s.
IDLE_SECONDS, BETWEEN_SECONDS, PROBES = 4, 2, 3


def postgres_client_options() -> dict[str, Any]:
    """The libpq options of a connection, which apply to the client's side."""
    return {
        "connect_timeout": CONNECT_SECONDS,
        "keepalives_idle": IDLE_SECONDS,
        "keepalives_interval": BETWEEN_SECONDS,
        "keepalives_count": PROBES,
        "tcp_user_timeout": UNCONFIRMED_SECONDS * 1_000,
    }


def postgres_session_options() -> dict[str, Any]:
    """The same as session parameters for the server's side, so that PostgreSQL releases the locks of dead clients."""
    return {
        "tcp_keepalives_idle": IDLE_SECONDS,
        "tcp_keepalives_interval": BETWEEN_SECONDS,
        "tcp_keepalives_count": PROBES,
        "tcp_user_timeout": UNCONFIRMED_SECONDS * 1_000,
    }


# For counters and caches: a request must not wait for them.
SHORT_TIMEOUT_SECONDS = 0.5


def redis_short_timeout() -> dict[str, Any]:
    """The redis-py options of a client that fails fast.

    The default of redis-py is ten attempts. One retry is enough for a pooled connection that a restart has broken.
    """
    brief = {"socket_timeout": SHORT_TIMEOUT_SECONDS, "socket_connect_timeout": SHORT_TIMEOUT_SECONDS}
    return brief | {"retry": Retry(NoBackoff(), 1)}


def channel_layer_options(url: str) -> dict[str, Any]:
    """The redis-py options of the channel layer. No retries: its receiver reconnects every second itself."""
    return redis_keepalive(url) | {"retry": AsyncRetry(NoBackoff(), 0)}


def redis_keepalive(url: str) -> dict[str, Any]:
    """The redis-py options of a long-lived connection; empty for a Unix socket, which rejects them."""
    if url.startswith("unix:"):
        return {}
    by_name = {
        # macOS calls TCP_KEEPIDLE TCP_KEEPALIVE and has no TCP_USER_TIMEOUT.
        "TCP_KEEPIDLE": IDLE_SECONDS,
        "TCP_KEEPALIVE": IDLE_SECONDS,
        "TCP_KEEPINTVL": BETWEEN_SECONDS,
        "TCP_KEEPCNT": PROBES,
        "TCP_USER_TIMEOUT": UNCONFIRMED_SECONDS * 1_000,
    }
    options = {getattr(socket, name): value for name, value in by_name.items() if hasattr(socket, name)}
    keepalive = {"socket_keepalive": True, "socket_keepalive_options": options}
    return {"socket_connect_timeout": VALKEY_CONNECT_SECONDS, **keepalive}


def broker_url(url: str) -> str:
    """A Redis URL as Celery expects it, with another scheme and parameter name for Unix sockets."""
    if not url.startswith("unix://"):
        return url
    return re.sub(r"(?<=[?&])db=", "virtual_host=", url.replace("unix://", "redis+socket://", 1))
