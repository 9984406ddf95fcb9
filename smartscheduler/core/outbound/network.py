"""Connections of which the address is checked, and that end in time: below httpx2, in the place it has for that.

A name is looked up once; every address of it is checked, and one of these very addresses is connected to. Who changes
the answer between the check and the connection changes nothing. TLS and `Host` go by the name all the same.
"""

import socket
import ssl
import time
from collections.abc import Iterable
from contextvars import ContextVar
from typing import Any

import httpcore2

from smartscheduler.core.outbound.addresses import Network, address, may_reach
from smartscheduler.core.outbound.errors import Refused, TimedOut

# When the request that is being made has to be over (time.monotonic): httpx2's time-outs begin anew with every byte.
deadline: ContextVar[float | None] = ContextVar("outgoing_deadline", default=None)


def resolve(host: str, port: int) -> list[str]:
    """The addresses of a name, or of a number in any spelling. Raises OSError, after the resolver's own time-out."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(place[0]) for *_, place in found))


def left(timeout: float | None) -> float | None:
    """What is left of a time-out when the whole request must be over at `deadline`. Raises TimedOut."""
    until = deadline.get()
    if until is None:
        return timeout
    seconds = until - time.monotonic()
    if seconds <= 0:
        raise TimedOut("It did not end in time.")
    return seconds if timeout is None else min(timeout, seconds)


class CheckedBackend(httpcore2.NetworkBackend):
    """Opens connections to addresses that may be reached; `plain`: for http."""

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
            found = resolve(host, port)
        except (OSError, UnicodeError):
            raise httpcore2.ConnectError("The name is not known.") from None
        if not found or not all(may_reach(address(one), self._networks, plain=self._plain) for one in found):
            raise Refused("Its address is none that may be asked.")
        last: Exception | None = None
        for one in found:
            try:
                return TimelyStream(
                    self._tcp.connect_tcp(one, port, left(timeout), local_address, socket_options or ())
                )
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                last = error
        assert last is not None  # noqa: S101  an address at least has been tried
        raise last


class TimelyStream(httpcore2.NetworkStream):
    """A connection of which no part takes longer than the request may."""

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
