"""Prometheus counters of what the rankings have shown."""

from collections.abc import Callable, Iterator, Mapping

from prometheus_client.core import CounterMetricFamily, Metric
from redis import RedisError


def uses_by_source(name: str, documentation: str, uses: Callable[[], Mapping[str, int]]) -> Iterator[Metric]:
    """A counter with the label `source`. Yields nothing while Valkey does not respond: 0 would be a wrong value."""
    try:
        counts = uses()
    except RedisError:
        return
    family = CounterMetricFamily(name, documentation, labels=["source"])
    for source, count in counts.items():
        family.add_metric([source], count)
    yield family
