"""Proposals of a plan on the board."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils import timezone
from psycopg.types.range import TimestamptzRange

from assignments.models import Assignment
from contractors.models import Contractor
from jobs.models import Job
from recommendations.planning.models import Plan
from smartscheduler.accounts.permissions import Role
from tests.factories import AssignmentFactory, ContractorFactory, PlanFactory, PlanItemFactory, at
from tests.pages import signed_in

pytestmark = pytest.mark.django_db


def day() -> date:
    return at(0, days=2).date()


@pytest.fixture
def contractor() -> Contractor:
    return ContractorFactory(name="Nora New")


@pytest.fixture
def plan(contractor: Contractor) -> Plan:
    plan = PlanFactory(state="ready", expires_at=timezone.now() + timedelta(hours=4))
    PlanItemFactory(plan=plan, contractor=contractor, bundle=900)
    PlanItemFactory(plan=plan, contractor=contractor, bundle=900, start=at(13, days=2))
    PlanItemFactory(plan=plan, contractor=contractor, start=at(9, days=3))
    PlanItemFactory(plan=plan, contractor=contractor, start=at(15, days=2), state="accepted")
    return plan


def board(query: str = "", role: str = Role.COORDINATOR) -> str:
    response = signed_in(role).get(f"/?day={day()}{query}")
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def test_the_proposals_of_the_day_with_the_sizes_of_their_bundles(plan: Plan) -> None:
    shown = board()
    assert shown.count('class="proposal"') == 2
    assert shown.count('data-bundle-size="2"') == 2
    assert f"{plan.number} is ready: 2 proposals on these rows, not booked." in shown


def test_rows_alone_have_their_proposals(plan: Plan, contractor: Contractor) -> None:
    client = signed_in()
    answer = client.get(f"/live/lanes/?day={day()}&clock=America/Chicago&contractors={contractor.pk}")
    assert answer.content.decode().count('class="proposal"') == 2


def test_a_newer_plan_without_proposals_hides_none(plan: Plan) -> None:
    newer = PlanFactory(state="ready", expires_at=timezone.now() + timedelta(hours=4))
    PlanItemFactory(plan=newer, state="stale")
    PlanItemFactory(plan=newer, action="keep", previous_slot=TimestamptzRange(at(9), at(11), "[)"))
    assert f"{plan.number} is ready: 2 proposals on these rows" in board()
    PlanItemFactory(plan=newer, start=at(9, days=5))
    assert f"{newer.number} is ready: no proposal on these rows." in board()


def test_what_was_booked_otherwise_is_not_proposed(plan: Plan) -> None:
    first, *_ = plan.items.order_by("pk")
    Job.objects.filter(pk=first.job_id).update(status="assigned")
    assert f"{plan.number} is ready: 1 proposal on these rows" in board()
    moved = AssignmentFactory()
    so_far = {"previous_assignment": moved, "previous_slot": moved.time_slot, "previous_contractor": moved.contractor}
    PlanItemFactory(plan=plan, job=moved.job, action="move", start=at(11, days=2), previous_version=1, **so_far)
    assert f"{plan.number} is ready: 2 proposals on these rows" in board()
    Assignment.objects.filter(pk=moved.pk).update(version=2)
    assert f"{plan.number} is ready: 1 proposal on these rows" in board()


def test_they_can_be_hidden(plan: Plan) -> None:
    shown = board("&proposals=off")
    assert 'class="proposal"' not in shown
    assert plan.number not in shown


@pytest.mark.parametrize(
    "values", [{"state": "discarded"}, {"state": "accepted"}, {"expires_at": datetime(2020, 1, 1, tzinfo=UTC)}]
)
def test_plans_that_are_over_are_not_shown(plan: Plan, values: dict[str, object]) -> None:
    Plan.objects.update(**values)
    assert plan.number not in board()


def test_a_manager_sees_them_and_cannot_accept(plan: Plan) -> None:
    shown = board(role=Role.MANAGER)
    assert shown.count('class="proposal"') == 2
    assert "data-may-assign" not in shown
