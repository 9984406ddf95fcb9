"""What each role sees of a plan: the API and the page follow one rule."""

from html import unescape
from typing import Any

import pytest
from django.urls import reverse

from recommendations.planning.models import Plan, PlanMiss
from recommendations.planning.scope import Scope
from smartscheduler.accounts.permissions import Role
from tests.api import client_as
from tests.factories import ContractorFactory, JobFactory, at
from tests.pages import signed_in
from tests.recommendations.planning.proposals import booked, proposes, ready_plan

pytestmark = pytest.mark.django_db

REASON, REFUSAL, OFFERED = "Has a bad back", "It needs 25 min of driving. Casey was faster.", "Instead: Nora Next"


@pytest.fixture
def plan() -> Plan:
    """A plan that leaves a contractor out, with a booking in conflict, a stale change and a job left out."""
    ill, kept, taken = ContractorFactory(name="Ida Ill"), booked(ContractorFactory(), at(9, days=2)), JobFactory()
    first, last = at(0).date(), at(0, days=6).date()
    plan = ready_plan(
        scope=Scope(jobs=[taken.pk], excluded={ill.pk: REASON}, first_day=first, last_day=last).as_json(),
        conflicts=[{"assignment": str(kept.pk), "job": kept.job.job_number, "rules": ["drive_too_long"]}],
    )
    slot = {"start": at(13, days=2).isoformat(), "end": at(15, days=2).isoformat()}
    offer = {"contractor": str(ill.pk), "contractor_name": "Nora Next", "time_slot": slot, "same_contractor": False}
    stale = {"state": "stale", "stale_code": "slot-unavailable", "stale_reason": REFUSAL, "suggestion": offer}
    proposes(plan, ContractorFactory(), at(9, days=2), taken, **stale)
    PlanMiss.objects.create(
        plan=plan, position=1, job=JobFactory(), code="time-ran-out", sentence="0.8% to gain.", numbers={"percent": 0.8}
    )
    return plan


def of_the_api(plan: Plan, role: Role) -> dict[str, Any]:
    client, url = client_as(role), reverse("api:plan-detail", args=[plan.pk])
    (item,), (miss,) = (client.get(f"{url}{part}/").json()["results"] for part in ("items", "misses"))
    shown = client.get(url).json()
    return {
        "reasons": list(shown["scope"]["excluded"].values()),
        "conflicts": shown["conflicts"],
        "refusal": item["stale_reason"],
        "suggestion": item["suggestion"],
        "what_ifs": miss["what_ifs"],
    }


def page(plan: Plan, role: Role) -> str:
    response = signed_in(role).get(reverse("admin:planning_plan_change", args=[plan.pk]))
    assert response.status_code == 200
    return unescape(response.content.decode())


@pytest.mark.parametrize("role", [Role.COORDINATOR, Role.ADMINISTRATOR])
def test_those_who_plan_see_all_of_it(plan: Plan, role: Role) -> None:
    seen = of_the_api(plan, role)
    assert (seen["reasons"], seen["refusal"]) == ([REASON], REFUSAL)
    assert seen["conflicts"] == plan.conflicts
    assert seen["suggestion"]["contractor_name"] == "Nora Next"
    assert seen["what_ifs"]
    shown = page(plan, role)
    for text in (f"Ida Ill ({REASON})", REFUSAL, OFFERED, "1 booking breaks a rule and stays as it is"):
        assert text in shown
    assert plan.conflicts[0]["job"] in shown


def test_a_manager_sees_who_is_left_out_and_what_is_stale_but_not_why(plan: Plan) -> None:
    assert of_the_api(plan, Role.MANAGER) == {
        "reasons": [None],
        "conflicts": None,
        "refusal": None,
        "suggestion": None,
        "what_ifs": [],
    }
    shown = page(plan, Role.MANAGER)
    for text in (REASON, REFUSAL, OFFERED, plan.conflicts[0]["job"], "breaks a rule"):
        assert text not in shown
    assert "Left out: Ida Ill" in shown
    assert "This change is no longer possible." in shown
    watched = signed_in(Role.MANAGER).get(reverse("admin:planning_plan_watch", args=[plan.pk])).json()
    assert [each["text"] for each in watched["stale"]] == ["This change is no longer possible."]


def test_the_week_board_says_in_words_what_its_colors_mean(plan: Plan) -> None:
    assert "<span data-kind-text>proposed, and no longer possible</span>" in page(plan, Role.COORDINATOR)
