"""What the doctor found last, for the metrics; in Valkey, which may lose it: the next run brings it back."""

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
    """How many invariants were broken, and when that was found (seconds since 1970)."""

    broken: int
    at: float


def remember(outcomes: Iterable[Outcome]) -> Report:
    """Keep the numbers of a run for the metrics; without Valkey they are not kept."""
    report = Report(sum(outcome.is_broken for outcome in outcomes), timezone.now().timestamp())
    try:
        cache.set(KEY, tuple(report), timeout=None)
    except RedisError as error:
        log.warning("doctor_not_remembered", error=repr(error))
    return report


def last() -> Report | None:
    """The numbers of the last run; None when there are none. Raises RedisError without Valkey."""
    found = cache.get(KEY)
    return None if found is None else Report(*found)
