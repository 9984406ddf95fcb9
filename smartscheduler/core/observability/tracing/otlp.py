"""Exporter of spans to an OpenTelemetry collector. Needs the extra `observability`; the SDK reads its own variables."""

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
    """A span that is sent to the collector."""

    def __init__(self, span: trace.Span) -> None:
        self._span = span

    def name(self, name: str) -> None:
        self._span.update_name(name)

    def note(self, **attributes: Any) -> None:
        self._span.set_attributes({name.replace("__", "."): value for name, value in attributes.items()})


class OpenTelemetry:
    """The exporter. A thread sends the spans in batches, so an unavailable collector does not slow down requests."""

    def __init__(self) -> None:
        resource = Resource.create(
            {"service.name": settings.OTEL_SERVICE_NAME, "service.version": __version__}  # replaces the SDK's default
        )
        self.provider = TracerProvider(resource=resource)
        self.provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
        self._tracer = self.provider.get_tracer("smartscheduler", __version__)

    @contextmanager
    def span(self, name: str, parent: str, kind: str, attributes: dict[str, Any]) -> Iterator[tuple[Recorded, str]]:
        """Open a span below `parent`; yields it with its `traceparent`. Of an error only the class is recorded."""
        above = W3C.extract({HEADER: parent}) if parent else None
        with self._tracer.start_as_current_span(
            name, above, SpanKind[kind.upper()], record_exception=False, set_status_on_exception=False
        ) as span:
            recorded = Recorded(span)
            recorded.note(**attributes)
            carrier: dict[str, str] = {}
            W3C.inject(carrier)
            try:
                yield recorded, carrier[HEADER]
            except BaseException as error:
                span.set_status(Status(StatusCode.ERROR, type(error).__name__))
                raise
