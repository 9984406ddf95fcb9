"""Preview of prices: the latest plan is valued by the present and by the new rules."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse

from recommendations.planning import runs
from recommendations.planning.models import Plan
from recommendations.planning.price_preview import preview_prices
from recommendations.planning.scope import Scope
from recommendations.planning.services import request_plan
from smartscheduler.accounts.permissions import Role
from smartscheduler.rules.current import current_rules
from smartscheduler.rules.values import UNIT
from tests.factories import AssignmentFactory, ContractorFactory, JobFactory, at
from tests.pages import signed_in

pytestmark = pytest.mark.django_db
ADD = reverse("admin:rules_rulesversion_add")


@pytest.fixture
def plan() -> Plan:
    contractor = ContractorFactory()
    booked = JobFactory(status="assigned", duration=timedelta(hours=2), desired_date=at(11, days=2))
    AssignmentFactory(contractor=contractor, job=booked, start=at(11, days=2))
    jobs = [JobFactory(duration=timedelta(hours=6), priority="urgent"), JobFactory(priority="low")]
    scope = Scope(
        jobs=[job.pk for job in jobs],
        first_day=at(0, days=2).date(),
        last_day=at(0, days=4).date(),
        may_change="pending",
        freeze_hours=0,
        seed=1,
    )
    request_plan(scope=scope, actor=None)
    taken = runs.take()
    assert taken
    runs.Run(taken).run()
    taken.refresh_from_db()
    return taken


def test_by_its_own_rules_the_plan_is_worth_what_it_is(plan: Plan) -> None:
    rules = current_rules()
    preview = preview_prices(rules, rules)
    assert preview
    assert (preview.plan, preview.items) == (plan, plan.items.count())
    assert preview.before == preview.after == Decimal(plan.worth or 0) / UNIT


def test_other_prices_change_each_part(plan: Plan) -> None:
    rules = current_rules()
    dearer = replace(rules, prices=replace(rules.prices, worth_low=20_000, price_time=1_300, price_fairness=300))
    preview = preview_prices(rules, dearer)
    assert preview
    moved = plan.items.filter(action="move").count()
    second = plan.items.filter(fairness__gt=0).count()
    assert preview.after - preview.before == Decimal(10_000 - moved * 500 - second * 200) / UNIT


def test_the_preview_shows_it(plan: Plan) -> None:
    values = {**current_rules().as_fields(), "worth_low": "2"}
    page = signed_in(Role.ADMINISTRATOR).get(ADD, {name: str(value) for name, value in values.items()})
    text = page.content.decode()
    assert plan.number in text
    assert f"{(plan.worth or 0) / UNIT:.4f}" in text
    assert f"{(plan.worth or 0) / UNIT + 1:.4f}" in text


def test_without_a_plan_there_is_no_preview() -> None:
    assert preview_prices(current_rules(), current_rules()) is None
