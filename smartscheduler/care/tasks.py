"""What the worker does for the care of the data."""

import structlog
from celery import shared_task

from smartscheduler.care import doctor
from smartscheduler.care.reports import remember

SHOWN = 3

log = structlog.get_logger(__name__)


@shared_task(name="smartscheduler.care.tasks.examine_quickly", ignore_result=True)
def examine_quickly() -> int:
    """`doctor --quick`: log what is broken as errors, and keep the number for the metrics; returns it."""
    outcomes = list(doctor.examine(doctor.chosen(quick=True), show=SHOWN))
    for outcome in outcomes:
        if outcome.is_broken:
            log.error(
                "invariant_broken",
                check=outcome.check.name,
                holds=outcome.check.holds,
                count=outcome.found.count,
                found=outcome.found.shown,
                failure=outcome.failure,
                remedy=outcome.check.remedy,
            )
    return remember(outcomes).broken
