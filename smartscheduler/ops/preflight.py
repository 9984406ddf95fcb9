"""Checks before and after the start: a free port, PostgreSQL and Redis, and a web server that answers."""

import http.client
import socket
from urllib.parse import urlsplit

from django.conf import settings
from django.db import connection
from django.db.utils import OperationalError
from redis import Redis, RedisError

OLDEST_POSTGRESQL = 15


class NotReady(Exception):
    """A requirement is not met. The message says what to do."""


def require_free_port(host: str, port: int) -> None:
    with socket.socket() as probe:
        # Like the web server: a port whose last connections are still closing counts as free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except PermissionError as error:
            raise NotReady(f"This user may not open port {port}. Choose another, for example PORT=8000.") from error
        except OSError as error:
            raise NotReady(
                f"Port {port} is used by another program. Stop it or choose another port, such as PORT={port + 1}."
            ) from error


def require_database() -> None:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_setting('server_version_num')::int / 10000")
            version = cursor.fetchone()[0]
    except OperationalError as error:
        reason = str(error).strip().split("\n")[0]
        raise NotReady(
            f"The PostgreSQL of DATABASE_URL does not answer ({reason}). Start it or unset DATABASE_URL."
        ) from error
    if version < OLDEST_POSTGRESQL:
        raise NotReady(f"The PostgreSQL of DATABASE_URL is version {version}. It must be {OLDEST_POSTGRESQL} or newer.")


def require_redis() -> None:
    try:
        with Redis.from_url(settings.REDIS_URL, socket_timeout=5, socket_connect_timeout=5) as redis:
            redis.ping()
    except RedisError as error:
        raise NotReady(f"The Redis of REDIS_URL does not answer ({error}). Start it or unset REDIS_URL.") from error


def answers(address: str) -> bool:
    """Whether a web server answers at `address` with a status below 500."""
    url = urlsplit(address)
    web = http.client.HTTPConnection(url.hostname or "", url.port, timeout=5)
    try:
        web.request("GET", url.path)
        return web.getresponse().status < http.HTTPStatus.INTERNAL_SERVER_ERROR
    except (OSError, http.client.HTTPException):
        return False
    finally:
        web.close()
