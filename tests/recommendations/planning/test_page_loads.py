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


def test_a_page_takes_a_fixed_number_of_queries(
    plan: Plan, subtests: pytest.Subtests, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    """In one test, because the plan takes longer than its pages."""
    pages = {
        reverse("admin:planning_plan_change", args=[plan.pk]): 20,
        reverse("admin:planning_plan_watch", args=[plan.pk]): 16,
        reverse("admin:planning_plan_add"): 24,
        reverse("admin:planning_plan_choices", args=["contractors"]) + "?q=crew": 6,
        reverse("admin:planning_plan_changelist"): 12,
        f"/?day={at(9, days=1).date()}": 40,
    }
    client = signed_in()
    for address, queries in pages.items():
        with subtests.test(address=address):
            with django_assert_max_num_queries(queries):
                response = client.get(address)
            assert response.status_code == 200
