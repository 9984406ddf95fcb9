"""Distributed tracing from a request through the services, the outbox, and the relay to the sockets and tasks.

A trace id always exists and appears in the log. Spans are sent only when OTEL_EXPORTER_OTLP_ENDPOINT is set
(smartscheduler.core.observability.tracing.otlp).
"""

import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Protocol

# W3C Trace Context, version 0: trace id, span id, and the flag for recorded traces.
TRACEPARENT = re.compile(r"00-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}\Z")
HEADER = "traceparent"

_current: ContextVar[str] = ContextVar("traceparent", default="")


class Span(Protocol):
    """A span. Attributes hold ids and codes, never text that a user has written."""

    def name(self, name: str) -> None: ...

    def note(self, **attributes: Any) -> None: ...


class Exporter(Protocol):
    """A recorder of spans."""

    def span(self, name: str, parent: str, kind: str, attributes: dict[str, Any]) -> Any: ...


class Unrecorded:
    """A span that is not recorded."""

    def name(self, name: str) -> None:
        pass

    def note(self, **attributes: Any) -> None:
        pass


_exporter: Exporter | None = None
UNRECORDED = Unrecorded()


def record_with(exporter: Exporter | None) -> None:
    """Set the exporter of spans; None stops recording."""
    global _exporter
    _exporter = exporter


def is_recording() -> bool:
    return _exporter is not None


def traceparent() -> str:
    """The `traceparent` of the present span; empty outside a trace."""
    return _current.get()


def trace_id() -> str:
    """The id of the present trace, 32 hexadecimal digits; empty outside a trace."""
    return _current.get()[3:35]


@contextmanager
def span(name: str, *, parent: str = "", kind: str = "internal", **attributes: Any) -> Iterator[Span]:
    """Open a span in the trace of `parent`, else in the present trace, else in a new trace.

    An invalid `parent` is ignored. `kind`: server, internal, producer, or consumer.
    """
    above = parent if TRACEPARENT.match(parent) else _current.get()
    if _exporter is None:
        with _at(above or _new()):
            yield UNRECORDED
        return
    with _exporter.span(name, above, kind, attributes) as (recorded, place), _at(place):
        yield recorded


@contextmanager
def _at(place: str) -> Iterator[None]:
    before = _current.set(place)
    try:
        yield
    finally:
        _current.reset(before)


def _new() -> str:
    return f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-00"
