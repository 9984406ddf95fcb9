"""Creation of all demo data for a seed."""

from collections.abc import Callable
from typing import NamedTuple

from django.utils import timezone

from jobs.linking import link_customers
from smartscheduler.accounts.models import User
from smartscheduler.accounts.permissions import Role
from smartscheduler.ops.demo.assignments import book
from smartscheduler.ops.demo.bulk_contractors import recruit
from smartscheduler.ops.demo.customers import add_contact_data
from smartscheduler.ops.demo.favorites import add_favorites
from smartscheduler.ops.demo.troubles import add_troubles
from smartscheduler.rules.current import current_rules

DEFAULT_SEED = 0
DEFAULT_CONTRACTORS, DEFAULT_JOBS = 240, 90
# Called with the kind of record and the number of new records.
Report = Callable[[str, int], None]


class Added(NamedTuple):
    contractors: int
    jobs: int


def seed_world(
    *,
    contractors: int = DEFAULT_CONTRACTORS,
    jobs: int = DEFAULT_JOBS,
    seed: int = DEFAULT_SEED,
    report: Report = lambda kind, more: None,
) -> Added:
    """Create the missing records among the first `contractors` and `jobs` of `seed`. Returns their numbers.

    The same seed gives the same contractors and orders relative to the present day. Bookings for today also depend on
    the hour.
    """
    actor = User.objects.filter(role=Role.COORDINATOR, is_active=True).order_by("date_joined").first()
    today, rules = timezone.now().date(), current_rules()
    added = Added(
        contractors=recruit(
            seed=seed, count=contractors, today=today, actor=actor, progress=lambda more: report("contractors", more)
        ),
        jobs=book(seed=seed, count=jobs, rules=rules, actor=actor, progress=lambda more: report("jobs", more)),
    )
    if added.jobs:
        add_troubles(actor)
        add_favorites(rules)
        link_customers()
        add_contact_data(seed, actor)
    return added
