"""Deletion of expired road-distance data."""

from datetime import timedelta

from django.utils import timezone

from recommendations.models import Lookup
from smartscheduler.travel import estimates, leases
from smartscheduler.travel.models import ProviderDay

DAYS_KEPT = timedelta(days=90)


def prune() -> int:
    """Delete expired estimates and leases, old daily counts, and lookups of jobs that are no longer open."""
    now = timezone.now()
    days = ProviderDay.objects.filter(day__lt=(now - DAYS_KEPT).date())
    closed = Lookup.objects.filter(state=Lookup.State.DONE).exclude(job__status="open")
    return estimates.prune() + leases.forget_lapsed() + days.delete()[0] + closed.delete()[0]
