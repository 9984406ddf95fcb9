"""Celery tasks of plans."""

from celery import shared_task

from recommendations.planning import runs, services


@shared_task(name="planning.work_on_plans", ignore_result=True)
def work_on_plans() -> None:
    """Make waiting plans. Runs every two seconds on the queue of plans."""
    runs.work_on_plans()


@shared_task(name="planning.expire_plans", ignore_result=True)
def expire_plans() -> None:
    """Expire proposals whose time is over; runs every minute."""
    services.expire_plans()
