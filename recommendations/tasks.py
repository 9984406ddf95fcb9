"""What the worker does for rankings."""

from celery import shared_task

from recommendations.announcements import announce_changes


@shared_task
def announce_rankings() -> None:
    """Tell which open jobs' rankings have changed; runs every few seconds (settings.CELERY_BEAT_SCHEDULE)."""
    while announce_changes():
        pass
