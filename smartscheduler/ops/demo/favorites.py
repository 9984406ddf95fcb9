"""Favorites of the demo logins: the first rows of their boards have bookings, and take the first open jobs."""

from itertools import islice
from uuid import UUID

from django.utils import timezone

from contractors.services import add_favorite
from jobs.models import Job
from jobs.requirements import JobRequest
from recommendations.ranking import rank_candidates
from smartscheduler.accounts.models import User
from smartscheduler.accounts.services import LOGINS
from smartscheduler.ops.demo.troubles import busiest_first
from smartscheduler.rules.values import Rules

BUSIEST, FIRST_JOBS = 4, 2
MOST_RANKED = 10


def add_favorites(rules: Rules) -> None:
    """Star the busiest crews of the opening day, and the best candidates of the first open jobs, for each demo login.

    Logins that have favorites keep theirs.
    """
    starred = [*_busiest(), *_best_of_the_first_jobs(rules)]
    for owner in User.objects.filter(email__in=LOGINS, favorites=None):
        for contractor_id in dict.fromkeys(starred):
            add_favorite(owner=owner, contractor_id=contractor_id)


def _busiest() -> list[UUID]:
    return [bookings[0].contractor_id for bookings in busiest_first(timezone.now())[:BUSIEST]]


def _best_of_the_first_jobs(rules: Rules) -> list[UUID]:
    """The best candidates of the jobs at the top of the board's list, without jobs that none can take."""
    jobs = Job.objects.open().by_urgency()[:MOST_RANKED]
    rankings = (rank_candidates(JobRequest.of(job), rules, max_results=1) for job in jobs)
    best = (ranking.entries[0].contractor.pk for ranking in rankings if ranking.entries)
    return list(islice(best, FIRST_JOBS))
