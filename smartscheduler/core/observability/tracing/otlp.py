"""Spans on their way to an OpenTelemetry collector. Needs the extra `observability`; the SDK has its own variables."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import SpanKind, Status, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from smartscheduler import __version__
from smartscheduler.core.observability.tracing import HEADER

W3C = TraceContextTextMapPropagator()


class Recorded:
    def __init__(self, span: trace.Span) -> None:
        self._span = span

    def name(self, name: str) -> None:
        self._span.update_name(name)

    def note(self, **attributes: Any) -> None:
        self._span.set_attributes({name.replace("__", "."): value for name, value in attributes.items()})


class OpenTelemetry:
    """The exporter of traces: batches, sent by a thread; a collector that is away costs nothing."""

    def __init__(self) -> None:
        resource = Resource.create(
            {"service.name": settings.OTEL_SERVICE_NAME, "service.version": __version__}  # over the SDK's own
        )
        self.provider = TracerProvider(resource=resource)
        self.provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
        self._tracer = self.provider.get_tracer("smartscheduler", __version__)

    @contextmanager
    def span(self, name: str, parent: str, kind: str, attributes: dict[str, Any]) -> Iterator[tuple[Recorded, str]]:
        """A span below `parent`, and its own place in the trace. Of an error its kind is kept, not what it says."""
        above = W3C.extract({HEADER: parent}) if parent else None
        with self._tracer.start_as_current_span(
            name, above, SpanKind[kind.upper()], record_exception=False, set_status_on_exception=False
        ) as span:
            one = Recorded(span)
            one.note(**attributes)
            carrier: dict[str, str] = {}
            W3C.inject(carrier)
            try:
                yield one, carrier[HEADER]
            except BaseException as error:
                span.set_status(Status(StatusCode.ERROR, type(error).__name__))
                raise
