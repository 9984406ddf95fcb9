"""Periodic tasks: the doctor, the retention, and the heartbeats of workers."""

import structlog
from celery import shared_task

from smartscheduler.core.observability.metrics import heartbeats
from smartscheduler.ops import doctor
from smartscheduler.ops.doctor.last_report import remember
from smartscheduler.ops.retention.policies import retain, rules

SHOWN = 3
# Well below Celery's limit (settings.CELERY_TASK_SOFT_TIME_LIMIT).
LONGEST_RUN_SECONDS = 60.0

log = structlog.get_logger(__name__)


@shared_task(name="ops.examine", ignore_result=True)
def examine_quickly() -> int:
    """Run `doctor --quick`, log broken checks as errors, and store their number for the metrics. Returns it."""
    outcomes = list(doctor.examine(doctor.chosen(quick=True), show=SHOWN))
    for outcome in outcomes:
        if outcome.is_broken:
            log.error(
                "invariant_broken",
                check=outcome.check.name,
                holds=outcome.check.holds,
                count=outcome.findings.count,
                found=outcome.findings.shown,
                failure=outcome.failure,
                remedy=outcome.check.remedy,
            )
    return remember(outcomes).broken


@shared_task(name="ops.apply_retention", ignore_result=True)
def remove_what_is_old() -> dict[str, int]:
    """Run `manage.py retain` for at most a minute; the next run continues. Returns the deleted rows by rule."""
    removed = {name: count for name, count in retain(rules(), seconds=LONGEST_RUN_SECONDS).items() if count}
    log.info("retained", removed=removed)
    return removed


@shared_task(name=heartbeats.TASK, ignore_result=True)
def stamp_heartbeat(queue: str) -> None:
    """Store the heartbeat of `queue`; beat sends this task every few seconds."""
    heartbeats.stamp(queue)
