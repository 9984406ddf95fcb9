"""Scopes: each bad input is refused with its field, and a scope survives being stored."""

from datetime import date, time, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.utils import timezone
from pytest_django import Settings

from recommendations.planning.models import Plan
from recommendations.planning.scope import Scope
from recommendations.planning.services import cancel_plan, discard_plan, place_in_queue, request_plan, stop_plan
from recommendations.planning.snapshot import ScopeSummary, summarize
from smartscheduler.errors import InvalidInput, InvalidTransition, JobNotOpen, PlanTooLarge
from smartscheduler.events.models import OutboxEvent
from smartscheduler.rules.current import current_rules
from tests.factories import AssignmentFactory, ContractorFactory, JobFactory, PlanFactory, UserFactory, at

pytestmark = pytest.mark.django_db
UNKNOWN = UUID(int=7)


def day(days: int) -> date:
    return at(0, days=days).date()


def scope(**others: Any) -> Scope:
    jobs = others.pop("jobs", None) or [JobFactory().pk]
    return Scope(**{"jobs": jobs, "first_day": day(1), "last_day": day(3), **others})


def request(**others: Any) -> Plan:
    return request_plan(scope=scope(**others), actor=None)


@pytest.mark.parametrize(
    ("field", "others"),
    [
        ("jobs", {"jobs": [UNKNOWN]}),
        ("last_day", {"first_day": day(3), "last_day": day(2)}),
        ("first_day", {"first_day": day(-3)}),
        ("first_day", {"first_day": date(2099, 1, 1), "last_day": date(2099, 1, 2)}),
        ("contractors", {"contractors": []}),
        ("contractors", {"contractors": [UNKNOWN]}),
        ("excluded", {"excluded": {UNKNOWN: "Ill"}}),
        ("locks", {"locks": {UNKNOWN: "day"}}),
        ("locks", {"locks": {UNKNOWN: "everything"}}),
        ("last_days", {"last_days": {UNKNOWN: day(2)}}),
        ("start_hours", {"start_hours": {UNKNOWN: (time(8), time(12))}}),
        ("start_hours", {"start_hours": {UNKNOWN: (time(12), time(8))}}),
        ("may_change", {"may_change": "all"}),
        ("effort", {"effort": "heroic"}),
        ("max_changes", {"max_changes": -1}),
        ("seed", {"seed": 2**31}),
        ("lead_hours", {"lead_hours": -1}),
        ("freeze_hours", {"freeze_hours": 1_000}),
    ],
    ids=str,
)
def test_a_bad_value_is_refused_with_its_field(field: str, others: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput) as refusal:
        request(**others)
    assert refusal.value.errors.keys() == {field}
    assert not Plan.objects.exists()
    assert not OutboxEvent.objects.filter(type="PlanRequested").exists()


def test_no_job_is_refused_unless_a_filter_found_none() -> None:
    with pytest.raises(InvalidInput) as refusal:
        request_plan(scope=Scope(jobs=[], first_day=day(1), last_day=day(1)), actor=None)
    assert refusal.value.errors.keys() == {"jobs"}
    plan = request_plan(scope=Scope(jobs=[], first_day=day(1), last_day=day(1), chosen_by_filter=True), actor=None)
    assert plan.state == "queued"


def test_a_job_that_is_not_open_is_named() -> None:
    booked = AssignmentFactory().job
    with pytest.raises(JobNotOpen) as refusal:
        request(jobs=[booked.pk, JobFactory().pk])
    assert refusal.value.extra == {"jobs": [booked.job_number]}
    assert booked.job_number in refusal.value.detail


def test_too_many_jobs_or_days_say_the_limit(settings: Settings) -> None:
    settings.PLAN_MOST_JOBS = 1
    with pytest.raises(PlanTooLarge) as refusal:
        request(jobs=[uuid4(), uuid4()])
    assert refusal.value.extra == {"limit": {"jobs": 1}}
    assert "Split it" in refusal.value.detail
    with pytest.raises(PlanTooLarge) as refusal:
        request(last_day=day(40))
    assert refusal.value.extra == {"limit": {"days": 31}}


def test_a_scope_survives_being_stored() -> None:
    stored = scope(
        jobs=[uuid4()],
        contractors=[uuid4()],
        excluded={uuid4(): "On another site"},
        locks={uuid4(): "day"},
        last_days={uuid4(): day(2)},
        max_changes=3,
        may_change="pending",
        seed=5,
    )
    assert Scope.of_json(stored.as_json()) == stored


def test_a_repeated_job_counts_once_and_a_seed_is_chosen() -> None:
    job = JobFactory()
    plan = request(jobs=[job.pk, job.pk])
    assert plan.scope["jobs"] == [str(job.pk)]
    assert plan.scope["seed"] == plan.seed
    assert OutboxEvent.objects.get(type="PlanRequested").data["jobs"] == 1


def test_the_summary_counts_before_anything_runs() -> None:
    booked = AssignmentFactory(start=at(9, days=2))
    ContractorFactory(type="tile")
    ContractorFactory(status="inactive")
    plan_scope = scope(jobs=[JobFactory().pk, JobFactory(type="carpet").pk])
    now = timezone.now()
    summary = summarize(plan_scope, current_rules(), now=now)
    assert summary == ScopeSummary(jobs=2, contractors=1, days=3, kept=1, movable=0)
    moving = Scope(**{**plan_scope.__dict__, "may_change": "pending", "freeze_hours": 0})
    assert (summarize(moving, current_rules(), now=now).movable, booked.status) == (1, "pending")


class TestStates:
    def test_a_queued_plan_is_canceled_at_once(self) -> None:
        plan = cancel_plan(plan_id=request().pk, actor=UserFactory())
        assert (plan.state, plan.is_at_work) == ("cancelled", False)
        assert OutboxEvent.objects.filter(type="PlanCancelled").count() == 1

    def test_only_a_running_plan_can_be_stopped(self) -> None:
        with pytest.raises(InvalidTransition) as refusal:
            stop_plan(plan_id=request().pk, actor=None)
        assert refusal.value.extra == {"from": "queued", "to": "stopped"}
        running = PlanFactory(state="running")
        assert stop_plan(plan_id=running.pk, actor=None).stop_request == "stop"

    def test_a_discarded_plan_is_closed(self) -> None:
        plan = PlanFactory(state="ready")
        assert discard_plan(plan_id=plan.pk, actor=None).state == "discarded"
        with pytest.raises(InvalidTransition):
            discard_plan(plan_id=plan.pk, actor=None)

    def test_the_place_in_the_queue(self) -> None:
        first, second = PlanFactory(), PlanFactory()
        Plan.objects.filter(pk=first.pk).update(created_at=timezone.now() - timedelta(minutes=1))
        first.refresh_from_db()
        assert [place_in_queue(plan) for plan in (first, second, PlanFactory(state="ready"))] == [1, 2, 0]
