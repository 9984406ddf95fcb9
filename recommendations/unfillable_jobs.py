"""Open jobs that no contractor can take."""

from django.db.models import QuerySet
from django.utils import timezone

from jobs.models import Job
from jobs.requirements import JobRequest
from jobs.states import Status
from recommendations.ranking import rank_all
from recommendations.results import Ranking
from smartscheduler.rules.values import Rules
from smartscheduler.timeslots import FARTHEST

# Limit on the ranked jobs, earliest desired date first; more would make pages slow.
MOST_LOOKED_AT = 60


def rank_open_jobs(jobs: QuerySet[Job], rules: Rules) -> list[tuple[Job, Ranking]]:
    """The first open jobs among `jobs` by desired date, each with its ranking of at most one contractor."""
    # Jobs that are years old cannot be ranked.
    open_jobs = jobs.filter(status=Status.OPEN, desired_date__gte=timezone.now() - FARTHEST)
    first = list(open_jobs.order_by("desired_date", "pk")[:MOST_LOOKED_AT])
    rankings = rank_all([JobRequest.of(job) for job in first], rules, max_results=1) if first else []
    return list(zip(first, rankings, strict=True))
