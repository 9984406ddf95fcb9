"""Turns of a worker: leases, killed workers, stop, cancel, limits, and what the engine refuses."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import date, timedelta
from typing import Any, NoReturn

import psutil
import pytest
from django.utils import timezone
from pytest_django import Settings

from assignments.eligibility import Reason, Rule
from benchmarks.plans.database import load
from benchmarks.plans.worlds import generate
from jobs.models import Job
from recommendations.planning import child_run, results, runs
from recommendations.planning.models import Plan, PlanItem
from recommendations.planning.problem import Solution
from recommendations.planning.reasons import Miss, explain_misses
from recommendations.planning.scope import Scope
from recommendations.planning.services import cancel_plan, expire_plans, request_plan, stop_plan
from recommendations.planning.solver import SolveCancelled, solve
from smartscheduler.accounts.models import User
from smartscheduler.core import child_process
from smartscheduler.core.child_process import ChildFailed, MemoryLimitExceeded, TimeLimitExceeded
from smartscheduler.core.observability.metrics.definitions import PLAN_ITEMS_REFUSED
from smartscheduler.errors import InvalidTransition
from smartscheduler.events.models import OutboxEvent
from tests.events.processes import environment
from tests.factories import ContractorFactory, JobFactory, PlanFactory, UserFactory, at

pytestmark = pytest.mark.django_db
Call = Callable[..., bytes]


def day(days: int) -> date:
    return at(0, days=days).date()


def requested(jobs: list[Job] | None = None, actor: User | None = None) -> Plan:
    jobs = [JobFactory()] if jobs is None else jobs
    scope = Scope(jobs=[job.pk for job in jobs], first_day=day(1), last_day=day(5), seed=7, effort="quick")
    return request_plan(scope=scope, actor=actor or UserFactory())


def in_this_process(target: str, payload: bytes, **_: Any) -> bytes:
    assert target == "recommendations.planning.child_run:run_for_parent"
    return child_run.run_for_parent(payload)


@pytest.fixture(autouse=True)
def here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child_process, "call", in_this_process)


def ends_with(failure: type[BaseException]) -> Call:
    def call(*_: Any, **__: Any) -> NoReturn:
        raise failure

    return call


def test_the_plan_that_has_waited_longest_is_taken_first() -> None:
    first, second = requested(), requested()
    Plan.objects.filter(pk=first.pk).update(created_at=timezone.now() - timedelta(minutes=1))
    assert [plan.pk for plan in (runs.take(), runs.take()) if plan] == [first.pk, second.pk]
    assert runs.take() is None


def test_a_users_next_plan_waits_for_the_one_that_runs() -> None:
    user = UserFactory()
    first, second = requested(actor=user), requested(actor=user)
    assert runs.take() == first
    assert runs.take() is None
    cancel_plan(plan_id=first.pk, actor=user)
    assert runs.take() == second


def test_a_worker_makes_all_that_wait() -> None:
    ContractorFactory()
    plans = [requested(), requested()]
    runs.work_on_plans()
    assert {plan.state for plan in Plan.objects.filter(pk__in=[plan.pk for plan in plans])} == {"ready"}


def test_a_killed_worker_is_replaced_once_with_the_same_seed(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = requested()
    taken = runs.take()
    assert taken
    assert runs.take() is None  # its lease is alive
    for attempts in (1, 2):
        assert Plan.objects.get().attempts == attempts
        Plan.objects.update(leased_until=timezone.now() - timedelta(seconds=1))
        again = runs.take()
    assert again is None
    plan.refresh_from_db()
    assert (plan.state, plan.seed) == ("failed", 7)
    assert plan.failure == "The worker was stopped twice during the run. Request a new plan."
    assert OutboxEvent.objects.get(type="PlanFailed").data["reason"] == plan.failure


def test_a_crash_is_tried_again_and_then_fails_with_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = requested()
    monkeypatch.setattr(child_process, "call", ends_with(ChildFailed))
    runs.work_on_plans()
    plan.refresh_from_db()
    assert (plan.state, plan.attempts) == ("failed", 2)
    assert "log of the worker" in plan.failure
    assert not PlanItem.objects.exists()


@pytest.mark.parametrize(
    ("failure", "attempts", "sentence"),
    [(TimeLimitExceeded, 1, "600 seconds of work"), (MemoryLimitExceeded, 2, "2048 MB of memory")],
)
def test_a_limit_fails_with_a_sentence(
    monkeypatch: pytest.MonkeyPatch, failure: type[ChildFailed], attempts: int, sentence: str
) -> None:
    plan = requested()
    monkeypatch.setattr(child_process, "call", ends_with(failure))
    runs.work_on_plans()
    plan.refresh_from_db()
    assert (plan.state, plan.attempts) == ("failed", attempts)
    assert sentence in plan.failure


def test_a_worker_that_shuts_down_gives_its_plan_back(monkeypatch: pytest.MonkeyPatch) -> None:
    requested()
    monkeypatch.setattr(child_process, "call", ends_with(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        runs.work_on_plans()
    monkeypatch.setattr(child_process, "call", in_this_process)
    runs.work_on_plans()
    assert Plan.objects.get().state == "ready"


def test_a_stopped_run_keeps_the_best_plan_so_far(monkeypatch: pytest.MonkeyPatch) -> None:
    ContractorFactory.create_batch(2)
    plan = requested(JobFactory.create_batch(4, duration=timedelta(hours=3)))
    monkeypatch.setattr(runs, "LOOK_SECONDS", 0.0)
    listen = runs.Run.listen

    def stopping(self: runs.Run, progress: Any) -> Any:
        if not self.is_stopped:
            stop_plan(plan_id=plan.pk, actor=None)
        return listen(self, progress)

    monkeypatch.setattr(runs.Run, "listen", stopping)
    runs.work_on_plans()
    plan.refresh_from_db()
    assert (plan.state, plan.limit_reached) == ("stopped", "stopped")
    assert plan.items.count() == plan.figures["plan"]["planned"] > 0
    assert OutboxEvent.objects.get(type="PlanReady").data["stopped"] is True


def test_a_stop_while_reasons_are_sought_changes_nothing_about_the_plan(monkeypatch: pytest.MonkeyPatch) -> None:
    """The solver has ended by its own limit, so neither the state nor the limit is that of a stopped plan."""
    ContractorFactory()
    plan = requested()
    monkeypatch.setattr(runs, "LOOK_SECONDS", 0.0)

    def limited(*arguments: Any, **others: Any) -> Solution:
        return replace(solve(*arguments, **others), bound=None, limit="steps")

    def stopping(*arguments: Any) -> list[Miss]:
        stop_plan(plan_id=plan.pk, actor=None)
        *_, ended = arguments
        assert ended() == "stopped"
        return explain_misses(*arguments)

    monkeypatch.setattr(runs, "solve", limited)
    monkeypatch.setattr(runs, "explain_misses", stopping)
    runs.work_on_plans()
    plan.refresh_from_db()
    assert (plan.state, plan.limit_reached) == ("ready", "steps")


def test_a_run_that_takes_long_ends_with_the_best_plan_so_far(monkeypatch: pytest.MonkeyPatch) -> None:
    ContractorFactory.create_batch(2)
    plan = requested(JobFactory.create_batch(4, duration=timedelta(hours=3)))
    monkeypatch.setattr(runs, "LAST_STOP", 0.0)
    runs.work_on_plans()
    plan.refresh_from_db()
    assert (plan.state, plan.limit_reached) == ("ready", "seconds")
    assert plan.items.count() == plan.figures["plan"]["planned"] > 0


def test_a_canceled_run_keeps_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    ContractorFactory()
    plan = requested()

    def solve(*_: Any, **__: Any) -> NoReturn:
        cancel_plan(plan_id=plan.pk, actor=None)
        raise SolveCancelled

    monkeypatch.setattr(runs, "solve", solve)
    runs.work_on_plans()
    plan.refresh_from_db()
    assert (plan.state, plan.items.count()) == ("cancelled", 0)


def test_a_result_that_comes_after_the_cancellation_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    ContractorFactory()
    plan = requested()
    checked = results.checked

    def late(*arguments: Any) -> Any:
        cancel_plan(plan_id=plan.pk, actor=None)
        return checked(*arguments)

    monkeypatch.setattr(runs, "checked", late)
    runs.work_on_plans()
    plan.refresh_from_db()
    assert (plan.state, plan.items.count()) == ("cancelled", 0)
    with pytest.raises(InvalidTransition):
        cancel_plan(plan_id=plan.pk, actor=None)


def test_the_parent_ends_the_child_of_a_canceled_run(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = requested()

    def call(*_: Any, beat: Callable[[], None], **__: Any) -> NoReturn:
        beat()
        cancel_plan(plan_id=plan.pk, actor=None)
        beat()
        raise AssertionError("it goes on")

    monkeypatch.setattr(child_process, "call", call)
    runs.work_on_plans()
    plan.refresh_from_db()
    assert plan.state == "cancelled"


def test_progress_is_in_the_row(monkeypatch: pytest.MonkeyPatch) -> None:
    ContractorFactory.create_batch(2)
    plan = requested(JobFactory.create_batch(4))
    monkeypatch.setattr(runs, "REPORT_SECONDS", 0.0)
    runs.work_on_plans()
    progress = list(OutboxEvent.objects.filter(type="PlanProgressed"))
    assert progress
    assert {event.data["plan_id"] for event in progress} == {str(plan.pk)}
    plan.refresh_from_db()
    assert plan.percent == 100
    assert plan.progress["planned"] == 4


def test_what_the_engine_refuses_is_never_a_row(monkeypatch: pytest.MonkeyPatch) -> None:
    ContractorFactory()
    job = JobFactory()
    refusal = [Reason(Rule.FULLY_BOOKED, "It is booked.")]
    monkeypatch.setattr(results, "booking_obstacles", lambda *_: refusal)
    counted: list[str] = []
    monkeypatch.setattr(PLAN_ITEMS_REFUSED, "add", counted.append)
    plan = requested([job])
    runs.work_on_plans()
    plan.refresh_from_db()
    assert (plan.state, plan.items.count(), plan.proven) == ("ready", 0, False)
    assert counted == ["fully_booked"]


def test_a_proposal_expires_when_its_first_slot_begins_or_after_two_days(settings: Settings) -> None:
    ContractorFactory()
    plan = requested([JobFactory(desired_date=at(12, days=4))])
    runs.work_on_plans()
    plan.refresh_from_db()
    assert plan.expires_at
    assert timedelta(hours=47) < plan.expires_at - timezone.now() < timedelta(hours=49)
    assert expire_plans() == 0
    Plan.objects.update(expires_at=timezone.now())
    assert expire_plans() == 1
    plan.refresh_from_db()
    assert (plan.state, plan.is_open) == ("expired", False)
    assert OutboxEvent.objects.filter(type="PlanExpired").count() == 1
    PlanFactory(state="partly_accepted", expires_at=timezone.now())
    assert expire_plans() == 0


@pytest.mark.system
@pytest.mark.django_db(transaction=True)
def test_a_plan_is_made_in_a_process_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    for name, value in environment().items():
        monkeypatch.setenv(name, value)
    ContractorFactory.create_batch(3)
    plan = requested(JobFactory.create_batch(6, duration=timedelta(hours=3)))
    runs.work_on_plans()
    plan.refresh_from_db()
    assert (plan.state, plan.failure) == ("ready", "")
    assert plan.items.count() == 6


@pytest.mark.system
@pytest.mark.django_db(transaction=True)
def test_a_killed_solver_starts_again_with_the_same_seed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    for name, value in environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(runs, "BEAT_SECONDS", 0.05)
    ContractorFactory()
    plan = requested()
    killed: list[int] = []

    def kill() -> None:
        for child in [] if killed else psutil.Process().children():
            with suppress(psutil.ZombieProcess):  # a process of another test that has ended
                if "run_for_parent" in " ".join(child.cmdline()):
                    child.kill()
                    killed.append(child.pid)

    taken = runs.take()
    assert taken
    runs.run_apart(taken, watch=kill)
    plan.refresh_from_db()
    assert (plan.state, plan.attempts, len(killed)) == ("queued", 1, 1)
    assert not plan.items.exists()
    runs.work_on_plans()
    plan.refresh_from_db()
    assert (plan.state, plan.attempts, plan.seed, plan.items.count()) == ("ready", 2, 7, 1)


class Stopwatch:
    """Stops or cancels a run when its plan so far is known, and takes the processor seconds that its child needs then.

    A busy machine changes the time on the clock, and hardly the processor seconds.
    """

    def __init__(self, plan: Plan, act: Callable[..., Plan], *, with_bound: bool) -> None:
        self.plan, self.act, self.with_bound = plan, act, with_bound
        self.asked_at, self.seconds = 0.0, 0.0

    def watch(self) -> None:
        for child in psutil.Process().children():
            with suppress(psutil.ZombieProcess, psutil.NoSuchProcess):
                if "run_for_parent" in " ".join(child.cmdline()):
                    self._look(sum(child.cpu_times()[:2]))

    def _look(self, used: float) -> None:
        if self.asked_at:
            self.seconds = used - self.asked_at
            return
        best = Plan.objects.values_list("progress", flat=True).get(pk=self.plan.pk)
        if best.get("planned") and (best.get("bound") is not None or not self.with_bound):
            self.act(plan_id=self.plan.pk, actor=None)
            self.asked_at = used


@pytest.fixture
def real_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs in processes of their own, whose plan is looked at often."""
    monkeypatch.undo()
    for name, value in environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(runs, "BEAT_SECONDS", 0.05)


