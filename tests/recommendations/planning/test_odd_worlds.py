"""Plans of worlds with zones, night shifts, absences and promised windows: all that is planned can be booked."""

import random
from datetime import time, timedelta
from typing import Any

import pytest
from django.utils import timezone

from assignments.models import Assignment
from jobs.models import Job
from recommendations.planning import runs
from recommendations.planning.acceptance import accept_plan
from recommendations.planning.figures import by_hand
from recommendations.planning.models import Plan
from recommendations.planning.scope import Scope
from recommendations.planning.services import request_plan
from recommendations.planning.snapshot import read_snapshot
from tests.recommendations.worlds import World

pytestmark = pytest.mark.django_db


def open_jobs(world: World, count: int) -> list[Job]:
    jobs = []
    for _ in range(count):
        job = world.job(priority=world.random.choice(Job.Priority.values))
        if world.random.random() < 0.3:
            world.promise(job)
        jobs.append(job)
    return Job.objects.bulk_create(jobs)


def made(jobs: list[Job], **others: Any) -> tuple[Plan, list[str]]:
    today = timezone.now().date()
    scope = Scope(
        jobs=[job.pk for job in jobs],
        first_day=today,
        last_day=today + timedelta(days=6),
        effort="quick",
        seed=1,
        **others,
    )
    plan = request_plan(scope=scope, actor=None)
    assert runs.take() == plan
    outcome = runs.Run(Plan.objects.get(pk=plan.pk)).run()
    plan.refresh_from_db()
    return plan, outcome["refused"]


def test_jobs_with_start_hours_start_in_them_or_say_why_not(dice: random.Random) -> None:
    world = World(dice.getrandbits(32), people=14, bookings=1.5)
    Assignment.objects.update(score_breakdown={"explanation": "Booked before."})
    jobs = Job.objects.bulk_create([world.job() for _ in range(10)])
    hours = {job.pk: (time(8), time(9, 30)) for job in jobs}
    plan, refused = made(jobs, start_hours=hours)
    assert refused == []
    items = list(plan.items.select_related("job"))
    assert plan.worth == sum(item.worth for item in items)
    assert len(items) + plan.misses.count() == len(jobs)
    accept_plan(plan_id=plan.pk, item_ids=None, all_or_nothing=True, actor=None)
    for booking in Assignment.objects.live().filter(job__in=jobs).select_related("job"):
        assert time(8) <= booking.slot.start.astimezone(booking.job.zone).time() <= time(9, 30)


def test_by_hand_keeps_the_start_hours(dice: random.Random) -> None:
    world = World(dice.getrandbits(32), people=14, bookings=1.5)
    jobs = Job.objects.bulk_create([world.job() for _ in range(10)])
    today, hours = timezone.now().date(), (time(8), time(9, 30))
    scope = Scope(
        jobs=[job.pk for job in jobs],
        first_day=today,
        last_day=today + timedelta(days=6),
        start_hours={job.pk: hours for job in jobs},
    )
    for booked in by_hand(read_snapshot(scope, now=timezone.now())):
        start = booked.slot.start.astimezone(booked.planned.request.zone).time()
        assert hours[0] <= start <= hours[1]


@pytest.mark.parametrize(
    "others",
    [{}, {"may_change": "all_but_locked", "freeze_hours": 0}, {"may_change": "pending", "max_changes": 2}],
    ids=str,
)
def test_all_that_is_planned_can_be_booked(dice: random.Random, others: dict[str, Any]) -> None:
    world = World(dice.getrandbits(32), people=14, bookings=1.5)
    Assignment.objects.update(score_breakdown={"explanation": "Booked before."})
    plan, refused = made(open_jobs(world, 14), **others)
    assert refused == []
    items = list(plan.items.all())
    assert plan.worth == sum(item.worth for item in items)
    assert plan.bound is None or plan.bound >= plan.worth
    acceptance = accept_plan(plan_id=plan.pk, item_ids=None, all_or_nothing=False, actor=None)
    assert [(item.action, item.stale_code, item.stale_reason) for item in acceptance.stale] == []
    changes = [item for item in items if item.is_change]
    assert len(acceptance.accepted) == len(changes)
    for item in changes:
        booked = Assignment.objects.live().filter(job=item.job_id).first()
        assert (booked and (booked.contractor_id, booked.slot)) == (item.slot and (item.contractor_id, item.slot))
