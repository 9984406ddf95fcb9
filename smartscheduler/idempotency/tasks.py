"""Forgetting the answers that are kept no longer."""

from celery import shared_task
from django.utils import timezone

from smartscheduler.idempotency.mixin import KEPT_FOR
from smartscheduler.idempotency.models import KeptAnswer


@shared_task(name="idempotency.prune", ignore_result=True)
def forget_answers() -> int:
    """Delete the answers that are older than a day; returns how many. May run twice."""
    deleted, _ = KeptAnswer.objects.filter(created_at__lt=timezone.now() - KEPT_FOR).delete()
    return deleted
