"""Prometheus metrics of road distances, collected only when a provider is configured."""

from collections.abc import Iterator

from django.conf import settings
from django.db.models import Avg, Count, F, Max, Min
from django.utils import timezone
from prometheus_client.core import GaugeMetricFamily, Metric

from recommendations.models import Lookup
from recommendations.travel.requests import uses
from smartscheduler.backoffice.provider_status.usage import uses_by_source
from smartscheduler.core.outbound import circuit_breaker
from smartscheduler.travel.budget import spent_today
from smartscheduler.travel.config import active_providers
from smartscheduler.travel.models import TravelEstimate


def roads() -> Iterator[Metric]:
    """Stored estimates and their age, cache hits, lookups, and the state of the providers."""
    yield from _stored()
    yield from uses_by_source("smartscheduler_ranked_drives", "Drives shown in rankings", uses)
    lookups = GaugeMetricFamily("smartscheduler_road_lookups", "Lookups by state", labels=["state"])
    for state, count in Lookup.objects.order_by().values_list("state").annotate(count=Count("pk")):
        lookups.add_metric([state], count)
    yield lookups
    yield from _providers()


def _stored() -> Iterator[Metric]:
    counts = GaugeMetricFamily("smartscheduler_road_estimates", "Stored estimates by source", labels=["source"])
    ages = GaugeMetricFamily(
        "smartscheduler_road_estimate_age_seconds", "Age of the stored estimates", labels=["source", "which"]
    )
    now = timezone.now()
    estimates = TravelEstimate.objects.order_by().values("source")
    age = Avg(now - F("fetched_at"))
    for row in estimates.annotate(
        count=Count("pk"), oldest=Min("fetched_at"), newest=Max("fetched_at"), mean=age
    ).order_by("source"):
        counts.add_metric([row["source"]], row["count"])
        for which, value in (("oldest", now - row["oldest"]), ("newest", now - row["newest"]), ("mean", row["mean"])):
            ages.add_metric([row["source"], which], value.total_seconds())
    yield counts
    yield ages


def _providers() -> Iterator[Metric]:
    spent = GaugeMetricFamily("smartscheduler_road_provider_spent", "Spent of today's budget", labels=["provider"])
    budget = GaugeMetricFamily("smartscheduler_road_provider_budget", "Today's budget", labels=["provider"])
    failures = GaugeMetricFamily("smartscheduler_road_provider_failures", "Failed calls today", labels=["provider"])
    tripped = GaugeMetricFamily("smartscheduler_road_provider_open", "1 while the breaker is open", labels=["provider"])
    today = spent_today()
    for name in active_providers():
        day = today.get(name)
        spent.add_metric([name], day.spent if day else 0)
        failures.add_metric([name], day.failures if day else 0)
        budget.add_metric([name], settings.TRAVEL_BUDGETS[name])
        tripped.add_metric([name], circuit_breaker.state(name) != "closed")
    yield from (spent, budget, failures, tripped)
