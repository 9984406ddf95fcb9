"""The pages of plans among 2,000 contractors, with a plan of 1,000 changes: a fixed number of queries."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from jobs.models import Job
from recommendations.planning.models import Plan, PlanItem
from tests.factories import JobFactory, PlanFactory, PlanItemFactory, at, many_contractors
from tests.pages import signed_in

pytestmark = pytest.mark.django_db

CONTRACTORS, ITEMS = 2_000, 1_000


@pytest.fixture
def plan() -> Plan:
    contractors = many_contractors(CONTRACTORS)
    jobs = Job.objects.bulk_create(JobFactory.build(job_number=f"JOB-20260101-{number:08X}") for number in range(ITEMS))
    plan = PlanFactory(state="ready", worth=20_000, bound=20_160, expires_at=timezone.now() + timedelta(hours=48))
    PlanItem.objects.bulk_create(
        PlanItemFactory.build(
            plan=plan,
            job=job,
            contractor=contractors[number],
            start=at(9, days=1 + number % 5),
            position=number,
            bundle=number,
            score=Decimal("0.8"),
        )
        for number, job in enumerate(jobs)
    )
    return plan


@pytest.mark.parametrize(
    ("address", "queries"),
    [
        ("change", 20),
        ("watch", 16),
        ("add", 24),
        ("choices", 6),
        ("changelist", 12),
        ("board", 40),
    ],
)
def test_a_page_takes_a_fixed_number_of_queries(
    plan: Plan, address: str, queries: int, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    addresses = {
        "change": reverse("admin:planning_plan_change", args=[plan.pk]),
        "watch": reverse("admin:planning_plan_watch", args=[plan.pk]),
        "add": reverse("admin:planning_plan_add"),
        "choices": reverse("admin:planning_plan_choices", args=["contractors"]) + "?q=crew",
        "changelist": reverse("admin:planning_plan_changelist"),
        "board": f"/?day={at(9, days=1).date()}",
    }
    client = signed_in()
    with django_assert_max_num_queries(queries):
        response = client.get(addresses[address])
    assert response.status_code == 200
