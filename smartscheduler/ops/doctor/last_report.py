"""The doctor's last result for the metrics, stored in Valkey. If it is lost, the next run stores it again."""

from collections.abc import Iterable
from typing import NamedTuple

import structlog
from django.core.cache import cache
from django.utils import timezone
from redis import RedisError

from smartscheduler.ops.doctor import Outcome

KEY = "doctor"

log = structlog.get_logger(__name__)


class Report(NamedTuple):
    """The number of broken checks, and the time of the run (Unix time)."""

    broken: int
    at: float


def remember(outcomes: Iterable[Outcome]) -> Report:
    """Store the result of a run. Without Valkey, nothing is stored."""
    report = Report(sum(outcome.is_broken for outcome in outcomes), timezone.now().timestamp())
    try:
        cache.set(KEY, tuple(report), timeout=None)
    except RedisError as error:
        log.warning("doctor_not_remembered", error=repr(error))
    return report


def last() -> Report | None:
    """The result of the last run, or None. Raises RedisError."""
    report = cache.get(KEY)
    return None if report is None else Report(*report)
