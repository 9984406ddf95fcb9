"""Deletion of expired idempotency keys."""

from celery import shared_task
from django.utils import timezone

from smartscheduler.idempotency.mixin import KEPT_FOR
from smartscheduler.idempotency.models import KeptAnswer


@shared_task(name="idempotency.prune", ignore_result=True)
def forget_answers() -> int:
    """Delete responses older than 24 hours; return how many. Safe to run concurrently."""
    deleted, _ = KeptAnswer.objects.filter(created_at__lt=timezone.now() - KEPT_FOR).delete()
    return deleted
