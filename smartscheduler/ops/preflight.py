"""Whether what we need is there: a free port, a PostgreSQL and a Redis that answer, a web that serves."""

import http.client
import socket
from urllib.parse import urlsplit

from django.conf import settings
from django.db import connection
from django.db.utils import OperationalError
from redis import Redis, RedisError

OLDEST_POSTGRESQL = 15


class NotReady(Exception):
    """Something that we need is missing; the message is one sentence that says what to do."""


def require_free_port(host: str, port: int) -> None:
    with socket.socket() as probe:
        # As the web server will do: an address whose last connections are still closing is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except PermissionError as error:
            raise NotReady(f"This user may not open port {port}: choose another, for example PORT=8000.") from error
        except OSError as error:
            raise NotReady(
                f"Port {port} is taken by another program: stop that, or choose another, for example PORT={port + 1}."
            ) from error


def require_database() -> None:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_setting('server_version_num')::int / 10000")
            version = cursor.fetchone()[0]
    except OperationalError as error:
        reason = str(error).strip().split("\n")[0]
        raise NotReady(f"The PostgreSQL of DATABASE_URL does not answer ({reason}): start it, or unset it.") from error
    if version < OLDEST_POSTGRESQL:
        raise NotReady(f"The PostgreSQL of DATABASE_URL is {version}; it must be {OLDEST_POSTGRESQL} or newer.")


def require_redis() -> None:
    try:
        with Redis.from_url(settings.REDIS_URL, socket_timeout=5, socket_connect_timeout=5) as redis:
            redis.ping()
    except RedisError as error:
        raise NotReady(f"The Redis of REDIS_URL does not answer ({error}): start it, or unset it.") from error


def answers(address: str) -> bool:
    """Whether a web server says anything but "server error" at `address`."""
    url = urlsplit(address)
    web = http.client.HTTPConnection(url.hostname or "", url.port, timeout=5)
    try:
        web.request("GET", url.path)
        return web.getresponse().status < http.HTTPStatus.INTERNAL_SERVER_ERROR
    except (OSError, http.client.HTTPException):
        return False
    finally:
        web.close()
