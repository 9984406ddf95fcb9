"""One trace from a request through its service, the outbox and the relay to the sockets, and through every task.

There is always a trace id: it stands in the log, whether anybody collects traces or not. Spans are sent to the
collector of OTEL_EXPORTER_OTLP_ENDPOINT, when that is set (smartscheduler.core.observability.tracing.otlp).
"""

import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Protocol

# W3C Trace Context, version 0: the ids of trace and span, and whether anybody records it.
TRACEPARENT = re.compile(r"00-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}\Z")
HEADER = "traceparent"

_current: ContextVar[str] = ContextVar("traceparent", default="")


class Span(Protocol):
    """A piece of work. Attributes hold ids and kinds, never what somebody has written."""

    def name(self, name: str) -> None: ...

    def note(self, **attributes: Any) -> None: ...


class Exporter(Protocol):
    """Who records spans."""

    def span(self, name: str, parent: str, kind: str, attributes: dict[str, Any]) -> Any: ...


class Unrecorded:
    """The span that nobody collects."""

    def name(self, name: str) -> None:
        pass

    def note(self, **attributes: Any) -> None:
        pass


_exporter: Exporter | None = None
UNRECORDED = Unrecorded()


def record_with(exporter: Exporter | None) -> None:
    """Record spans from now on; None: no longer."""
    global _exporter
    _exporter = exporter


def is_recording() -> bool:
    return _exporter is not None


def traceparent() -> str:
    """The present place in the trace, as it is handed on; empty outside of any."""
    return _current.get()


def trace_id() -> str:
    """The id of the present trace: 32 hexadecimal digits, or nothing."""
    return _current.get()[3:35]


@contextmanager
def span(name: str, *, parent: str = "", kind: str = "internal", **attributes: Any) -> Iterator[Span]:
    """A piece of work in the trace of `parent`, else in the present trace, else in a new one.

    What is no `traceparent` counts as none. `kind`: server, internal, producer or consumer.
    """
    above = parent if TRACEPARENT.match(parent) else _current.get()
    if _exporter is None:
        with _at(above or _new()):
            yield UNRECORDED
        return
    with _exporter.span(name, above, kind, attributes) as (one, place), _at(place):
        yield one


@contextmanager
def _at(place: str) -> Iterator[None]:
    before = _current.set(place)
    try:
        yield
    finally:
        _current.reset(before)


def _new() -> str:
    return f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-00"
