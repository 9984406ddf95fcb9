"""What the worker does for bookings."""

from celery import shared_task

from assignments.broken_bookings import recheck_all

# Then the next run goes on: a worker that is to end is not kept.
LONGEST_SECONDS = 30.0


@shared_task(name="assignments.recheck_bookings")
def recheck_bookings() -> None:
    """Check live bookings against the rules of now; runs every few minutes (settings.CELERY_BEAT_SCHEDULE)."""
    recheck_all(seconds=LONGEST_SECONDS)
