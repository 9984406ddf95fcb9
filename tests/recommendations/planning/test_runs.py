"""Runs of plans: from the database to stored rows, by one engine and one scoring."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from assignments.models import Assignment
from assignments.services import assign_job
from jobs.models import Job
from recommendations.planning import figures, runs, services
from recommendations.planning.models import Plan, PlanItem
from recommendations.planning.scope import Scope
from recommendations.planning.snapshot import Reading, read_snapshot
from smartscheduler.events.models import OutboxEvent
from smartscheduler.rules.current import current_rules
from tests.factories import AssignmentFactory, ContractorFactory, JobFactory, UserFactory, at

pytestmark = pytest.mark.django_db


def day(days: int) -> date:
    return at(0, days=days).date()


def scope(jobs: list[Job], **others: Any) -> Scope:
    return Scope(**{"jobs": [job.pk for job in jobs], "first_day": day(1), "last_day": day(5), "seed": 7, **others})


def made(jobs: list[Job], **others: Any) -> Plan:
    """A plan of these jobs, requested and made in this process."""
    services.request_plan(scope=scope(jobs, **others), actor=UserFactory())
    plan = runs.take()
    assert plan
    runs.Run(plan).run()
    plan.refresh_from_db()
    return plan


def test_each_job_gets_a_slot_that_the_ordinary_service_books() -> None:
    ContractorFactory.create_batch(3)
    jobs = JobFactory.create_batch(6, duration=timedelta(hours=4))
    plan = made(jobs)
    assert plan.state == "ready"
    items = list(plan.items.order_by("position"))
    assert {item.job for item in items} == set(jobs)
    assert not Assignment.objects.exists()
    for item in items:
        assert item.slot
        assert item.contractor_id
        booked = assign_job(job_id=item.job_id, contractor_id=item.contractor_id, start=item.slot.start, actor=None)
        assert booked.slot == item.slot


def test_the_worth_of_a_plan_is_the_sum_of_its_rows() -> None:
    ContractorFactory.create_batch(2)
    plan = made(JobFactory.create_batch(5, duration=timedelta(hours=3)))
    items = list(plan.items.all())
    assert plan.worth == sum(item.worth for item in items)
    assert all(item.worth == sum(item.parts().values()) for item in items)
    if plan.bound is not None:
        assert plan.bound >= plan.worth


def test_the_score_is_that_of_the_ranking_on_the_day_of_the_slot() -> None:
    contractor = ContractorFactory()
    job = JobFactory()
    item = made([job]).items.get()
    assert item.slot
    booked = assign_job(job_id=job.pk, contractor_id=contractor.pk, start=item.slot.start, actor=None)
    assert (item.score, item.rank) == (booked.score, 1)
    assert item.score_breakdown["explanation"].startswith("Planned for ")


def test_a_job_that_nobody_can_do_is_left_out_with_the_reason() -> None:
    ContractorFactory()
    tile, flooring = JobFactory(type="tile"), JobFactory()
    plan = made([tile, flooring])
    assert plan.items.get().job == flooring
    assert (plan.misses.get().job, plan.misses.get().code) == (tile, "nobody-eligible")


def test_a_snapshot_of_many_contractors_may_take_longer_than_a_transaction_may_be_idle(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.PLAN_PROCESS_SECONDS = 480
    limits, read = list[str](), Reading.read

    def reading(self: Reading) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SHOW idle_in_transaction_session_timeout")
            limits.append(cursor.fetchone()[0])
        read(self)

    monkeypatch.setattr(Reading, "read", reading)
    read_snapshot(scope([JobFactory()]), now=timezone.now())
    assert limits == ["8min"]


def test_an_empty_filter_gives_a_ready_plan_without_items() -> None:
    plan = made([], chosen_by_filter=True)
    assert (plan.state, plan.items.count(), plan.worth) == ("ready", 0, 0)


def test_the_figures_compare_today_by_hand_and_the_plan() -> None:
    ContractorFactory.create_batch(2)
    AssignmentFactory(start=at(9, days=2))
    plan = made(JobFactory.create_batch(3))
    columns = plan.figures
    assert (columns["today"]["planned"], columns["today"]["mean_score"]) == (0, None)
    assert (columns["by_hand"]["planned"], columns["plan"]["planned"]) == (3, 3)
    assert columns["plan"]["mean_score"] >= 0.5
    assert plan.counts["jobs"] == 3
    assert plan.counts["kept"] == 1


class TestBookingsThatMayChange:
    @pytest.fixture
    def booked(self) -> Assignment:
        """The only contractor's day is half full, so that a long job fits only if the booking moves."""
        contractor = ContractorFactory()
        job = JobFactory(status="assigned", duration=timedelta(hours=2), desired_date=at(11, days=2))
        return AssignmentFactory(contractor=contractor, job=job, start=at(11, days=2))

    def plan(self, booked: Assignment, **others: Any) -> tuple[Plan, Job]:
        long = JobFactory(duration=timedelta(hours=6), desired_date=at(9, days=2), priority="urgent")
        return made([long], **{"first_day": day(2), "last_day": day(2), "freeze_hours": 0, **others}), long

    def test_stay_by_default(self, booked: Assignment) -> None:
        plan, long = self.plan(booked)
        assert plan.misses.get().job == long
        assert not plan.items.exists()

    def test_move_in_one_bundle_with_the_job_that_needs_their_time(self, booked: Assignment) -> None:
        plan, long = self.plan(booked, may_change="pending")
        items = {item.action: item for item in plan.items.all()}
        assert items.keys() == {"book", "move"}
        assert items["book"].job == long
        assert items["move"].previous_assignment == booked
        assert items["move"].disruption == 150
        assert items["book"].bundle == items["move"].bundle
        assert plan.figures["plan"]["customers_moved"] == 1
        assert plan.worth == sum(item.worth for item in items.values())

    @pytest.mark.parametrize(
        ("others", "code"),
        [
            ({"max_changes": 0, "may_change": "all_but_locked"}, "max-changes"),
            ({"freeze_hours": 72, "may_change": "all_but_locked"}, "locked"),
        ],
    )
    def test_stay_within_the_limits(self, booked: Assignment, others: dict[str, Any], code: str) -> None:
        plan, long = self.plan(booked, **others)
        assert (plan.misses.get().job, plan.misses.get().code) == (long, code)

    @pytest.mark.parametrize("lock", ["contractor_and_time", "time"])
    def test_stay_if_their_time_is_locked(self, booked: Assignment, lock: str) -> None:
        plan, _ = self.plan(booked, may_change="pending", locks={booked.pk: lock})
        assert set(plan.items.values_list("action", flat=True)) <= {"keep"}

    @pytest.mark.parametrize(("lock", "action"), [("contractor", "move"), ("day", "move")])
    def test_move_within_their_lock(self, booked: Assignment, lock: str, action: str) -> None:
        plan, long = self.plan(booked, may_change="pending", locks={booked.pk: lock})
        items = {item.job: item for item in plan.items.all()}
        assert items.keys() == {long, booked.job}
        assert items[booked.job].action == action
        assert items[booked.job].contractor == booked.contractor

    def test_confirmed_ones_stay_when_only_pending_ones_may_move(self, booked: Assignment) -> None:
        Assignment.objects.update(status="confirmed", confirmed_at=timezone.now())
        plan, _ = self.plan(booked, may_change="pending")
        assert not plan.items.exists()

    def test_a_kept_booking_is_a_row_without_a_change(self, booked: Assignment) -> None:
        job = JobFactory(desired_date=at(9, days=3))
        plan = made([job], first_day=day(2), freeze_hours=0, may_change="pending")
        items = {item.action: item for item in plan.items.all()}
        assert items.keys() == {"book", "keep"}
        assert items["keep"].slot == booked.slot
        assert items["keep"].bundle != items["book"].bundle
        assert not items["keep"].is_change


