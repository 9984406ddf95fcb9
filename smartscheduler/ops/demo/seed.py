"""The whole demo world, from its seed."""

from collections.abc import Callable
from typing import NamedTuple

from django.utils import timezone

from smartscheduler.accounts.models import User
from smartscheduler.accounts.permissions import Role
from smartscheduler.ops.demo.assignments import book
from smartscheduler.ops.demo.bulk_contractors import recruit
from smartscheduler.rules.current import current_rules

DEFAULT_SEED = 0
DEFAULT_CONTRACTORS, DEFAULT_JOBS = 240, 90
# What is being made, and how many more of it are there.
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
    """Make what is missing of the first `contractors` and `jobs` of the world `seed`.

    The same seed makes the same people and the same wishes, told from the present day on; what is
    booked for today depends on the hour as well. Returns how many were added.
    """
    actor = User.objects.filter(role=Role.COORDINATOR, is_active=True).order_by("date_joined").first()
    today, rules = timezone.now().date(), current_rules()
    return Added(
        contractors=recruit(
            seed=seed, count=contractors, today=today, actor=actor, progress=lambda more: report("contractors", more)
        ),
        jobs=book(seed=seed, count=jobs, rules=rules, actor=actor, progress=lambda more: report("jobs", more)),
    )
