"""What is no longer needed."""

from datetime import timedelta

from django.utils import timezone

from recommendations.models import Lookup
from smartscheduler.travel import estimates, leases
from smartscheduler.travel.models import ProviderDay

DAYS_KEPT = timedelta(days=90)


def prune() -> int:
    """Delete old estimates, the claims of the dead, old counts, and lookups of jobs that are no longer open."""
    now = timezone.now()
    days = ProviderDay.objects.filter(day__lt=(now - DAYS_KEPT).date())
    over = Lookup.objects.filter(state=Lookup.State.DONE).exclude(job__status="open")
    return estimates.prune() + leases.forget_lapsed() + days.delete()[0] + over.delete()[0]