def test_the_miles_of_the_day_count_the_bookings_that_stay() -> None:
    contractor = ContractorFactory()
    north = {"latitude": "30.3672", "longitude": "-97.7431"}
    AssignmentFactory(contractor=contractor, job=JobFactory(status="assigned", **north), start=at(8, days=2))
    job = JobFactory(desired_date=at(13, days=2))
    item = made([job], first_day=day(2), last_day=day(2)).items.get()
    assert (str(item.miles_before), str(item.miles_after)) == ("0.0", "6.9")
    assert item.travel == 345  # 6.91 miles at 50 ten-thousandths


def test_by_hand_takes_the_most_urgent_job_first_and_the_first_of_its_ranking() -> None:
    near, far = ContractorFactory(rating="5.00"), ContractorFactory(rating="3.00")
    jobs = JobFactory.create_batch(2, duration=timedelta(hours=8), desired_date=at(8, days=2))
    urgent = JobFactory(duration=timedelta(hours=8), desired_date=at(8, days=2), priority="urgent")
    services.request_plan(scope=scope([*jobs, urgent], first_day=day(2), last_day=day(2)), actor=None)
    plan = runs.take()
    assert plan
    run = runs.Run(plan)
    run.run()
    assert run.snapshot
    booked = figures.by_hand(run.snapshot)
    assert [(each.planned.job, each.contractor_id) for each in booked][:1] == [(urgent, near.pk)]
    assert [each.contractor_id for each in booked] == [near.pk, far.pk]
    assert run.figures["by_hand"]["unplanned"] == 1


def test_the_events_of_a_run() -> None:
    ContractorFactory()
    plan = made([JobFactory()])
    types = list(
        OutboxEvent.objects.filter(type__startswith="Plan").order_by("position").values_list("type", flat=True)
    )
    assert (types[0], types[-1]) == ("PlanRequested", "PlanReady")
    data = OutboxEvent.objects.get(type="PlanReady").data
    assert data == {
        "plan_id": str(plan.pk),
        "plan_number": plan.number,
        "planned": 1,
        "unplanned": 0,
        "stopped": False,
    }


def test_the_same_seed_gives_the_same_plan() -> None:
    ContractorFactory.create_batch(3)
    jobs = JobFactory.create_batch(8, duration=timedelta(hours=3))
    first, second = made(jobs), made(jobs)
    columns = ("job_id", "contractor_id", "time_slot", "worth")
    assert list(first.items.values_list(*columns)) == list(second.items.values_list(*columns))


def test_rules_are_kept_with_the_plan() -> None:
    plan = made([], chosen_by_filter=True)
    assert plan.rules_id == current_rules().version
    assert PlanItem.objects.count() == 0