def run_until(scope: Scope, act: Callable[..., Plan], *, with_bound: bool) -> Plan:
    """The plan of a run that was stopped or canceled, within two seconds of its processor."""
    plan = request_plan(scope=scope, actor=None)
    taken = runs.take(plan.pk)
    assert taken
    stopwatch = Stopwatch(plan, act, with_bound=with_bound)
    runs.run_apart(taken, watch=stopwatch.watch)
    plan.refresh_from_db()
    assert stopwatch.asked_at
    assert stopwatch.seconds <= 2
    return plan


def assert_is_whole(plan: Plan, jobs: int) -> None:
    assert (plan.state, plan.limit_reached) == ("stopped", "stopped")
    assert plan.items.count() + plan.misses.count() == jobs
    assert plan.items.count() > 0.8 * jobs
    assert plan.worth == sum(plan.items.values_list("worth", flat=True))


@pytest.mark.system
@pytest.mark.django_db(transaction=True)
def test_a_large_run_stops_or_is_canceled_within_two_seconds(real_processes: None) -> None:
    """1,000 contractors and 500 jobs, from the first plan on."""
    scope = replace(load(generate(seed=5, contractors=1_000, jobs=500)), effort="thorough")
    assert_is_whole(run_until(scope, stop_plan, with_bound=False), 500)
    plan = run_until(scope, cancel_plan, with_bound=False)
    assert (plan.state, plan.items.exists(), plan.failure) == ("cancelled", False, "")


@pytest.mark.system
@pytest.mark.django_db(transaction=True)
def test_a_search_of_many_short_jobs_stops_within_two_seconds(real_processes: None) -> None:
    """Days of one-hour jobs have so many routes that column generation goes on long after its first bound."""
    world = generate(seed=6, contractors=15, jobs=110, days=2, busy=0.3, most_days=2, durations=(60,))
    plan = run_until(replace(load(world), effort="thorough"), stop_plan, with_bound=True)
    assert_is_whole(plan, 110)
    assert plan.bound is not None
