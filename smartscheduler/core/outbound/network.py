"""httpcore2 network backend that checks addresses and enforces a total time limit.

A host name is resolved once. All of its addresses are checked, and the connection goes to one of them, so that a
changed DNS answer between check and connection has no effect (DNS rebinding). TLS and `Host` still use the name.
"""

import socket
import ssl
import time
from collections.abc import Iterable
from contextvars import ContextVar
from typing import Any

import httpcore2
from django.utils.translation import gettext

from smartscheduler.core.outbound.addresses import Network, address, may_reach
from smartscheduler.core.outbound.errors import Refused, TimedOut

# End of the present request (time.monotonic), because the time-outs of httpx2 restart with every byte.
deadline: ContextVar[float | None] = ContextVar("outgoing_deadline", default=None)


def resolve(host: str, port: int) -> list[str]:
    """The addresses of a host name or a literal address. Raises OSError, after the resolver's own time-out."""
    answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(place[0]) for *_, place in answers))


def left(timeout: float | None) -> float | None:
    """`timeout` limited to the time until `deadline`, in seconds. Raises TimedOut."""
    until = deadline.get()
    if until is None:
        return timeout
    seconds = until - time.monotonic()
    if seconds <= 0:
        raise TimedOut(gettext("The response did not end in time."))
    return seconds if timeout is None else min(timeout, seconds)


class CheckedBackend(httpcore2.NetworkBackend):
    """Opens connections to allowed addresses; `plain` is for http without TLS."""

    def __init__(self, networks: tuple[Network, ...], *, plain: bool) -> None:
        self._networks, self._plain = networks, plain
        self._tcp = httpcore2.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.NetworkStream:
        try:
            hosts = resolve(host, port)
        except (OSError, UnicodeError):
            raise httpcore2.ConnectError("The host name cannot be resolved.") from None
        if not hosts or not all(may_reach(address(text), self._networks, plain=self._plain) for text in hosts):
            raise Refused(gettext("Connections to this address are not allowed."))
        last: Exception | None = None
        for text in hosts:
            try:
                return TimelyStream(
                    self._tcp.connect_tcp(text, port, left(timeout), local_address, socket_options or ())
                )
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                last = error
        assert last is not None  # noqa: S101  at least one address was tried
        raise last


class TimelyStream(httpcore2.NetworkStream):
    """A connection whose reads and writes end at `deadline`."""

    def __init__(self, inner: httpcore2.NetworkStream) -> None:
        self._inner = inner

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, left(timeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        return TimelyStream(self._inner.start_tls(ssl_context, server_hostname, left(timeout)))

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)
