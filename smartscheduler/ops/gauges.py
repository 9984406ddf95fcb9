"""Gauges of readiness, backlog, disks, and clocks."""

from collections.abc import Iterator, Mapping

from prometheus_client.core import GaugeMetricFamily, Metric

from smartscheduler.core.observability.metrics import heartbeats
from smartscheduler.core.observability.metrics.celery_queue import in_hand, queues
from smartscheduler.core.redis import valkey
from smartscheduler.ops import health
from smartscheduler.ops.backlog import reader_ages, waiting
from smartscheduler.ops.clock_offset import skew
from smartscheduler.ops.disks import disks


def gauges() -> Iterator[Metric]:
    """Gauges from the database and this machine."""
    checks = {name: float(answer.holds) for name, answer in health.examine().items()}
    yield labeled("smartscheduler_ready", "1 while a readiness check passes", "check", checks)
    backlog = waiting()
    counts = {kind: float(items.number) for kind, items in backlog.items()}
    ages = {kind: items.oldest_seconds for kind, items in backlog.items()}
    yield labeled("smartscheduler_waiting", "Waiting emails and imports", "kind", counts)
    yield labeled("smartscheduler_waiting_seconds", "Age of the oldest waiting email or import", "kind", ages)
    what = "Age of the oldest event that a consumer has not read"
    yield labeled("smartscheduler_reader_age_seconds", what, "reader", reader_ages())
    shares = {disk.name: disk.free_share for disk in disks()}
    yield labeled("smartscheduler_disk_free_ratio", "Free share of the disks of this web process", "disk", shares)
    what = "Seconds that PostgreSQL's clock is ahead of this web process"
    yield GaugeMetricFamily("smartscheduler_database_clock_skew_seconds", what, value=skew().seconds)


def gauges_of_valkey() -> Iterator[Metric]:
    """Gauges from Valkey. Raises RedisError."""
    by_name = queues()
    counts = {name: float(queue.waiting) for name, queue in by_name.items()}
    ages = {name: queue.oldest_seconds for name, queue in by_name.items()}
    yield labeled("smartscheduler_queue_waiting", "Tasks that no worker has taken yet", "queue", counts)
    yield labeled("smartscheduler_queue_age_seconds", "Age of the oldest waiting task", "queue", ages)
    yield GaugeMetricFamily(
        "smartscheduler_queue_in_hand", "Tasks that workers have taken and not finished", value=in_hand()
    )
    what = "Seconds since the last heartbeat of the queue's workers"
    yield labeled("smartscheduler_worker_age_seconds", what, "queue", heartbeats.ages())
    memory = valkey().info("memory")
    share = memory["used_memory"] / memory["maxmemory"] if memory.get("maxmemory") else 0.0
    what = "Used share of maxmemory; 0 without one"
    yield GaugeMetricFamily("smartscheduler_valkey_memory_ratio", what, value=share)


def labeled(name: str, what: str, label: str, values: Mapping[str, float]) -> Metric:
    """A gauge with one label."""
    family = GaugeMetricFamily(name, what, labels=[label])
    for key, value in values.items():
        family.add_metric([key], value)
    return family
