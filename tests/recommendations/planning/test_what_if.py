"""*What if*: one change of a scope, and the plan of the rest."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from recommendations.planning.acceptance import accept_plan
from recommendations.planning.models import Plan, PlanMiss
from recommendations.planning.reasons import what_ifs
from recommendations.planning.replans import replan
from recommendations.planning.scope import LAST_ZONE, Scope
from recommendations.planning.services import request_plan
from recommendations.planning.what_if import WhatIf
from smartscheduler.errors import InvalidInput, InvalidTransition
from tests.factories import ContractorFactory, JobFactory, UserFactory, at
from tests.recommendations.planning.proposals import proposes

DAYS: dict[str, Any] = {"first_day": date(2026, 11, 30), "last_day": date(2026, 12, 2)}
LOCKED = uuid4()


@pytest.mark.parametrize(
    ("change", "field", "value"),
    [
        ({"last_day": "2026-12-04"}, "last_day", date(2026, 12, 4)),
        ({"unlock": str(LOCKED)}, "locks", {}),
        ({"may_change": "pending"}, "may_change", "pending"),
        ({"max_changes": 3}, "max_changes", 3),
        ({"max_changes": None}, "max_changes", None),
        ({"effort": "thorough"}, "effort", "thorough"),
        ({"all_contractors": True}, "contractors", None),
    ],
)
def test_changes_one_field(change: dict[str, Any], field: str, value: Any) -> None:
    scope = Scope(jobs=[uuid4()], **DAYS, locks={LOCKED: "day"}, contractors=[uuid4()], max_changes=1)
    what_if = WhatIf.parse(change)
    assert what_if.as_json() == change
    changed = what_if.applied(scope)
    assert getattr(changed, field) == value
    before, after = scope.as_json(), changed.as_json()
    assert {name for name in before if before[name] != after[name]} == {field}


@pytest.mark.parametrize(
    "change",
    [{}, {"colour": "red"}, {"effort": "quick", "max_changes": 1}],
)
def test_refuses_what_is_not_one_change(change: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput) as refusal:
        WhatIf.parse(change)
    assert list(refusal.value.errors) == ["change"]


@pytest.mark.parametrize(
    "change",
    [
        {"last_day": "soon"},
        {"last_day": 3},
        {"unlock": "x"},
        {"unlock": 1},
        {"may_change": "all"},
        {"max_changes": "x"},
    ],
    ids=str,
)
def test_refuses_a_value_of_another_kind(change: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput) as refusal:
        WhatIf.parse(change).applied(Scope(jobs=[], **DAYS))
    assert list(refusal.value.errors) == ["change"]


def planned(*jobs: Any, **scope: Any) -> Plan:
    """A ready plan that was requested for these jobs."""
    days: dict[str, Any] = {"first_day": at(0).date(), "last_day": at(0, days=4).date()}
    plan = request_plan(scope=Scope(jobs=[job.pk for job in jobs], **days, **scope), actor=UserFactory())
    Plan.objects.filter(pk=plan.pk).update(state="ready")
    plan.refresh_from_db()
    return plan


@pytest.mark.django_db
def test_the_rest_is_planned_again_and_what_was_accepted_stays() -> None:
    accepted, open_job, ada = JobFactory(), JobFactory(), ContractorFactory()
    plan = planned(accepted, open_job, may_change="all_but_locked")
    item = proposes(plan, ada, at(9, days=2), accepted)
    accept_plan(plan_id=plan.pk, item_ids=None, all_or_nothing=False, actor=None)
    item.refresh_from_db()
    rest = replan(plan_id=plan.pk, change=None, actor=UserFactory())
    scope = Scope.of_json(rest.scope)
    assert (rest.kind, rest.parent, rest.seed, rest.state) == ("rest", plan, plan.seed, "queued")
    assert list(scope.jobs) == [open_job.pk]
    assert scope.locks == {item.assignment_id: "contractor_and_time"}


@pytest.mark.django_db
@pytest.mark.parametrize(("first", "last", "days"), [(-9, -5, 5), (-2, 4, None)])
def test_the_rest_of_a_plan_whose_days_are_over_gets_as_many_days(first: int, last: int, days: int | None) -> None:
    """Days that are still to come keep their end."""
    plan = planned(JobFactory())
    scope = replace(Scope.of_json(plan.scope), first_day=at(0, days=first).date(), last_day=at(0, days=last).date())
    Plan.objects.filter(pk=plan.pk).update(
        state="expired", scope=scope.as_json(), first_day=scope.first_day, last_day=scope.last_day
    )
    today = timezone.now().astimezone(LAST_ZONE).date()
    rest = replan(plan_id=plan.pk, change=None, actor=None)
    assert rest.first_day >= today
    if days:
        assert Scope.of_json(rest.scope).days == days
    else:
        assert rest.last_day == scope.last_day


@pytest.mark.django_db
def test_the_last_day_of_a_job_that_is_past_moves_with_the_plan() -> None:
    jobs = JobFactory.create_batch(3)
    today = timezone.now().astimezone(LAST_ZONE).date()
    first, last = today - timedelta(days=3), today + timedelta(days=3)
    own = [first + timedelta(days=1), today, last]
    plan = planned(*jobs)
    scope = replace(
        Scope.of_json(plan.scope),
        first_day=first,
        last_day=last,
        last_days={job.pk: day for job, day in zip(jobs, own, strict=True)},
    )
    Plan.objects.filter(pk=plan.pk).update(state="expired", scope=scope.as_json(), first_day=first, last_day=last)
    rest = Scope.of_json(replan(plan_id=plan.pk, change=None, actor=None).scope)
    assert (rest.first_day, rest.last_day) == (today, last)
    assert [rest.last_days[job.pk] for job in jobs] == [today + timedelta(days=1), today, last]


@pytest.mark.django_db
def test_what_if_starts_a_plan_with_one_change() -> None:
    job = JobFactory()
    plan = planned(job)
    changed = replan(plan_id=plan.pk, change=WhatIf("effort", "thorough"), actor=None)
    before, after = plan.scope, changed.scope
    assert (changed.kind, changed.effort) == ("what_if", "thorough")
    assert {name for name in before if before[name] != after[name]} == {"effort"}


@pytest.mark.django_db
def test_nothing_is_planned_when_no_job_is_open() -> None:
    job = JobFactory()
    plan = planned(job)
    job.status = "assigned"
    job.save()
    with pytest.raises(InvalidTransition, match="nothing is left to plan"):
        replan(plan_id=plan.pk, change=None, actor=None)
    assert Plan.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("code", "numbers", "changes"),
    [
        ("nobody-eligible", {"outside_scope": 2}, [{"all_contractors": True}]),
        ("nobody-eligible", {"contractors": 2, "outside_scope": 0}, []),
        ("locked", {"locks": [str(LOCKED)]}, [{"unlock": str(LOCKED)}]),
        ("locked", {"locks": [], "confirmed": False}, []),
        ("locked", {"locks": [], "confirmed": True}, [{"may_change": "all_but_locked"}]),
        ("max-changes", {"changes": 2, "max_changes": 0}, [{"max_changes": 2}]),
        ("time-ran-out", {}, [{"effort": "thorough"}]),
        ("time-ran-out", {"limit": "seconds"}, []),
    ],
)
def test_each_reason_offers_what_could_help(code: str, numbers: dict[str, Any], changes: list[Any]) -> None:
    miss = PlanMiss(plan=planned(JobFactory()), code=code, numbers=numbers)
    assert [what_if.as_json() for _, what_if in what_ifs(miss)] == changes


@pytest.mark.django_db
def test_a_later_last_day_is_offered_while_a_plan_can_have_as_many_days() -> None:
    plan = planned(JobFactory())

    def offers(code: str, free: int) -> list[Any]:
        miss = PlanMiss(plan=plan, code=code, numbers={"first_free": at(0, days=free).date().isoformat()})
        return [what_if.as_json() for _, what_if in what_ifs(miss)]

    move = {"may_change": "pending"}
    assert offers("no-slot-in-days", 30) == [{"last_day": at(0, days=30).date().isoformat()}, move]
    assert offers("no-slot-in-days", 31) == [move]
    assert offers("worth-less", 0) == [{"last_day": at(0, days=5).date().isoformat()}, move]
    plan.last_day = at(0, days=30).date()
    assert offers("worth-less", 0) == [move]
    plan.first_day, plan.last_day = at(0, days=-6).date(), at(0, days=-3).date()
    assert offers("no-slot-in-days", 5) == offers("worth-less", 0) == [move]
