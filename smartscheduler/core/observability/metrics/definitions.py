"""Definitions of the counters and histograms.

Labels must have few different values: a route instead of a URL, a code instead of a message.
"""

import bisect
from collections.abc import Callable, Iterator, Mapping
from functools import wraps
from typing import ParamSpec, TypeVar

from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily, Metric

from smartscheduler.core.observability.metrics import aggregator
from smartscheduler.core.observability.metrics.aggregator import Sum
from smartscheduler.errors import DomainError

P = ParamSpec("P")
R = TypeVar("R")

PREFIX = "smartscheduler_"
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
CALENDARS = (16.0, 32.0, 64.0, 128.0, 256.0, 1024.0, 4096.0)

PLAN_TIMES = (1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0)


class Counter:
    """A Prometheus counter: `add(label, …)`."""

    def __init__(self, name: str, what: str, *labels: str) -> None:
        self.name, self.what, self.labels = PREFIX + name, what, labels
        FAMILIES[self.name] = self

    def add(self, *values: str) -> None:
        """Add 1 to the sum with these label values."""
        aggregator.add({(self.name, "", *values): 1})

    def family(self, sums: Mapping[Sum, float]) -> Metric:
        family = CounterMetricFamily(self.name, self.what, labels=self.labels)
        for (_, _, *values), amount in sums.items():
            family.add_metric(values, amount)
        return family


class Histogram:
    """A Prometheus histogram: `observe(value, label, …)`."""

    def __init__(self, name: str, what: str, *labels: str, buckets: tuple[float, ...] = SECONDS) -> None:
        self.name, self.what, self.labels, self.buckets = PREFIX + name, what, labels, buckets
        # Upper bounds of the buckets. The sums are kept per bucket; `family` makes them cumulative for Prometheus.
        self._parts = (*map(str, buckets), "+Inf")
        FAMILIES[self.name] = self

    def observe(self, value: float, *values: str) -> None:
        part = self._parts[bisect.bisect_left(self.buckets, value)]
        aggregator.add({(self.name, part, *values): 1, (self.name, "sum", *values): value})

    def family(self, sums: Mapping[Sum, float]) -> Metric:
        family = HistogramMetricFamily(self.name, self.what, labels=self.labels)
        for values in sorted({name[2:] for name in sums}):
            total, reached = 0.0, []
            for part in self._parts:
                total += sums.get((self.name, part, *values), 0.0)
                reached.append((part, total))
            family.add_metric(list(values), reached, sums.get((self.name, "sum", *values), 0.0))
        return family


FAMILIES: dict[str, Counter | Histogram] = {}

REQUESTS = Counter("http_requests", "Requests answered", "method", "route", "status")
REQUEST_SECONDS = Histogram("http_request_seconds", "How long the answers took", "method", "route")
RANKING_SECONDS = Histogram("ranking_seconds", "How long rankings took", "jobs")
RANKING_CALENDARS = Histogram("ranking_calendars", "Calendars opened for a ranking", buckets=CALENDARS)
BOOKINGS = Counter("bookings", "Attempts to book, by what came of them", "act", "outcome")
CUSTOMER_CHANGES = Counter("customer_changes", "Attempts to create, change and merge customers", "act", "outcome")
ARRIVAL_WINDOWS = Counter("arrival_windows", "Attempts to promise and withdraw arrival windows", "act", "outcome")
MESSAGES = Counter("customer_messages", "Messages to customers, by how they ended", "kind", "state")
PLANS = Counter("plans", "Runs of plans, by how they ended", "state")
PLAN_SECONDS = Histogram("plan_seconds", "How long runs of plans took", "effort", buckets=PLAN_TIMES)
PLAN_ITEMS_REFUSED = Counter("plan_items_refused", "Planned bookings that the engine refused: defects", "rule")
TASKS = Counter("tasks", "Tasks of the workers, by how they ended", "task", "state")
TASK_SECONDS = Histogram("task_seconds", "How long tasks took", "task")

EXPLANATION_CALLS = Counter("explanation_calls", "Sentences asked of the language model, by what came of it", "outcome")
EXPLANATION_DROPS = Counter("explanation_drops", "Sentences of the language model that were not shown", "reason")

DONE = "done"


def families() -> Iterator[Metric]:
    """All metrics of all processes. Raises RedisError."""
    sums = aggregator.sums()
    for name, family in FAMILIES.items():
        yield family.family({key: amount for key, amount in sums.items() if key[0] == name})


def counting(counter: Counter, act: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Decorator that counts the calls of a service by outcome: `done` or the code of the DomainError."""

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        @wraps(function)
        def run(*args: P.args, **kwargs: P.kwargs) -> R:
            try:
                result = function(*args, **kwargs)
            except DomainError as error:
                counter.add(act, error.code)
                raise
            counter.add(act, DONE)
            return result

        return run

    return decorate
