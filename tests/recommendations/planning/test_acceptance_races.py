"""Acceptance against other bookings, against itself, and killed halfway."""

import os
import subprocess
import sys
from collections import Counter
from datetime import datetime, timedelta
from functools import partial
from itertools import pairwise
from random import Random
from subprocess import Popen
from typing import Any

import pytest
from django.db import connection

from assignments.models import Assignment
from assignments.services import assign_job
from contractors.models import Contractor
from jobs.models import Job
from recommendations.planning.acceptance import accept_plan
from recommendations.planning.models import Plan
from recommendations.planning.undo import undo_plan
from smartscheduler.errors import DomainError
from smartscheduler.events.models import OutboxEvent
from tests.assignments.test_races import together
from tests.factories import ContractorFactory, JobFactory, at
from tests.recommendations.planning.proposals import booked, changes, proposes, ready_plan

pytestmark = pytest.mark.django_db(transaction=True)


def accept(plan: Plan, *, all_or_nothing: bool = False) -> tuple[int, int]:
    result = accept_plan(plan_id=plan.pk, item_ids=None, all_or_nothing=all_or_nothing, actor=None)
    return len(result.accepted), len(result.stale)


def no_contractor_is_booked_twice() -> bool:
    live = Assignment.objects.live().order_by("contractor_id", "time_slot")
    return all(
        earlier.contractor_id != later.contractor_id or earlier.slot.end <= later.slot.start
        for earlier, later in pairwise(live)
    )


def test_of_an_acceptance_and_bookings_at_once_each_item_is_booked_or_names_its_cause(dice: Random) -> None:
    plan, crews = ready_plan(), ContractorFactory.create_batch(6)
    hour = timedelta(hours=1)
    for crew in crews:
        moves = changes(plan, booked(crew, at(8, days=2), duration=hour), start=at(10, days=2))
        proposes(plan, crew, at(8, days=2), JobFactory(duration=hour), bundle=moves.bundle)
        for begins in (12, 14, 16):
            proposes(plan, crew, at(begins, days=2), JobFactory(duration=hour))
    rivals = JobFactory.create_batch(16, duration=hour)

    def rival(job: Job, crew: Contractor, start: datetime) -> str:
        assign_job(job_id=job.pk, contractor_id=crew.pk, start=start, actor=None)
        return "booked"

    # Drawn before the race, which would draw them in another order each time.
    acts: list[Any] = [partial(accept, plan) for _ in range(3)]
    for job in rivals:
        start = at(8, days=2) + timedelta(minutes=30 * dice.randrange(17))
        acts.append(partial(rival, job, dice.choice(crews), start))
    dice.shuffle(acts)
    outcomes = together(acts)
    items = list(plan.items.select_related("job"))
    states = Counter(item.state for item in items)
    assert states.keys() <= {"accepted", "stale"}, states
    assert states.total() == len(crews) * 5
    answers = [outcome for outcome in outcomes if isinstance(outcome, tuple)]
    assert len(answers) == 3, outcomes
    assert all(sum(answer) == len(items) for answer in answers)
    assert no_contractor_is_booked_twice()
    ours = [item.assignment_id for item in items if item.state == "accepted" and item.assignment_id]
    assert len(set(ours)) == states["accepted"]
    assert Assignment.objects.live().filter(pk__in=ours).count() == states["accepted"]
    assert outcomes.count("booked") + states["accepted"] == Assignment.objects.live().count() - len(
        [item for item in items if item.action == "move" and item.state == "stale"]
    )
    for item in items:
        if item.state == "stale":
            assert item.stale_code in {"slot-unavailable", "job-not-open", "precondition-failed"}, item.stale_reason
            assert item.stale_reason
    for bundle in {item.bundle for item in items}:
        assert len({item.state for item in items if item.bundle == bundle}) == 1


def test_accepted_by_many_at_once_it_is_booked_once() -> None:
    plan, crew = ready_plan(), ContractorFactory()
    for start in (8, 11, 14):
        proposes(plan, crew, at(start, days=2))
    outcomes = together(
        [partial(accept, plan) for _ in range(4)] + [partial(accept, plan, all_or_nothing=True) for _ in range(4)]
    )
    assert outcomes == [(3, 0)] * 8
    assert Assignment.objects.count() == OutboxEvent.objects.filter(type="JobAssigned").count() == 3
    plan.refresh_from_db()
    assert plan.state == "accepted"


def test_undo_and_acceptance_at_once_leave_whole_bundles() -> None:
    plan, crew = ready_plan(), ContractorFactory()
    proposes(plan, crew, at(8, days=2))
    changes(plan, booked(crew, at(11, days=2)), start=at(14, days=2))
    accept(plan)

    def undo() -> str:
        try:
            return undo_plan(plan_id=plan.pk, actor=None).state
        except DomainError as refusal:
            return refusal.code

    outcomes = together([partial(accept, plan), undo, partial(accept, plan), undo])
    assert "busy" not in outcomes
    plan.refresh_from_db()
    # Bundles are independent: undo can come between two of them.
    states = set(plan.items.values_list("state", flat=True))
    assert (plan.state == "accepted") == (states == {"accepted"})
    assert (plan.state == "partly_accepted") == (states == {"accepted", "proposed"})
    assert Assignment.objects.live().count() == 1 + plan.items.filter(action="book", state="accepted").count()
    assert no_contractor_is_booked_twice()


@pytest.mark.system
def test_killed_between_two_bundles_it_goes_on() -> None:
    plan, crew = ready_plan(), ContractorFactory()
    items = [proposes(plan, crew, at(start, days=2)) for start in (8, 11, 14)]
    acceptor = start_acceptor(plan, bundles=3)
    assert acceptor.stdout
    assert acceptor.stdout.readline() == "waiting\n"
    acceptor.kill()
    acceptor.communicate(timeout=60)
    for item in items:
        item.refresh_from_db()
    assert [item.state for item in items] == ["accepted", "accepted", "proposed"]
    plan.refresh_from_db()
    assert plan.state == "partly_accepted"
    assert Assignment.objects.count() == 2
    assert not OutboxEvent.objects.filter(type="PlanAccepted").exists()
    assert accept(plan) == (3, 0)
    plan.refresh_from_db()
    assert plan.state == "accepted"
    assert Assignment.objects.count() == OutboxEvent.objects.filter(type="JobAssigned").count() == 3
    assert OutboxEvent.objects.filter(type="PlanAccepted").count() == 1


def start_acceptor(plan: Plan, *, bundles: int) -> Popen[str]:
    database = connection.settings_dict["NAME"]
    url, _, query = os.environ["DATABASE_URL"].partition("?")
    return subprocess.Popen(
        [sys.executable, "-m", "tests.recommendations.planning.acceptor", str(plan.pk), str(bundles)],
        env={
            **os.environ,
            "DATABASE_URL": f"{url.rpartition('/')[0]}/{database}{'?' + query if query else ''}",
            "DJANGO_SETTINGS_MODULE": "smartscheduler.settings",
            "LOG_LEVEL": "ERROR",
        },
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
