"""Background tasks of assignments."""

from celery import shared_task

from assignments.broken_bookings import recheck_all

# Limit for one run, so that a worker can shut down. The next run checks further contractors.
LONGEST_SECONDS = 30.0


@shared_task(name="assignments.recheck_bookings")
def recheck_bookings() -> None:
    """Check live bookings against the current rules; runs every few minutes (settings.CELERY_BEAT_SCHEDULE)."""
    recheck_all(seconds=LONGEST_SECONDS)
