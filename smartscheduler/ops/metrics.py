"""GET /api/v1/metrics: metrics for Prometheus.

All values are read from the database and Valkey on request, so that every web process returns the same metrics:
Prometheus scrapes any one of them (docs/adr/018).
"""

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.db.models import Count, Q, QuerySet
from django.http import HttpResponse
from django.utils.crypto import constant_time_compare
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from redis import RedisError
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from assignments.models import Assignment
from contractors.models import Contractor
from customers.models import Customer
from jobs.models import Job
from recommendations.llm.config import is_configured
from smartscheduler import __version__
from smartscheduler.accounts.models import User
from smartscheduler.accounts.permissions import Permission
from smartscheduler.backoffice.provider_status import explanations
from smartscheduler.backoffice.provider_status.metrics import roads
from smartscheduler.core.observability.metrics.definitions import families
from smartscheduler.core.rest.views import KnownParameters
from smartscheduler.events import event_log
from smartscheduler.events.lag import is_relay_active, lag
from smartscheduler.events.sockets import presence
from smartscheduler.ops.doctor import last_report
from smartscheduler.ops.gauges import gauges, gauges_of_valkey, labeled
from smartscheduler.travel.config import active_providers


class Figures:
    """A collector of prometheus_client with the present values."""

    def collect(self) -> Iterator[Metric]:
        yield InfoMetricFamily("smartscheduler", "Version of the product", value={"version": __version__})
        yield by_status("smartscheduler_contractors", "Contractors", Contractor.objects.all())
        yield by_status("smartscheduler_jobs", "Jobs", Job.objects.all())
        yield by_status("smartscheduler_assignments", "Assignments", Assignment.objects.all())
        yield customers()
        yield CounterMetricFamily("smartscheduler_events", "Numbered events", value=event_log.head())
        behind = lag()
        yield GaugeMetricFamily(
            "smartscheduler_events_unsent", "Committed events without a number", value=behind.unsent
        )
        yield GaugeMetricFamily(
            "smartscheduler_event_lag_seconds",
            "Age of the oldest event without a number",
            value=behind.oldest.total_seconds(),
        )
        yield GaugeMetricFamily("smartscheduler_relay_active", "1 while a relay is active", value=is_relay_active())
        yield from gauges()
        if active_providers():
            yield from roads()
        if is_configured():
            yield from explanations.figures()
        yield from self._doctor()
        try:
            yield from in_valkey()
        except RedisError:
            return  # leave out metrics that are unknown

    def _doctor(self) -> Iterator[Metric]:
        try:
            report = last_report.last()
        except RedisError:
            return
        if report:
            yield GaugeMetricFamily(
                "smartscheduler_doctor_broken", "Broken checks at the last run of the doctor", report.broken
            )
            yield GaugeMetricFamily(
                "smartscheduler_doctor_last_run_timestamp_seconds", "Time of the doctor's last run", report.at
            )


def in_valkey() -> Iterator[Metric]:
    """Metrics from Valkey. Raises RedisError."""
    yield GaugeMetricFamily("smartscheduler_event_sockets", "Open event sockets", value=presence.count_open())
    yield from gauges_of_valkey()
    yield from families()


def customers() -> Metric:
    """The number of customers, and of records that were merged into others."""
    merged = Count("pk", filter=Q(merged_into__isnull=False))
    counts = Customer.objects.aggregate(merged=merged, all=Count("pk"))
    values = {"current": float(counts["all"] - counts["merged"]), "merged": float(counts["merged"])}
    return labeled("smartscheduler_customers", "Customers by state", "state", values)


def by_status(name: str, what: str, rows: QuerySet[Any]) -> Metric:
    """The number of rows by status."""
    family = GaugeMetricFamily(name, f"{what} by status", labels=["status"])
    for status, count in rows.order_by().values_list("status").annotate(count=Count("pk")):
        family.add_metric([status], count)
    return family


class MonitoringAuthentication(BaseAuthentication):
    """Accepts settings.METRICS_TOKEN as a bearer token; other requests pass to the next authentication class."""

    def authenticate(self, request: Request) -> tuple[User, None] | None:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        expected = settings.METRICS_TOKEN
        if not expected or scheme.lower() != "bearer" or not constant_time_compare(token, expected):
            return None
        return User(email="monitoring", role="monitoring"), None

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


class MetricsView(KnownParameters):
    authentication_classes = [MonitoringAuthentication, *KnownParameters.authentication_classes]
    required_permissions = {"get": Permission.VIEW_METRICS}

    def perform_content_negotiation(self, request: Request, force: bool = False) -> Any:
        """Accept any format, because Prometheus requests formats that no renderer supports."""
        return super().perform_content_negotiation(request, force=True)

    @extend_schema(operation_id="metrics", tags=["metrics"], responses={(200, "text/plain"): OpenApiTypes.STR})
    def get(self, request: Request) -> HttpResponse:
        """Get metrics in the text format of Prometheus. For administrators and for the token of `METRICS_TOKEN`."""
        registry = CollectorRegistry()
        registry.register(Figures())
        return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_PLAIN_0_0_4)
