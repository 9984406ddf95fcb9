"""Open jobs that nobody can take."""

from django.db.models import QuerySet
from django.utils import timezone

from jobs.models import Job
from jobs.requirements import JobRequest
from jobs.states import Status
from recommendations.ranking import rank_all
from recommendations.results import Ranking
from smartscheduler.rules.values import Rules
from smartscheduler.timeslots import FARTHEST

# Of the open jobs, those wanted first are looked at; more would keep a page waiting.
MOST_LOOKED_AT = 60


def rank_open_jobs(jobs: QuerySet[Job], rules: Rules) -> list[tuple[Job, Ranking]]:
    """The first of the open jobs among `jobs`, by the day they are wanted, each with who comes first for it."""
    # Years ago nothing is ranked any more.
    open_jobs = jobs.filter(status=Status.OPEN, desired_date__gte=timezone.now() - FARTHEST)
    first = list(open_jobs.order_by("desired_date", "pk")[:MOST_LOOKED_AT])
    found = rank_all([JobRequest.of(job) for job in first], rules, max_results=1) if first else []
    return list(zip(first, found, strict=True))
