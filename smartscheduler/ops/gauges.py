"""Metrics of the product at work: readiness, work that waits, disks, clocks."""

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
    """What the database and this machine know."""
    checks = {name: float(answer.holds) for name, answer in health.examine().items()}
    yield labelled("smartscheduler_ready", "1 while a check of readiness holds", "check", checks)
    found = waiting()
    counts = {kind: float(one.number) for kind, one in found.items()}
    ages = {kind: one.oldest_seconds for kind, one in found.items()}
    yield labelled("smartscheduler_waiting", "Mails and imports that wait", "kind", counts)
    yield labelled("smartscheduler_waiting_seconds", "Age of the oldest of them", "kind", ages)
    what = "Age of the oldest event that a reader has not looked at"
    yield labelled("smartscheduler_reader_age_seconds", what, "reader", reader_ages())
    shares = {disk.name: disk.free_share for disk in disks()}
    yield labelled("smartscheduler_disk_free_ratio", "Free share of the disks of this web", "disk", shares)
    what = "How far PostgreSQL's clock is ahead of this web's"
    yield GaugeMetricFamily("smartscheduler_database_clock_skew_seconds", what, value=skew().seconds)


def gauges_of_valkey() -> Iterator[Metric]:
    """What only Valkey knows. Raises RedisError."""
    found = queues()
    counts = {name: float(queue.waiting) for name, queue in found.items()}
    ages = {name: queue.oldest_seconds for name, queue in found.items()}
    yield labelled("smartscheduler_queue_waiting", "Tasks that no worker has taken yet", "queue", counts)
    yield labelled("smartscheduler_queue_age_seconds", "Age of the task that waits longest", "queue", ages)
    yield GaugeMetricFamily("smartscheduler_queue_in_hand", "Tasks that workers have in hand", value=in_hand())
    what = "Seconds since a worker last ran a heartbeat of the queue"
    yield labelled("smartscheduler_worker_age_seconds", what, "queue", heartbeats.ages())
    memory = valkey().info("memory")
    share = memory["used_memory"] / memory["maxmemory"] if memory.get("maxmemory") else 0.0
    what = "Used share of maxmemory; 0 without one"
    yield GaugeMetricFamily("smartscheduler_valkey_memory_ratio", what, value=share)


def labelled(name: str, what: str, label: str, values: Mapping[str, float]) -> Metric:
    """A gauge with one label."""
    family = GaugeMetricFamily(name, what, labels=[label])
    for key, value in values.items():
        family.add_metric([key], value)
    return family
