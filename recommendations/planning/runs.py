"""Runs of plans: snapshot, solve, check by the engine, store. Each run is a child process with real limits.

Workers take plans from the table. A lease keeps other workers away; when it expires, because the worker was killed, the
plan starts again once with the same seed, then it fails. No transaction is open while the solver works.
"""

import dataclasses
import json
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import structlog
from django.conf import settings
from django.db import IntegrityError, InterfaceError, OperationalError, transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext

from recommendations.planning.events import PlanFailed, PlanProgressed, PlanReady
from recommendations.planning.figures import Figures, as_booked, booked_by, by_hand, placements_of, today
from recommendations.planning.models import Plan, PlanItem, PlanMiss
from recommendations.planning.problem import Placement, Problem, Solution
from recommendations.planning.querysets import PlanQuerySet
from recommendations.planning.reasons import explain_misses
from recommendations.planning.results import checked, dropped_price, first_start, items_of, place, rows_worth
from recommendations.planning.scope import Scope
from recommendations.planning.snapshot import Snapshot, read_snapshot
from recommendations.planning.solver import EFFORTS, HAS_BOUND, Progress, Signal, solve
from recommendations.planning.states import Action, Effort, State, StopRequest
from smartscheduler import __version__
from smartscheduler.core import child_process
from smartscheduler.core.db.transactions import domain_transaction
from smartscheduler.core.observability.metrics.definitions import PLAN_ITEMS_REFUSED, PLAN_SECONDS, PLANS
from smartscheduler.events.publishing import publish

logger = structlog.get_logger(__name__)
# A plan is tried this often.
MOST_ATTEMPTS = 2
LEASE, BEAT_SECONDS = timedelta(seconds=30), 1.0
# The import of the solver can take long on a busy machine.
START_SECONDS = 240.0
# Between two looks at the row for a request to stop, and between two reports of progress.
LOOK_SECONDS, REPORT_SECONDS = 0.5, 1.0
LONGEST_TURN_SECONDS = 20.0
# Part of the time limit after which the solver ends with the best plan so far, so that there is time to store it.
LAST_STOP = 0.7
OUT_OF_REACH = (OperationalError, InterfaceError)
# One run at a time in a worker process, so that its other threads answer health checks.
_one_run = threading.BoundedSemaphore(1)


class RunLost(Exception):
    """The plan was canceled, or another worker has taken it."""


def work_on_plans() -> None:
    """Run waiting plans one after the other for a while. Safe in several workers: each takes another plan."""
    if not _one_run.acquire(blocking=False):
        return
    try:
        deadline = time.monotonic() + LONGEST_TURN_SECONDS
        while time.monotonic() < deadline and (plan := take()):
            run_apart(plan)
    finally:
        _one_run.release()


@transaction.atomic
def take(plan_id: UUID | None = None) -> Plan | None:
    """Take the plan that has waited longest, or that plan, with a lease. One plan of a user runs at a time.

    The attempt is counted before the work, because a killed worker cannot count it afterward. A plan whose workers were
    killed too often fails.
    """
    now = timezone.now()
    running = Plan.objects.filter(state=State.RUNNING, requested_by=OuterRef("requested_by"), leased_until__gte=now)
    waiting = Q(state=State.QUEUED) & ~Exists(running)
    lost = Q(state=State.RUNNING) & (Q(leased_until=None) | Q(leased_until__lt=now))
    free = Plan.objects.filter(waiting | lost).order_by("created_at", "pk").select_for_update(skip_locked=True)
    if plan_id:
        free = free.filter(pk=plan_id)
    while plan := free.first():
        if plan.attempts >= MOST_ATTEMPTS:
            _give_up(plan, gettext("The worker was stopped twice during the run. Request a new plan."), now)
            continue
        if plan.state == State.RUNNING:
            plan.move_to(State.QUEUED)
        plan.start(at=now, lease=now + LEASE)
        try:
            with transaction.atomic():
                plan.save()
        except IntegrityError:  # another worker has just taken another plan of the same user
            return None
        return plan
    return None


def run_apart(plan: Plan, watch: Callable[[], object] = lambda: None) -> None:
    """Run a taken plan in a child process, and end it there: ready, stopped, queued again, or failed.

    `watch` is called every second.
    """
    began = time.monotonic()

    def beat() -> None:
        _renew(plan)
        watch()

    try:
        answer = child_process.call(
            "recommendations.planning.child_run:run_for_parent",
            f"{plan.pk} {plan.attempts}".encode(),
            seconds=settings.PLAN_PROCESS_SECONDS,
            megabytes=settings.PLAN_PROCESS_MEMORY_MB,
            beat=beat,
            beat_seconds=BEAT_SECONDS,
            start_seconds=START_SECONDS,
        )
    except RunLost:
        return
    except child_process.ChildFailed as failure:
        _failed(plan, failure)
    except BaseException:  # the worker is shutting down; another one can take the plan at once
        with suppress(*OUT_OF_REACH):
            _turn_of(plan).update(leased_until=None)
        raise
    else:
        _measure(plan, json.loads(answer), time.monotonic() - began)


def _measure(plan: Plan, outcome: dict[str, Any], seconds: float) -> None:
    PLANS.add(outcome["state"])
    PLAN_SECONDS.observe(seconds, plan.effort)
    for rule in outcome["refused"]:
        PLAN_ITEMS_REFUSED.add(rule)


def _turn_of(plan: Plan) -> PlanQuerySet:
    """The row, only while this attempt has it."""
    return Plan.objects.filter(pk=plan.pk, state=State.RUNNING, attempts=plan.attempts)


def _renew(plan: Plan) -> None:
    if not _turn_of(plan).update(leased_until=timezone.now() + LEASE):
        raise RunLost


@domain_transaction
def _failed(plan: Plan, failure: child_process.ChildFailed) -> None:
    held = _turn_of(plan).locked().first()
    if held is None:
        return
    logger.warning("plan_failed", plan=plan.number, attempts=plan.attempts, why=type(failure).__name__)
    # A child that was killed from outside looks like one that needed too much memory, so that is tried again as well.
    is_final = isinstance(failure, child_process.TimeLimitExceeded)
    if is_final or held.attempts >= MOST_ATTEMPTS:
        _give_up(held, _reason(failure), timezone.now())
    else:
        held.move_to(State.QUEUED)
        held.leased_until = None
        held.save(update_fields=["state", "leased_until"])


def _reason(failure: child_process.ChildFailed) -> str:
    match failure:
        case child_process.TimeLimitExceeded():
            text = gettext("The run took more than {seconds} seconds of work. Plan fewer jobs or days, or use quick.")
            return text.format(seconds=settings.PLAN_PROCESS_SECONDS)
        case child_process.MemoryLimitExceeded():
            text = gettext("The run took more than {megabytes} MB of memory. Plan fewer jobs or days.")
            return text.format(megabytes=settings.PLAN_PROCESS_MEMORY_MB)
        case _:
            return gettext("The run failed twice. Its error is in the log of the worker.")


def _give_up(plan: Plan, sentence: str, now: datetime) -> None:
    plan.fail(sentence, at=now)
    plan.save(update_fields=["state", "failure", "finished_at", "leased_until"])
    PLANS.add(State.FAILED)
    publish(PlanFailed(plan_id=plan.pk, plan_number=plan.number, reason=plan.failure), actor=plan.requested_by)


class Run:
    """One attempt to make a plan, in the current process."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.snapshot: Snapshot | None = None
        self.figures: dict[str, Any] = {}
        self.is_stopped = False
        self._latest = time.process_time() + LAST_STOP * settings.PLAN_PROCESS_SECONDS
        self._looked = self._reported = 0.0
        self._shown: tuple[Any, ...] = ()

    def run(self) -> dict[str, Any]:
        """Make and store the plan. Returns its state and the rules by which the engine refused placements.

        Raises RunLost, SolveCancelled.
        """
        scope = Scope.of_json(self.plan.scope)
        snapshot = self.snapshot = read_snapshot(scope, now=timezone.now())
        self._figures = Figures(snapshot)
        self._note_snapshot(snapshot)
        booked = by_hand(snapshot)
        self.figures = {"today": self._figures.of(today(snapshot)), "by_hand": self._figures.of(booked)}
        solution = solve(
            snapshot.problem,
            EFFORTS[self.plan.effort],
            seed=self.plan.seed,
            listen=self.listen,
            start=placements_of(snapshot, booked),
        )
        placements, refused = checked(snapshot, solution)
        state = self._store(snapshot, solution, placements)
        return {"state": state, "refused": refused}

    def _note_snapshot(self, snapshot: Snapshot) -> None:
        counts = counts_of(snapshot)
        noted = _turn_of(self.plan).update(
            event_head=snapshot.event_head,
            rules=snapshot.rules.version,
            counts=counts,
            conflicts=list(snapshot.conflicts),
            engine="column-generation" if HAS_BOUND else "local-search",
            engine_version=__version__,
        )
        if not noted:
            raise RunLost

    def listen(self, progress: Progress) -> Signal:
        """Called by the solver several times a second: reports progress, and asks whether to go on."""
        now = time.monotonic()
        if now - self._reported >= REPORT_SECONDS:
            self._reported = now
            self._report(progress)
        return self._look()

    def _look(self, _: Progress | None = None) -> Signal:
        """Whether the user has asked to stop or to cancel, or time runs out; reads the row twice a second at most."""
        now = time.monotonic()
        if now - self._looked < LOOK_SECONDS:
            return Signal.STOP if self.is_stopped or self._is_late() else Signal.CONTINUE
        self._looked = now
        requested = _turn_of(self.plan).values_list("stop_request", flat=True).first()
        if requested is None or requested == StopRequest.CANCEL:
            return Signal.CANCEL
        self.is_stopped = self.is_stopped or requested == StopRequest.STOP
        return Signal.STOP if self.is_stopped or self._is_late() else Signal.CONTINUE

    def _ended(self) -> str:
        """The limit that ends the run now; empty while it goes on."""
        if self._look() is Signal.CONTINUE:
            return ""
        return "seconds" if self._is_late() and not self.is_stopped else "stopped"

    def _is_late(self) -> bool:
        return time.process_time() > self._latest

    def _report(self, progress: Progress) -> None:
        """Write the best plan so far to the row, if it has changed, in a transaction of its own."""
        assert self.snapshot  # noqa: S101
        shown = (progress.done, progress.worth, progress.bound)
        if shown == self._shown:
            return
        self._shown = shown
        offset = dropped_price(self.snapshot)
        worth, bound = progress.worth - offset, None if progress.bound is None else progress.bound - offset
        figures = self._figures.of(booked_by(self.snapshot, progress.placements))
        best = {name: figures[name] for name in ("planned", "unplanned", "urgent_unplanned", "mean_score", "miles")}
        report_progress(plan=self.plan, percent=min(99, progress.done), best={**best, "worth": worth, "bound": bound})

    def _store(self, snapshot: Snapshot, solution: Solution, placements: list[Placement]) -> str:
        items = items_of(snapshot, placements)
        booked = as_booked(place(snapshot, placements))
        miles = self._figures.day_miles(booked)
        for item in items:
            if item.job_id in miles:
                item.miles_before, item.miles_after = (Decimal(f"{number:.1f}") for number in miles[item.job_id])
        self.figures["plan"] = self._figures.of(booked)
        offset = dropped_price(snapshot)
        # Both before the misses, so that they agree: a stop while reasons are sought changes nothing about the plan.
        stopped, limit = self.is_stopped and not solution.proven, self._limit(solution)
        return store(
            plan_id=self.plan.pk,
            attempt=self.plan.attempts,
            items=items,
            misses=self._misses(snapshot, solution, placements),
            values={
                "figures": self.figures,
                "worth": rows_worth(snapshot, placements),
                "bound": None if solution.bound is None else solution.bound - offset,
                "proven": solution.proven and len(placements) == len(solution.placements),
                "limit_reached": limit,
                "progress": {**self.figures["plan"], "worth": rows_worth(snapshot, placements)},
            },
            stopped=stopped,
        )

    def _limit(self, solution: Solution) -> str:
        """The limit that kept the plan from being proven; empty for a proven plan."""
        if solution.proven:
            return ""
        if self.is_stopped:
            return "stopped"
        return "seconds" if self._is_late() else solution.limit

    def _misses(self, snapshot: Snapshot, solution: Solution, placements: list[Placement]) -> list[PlanMiss]:
        """The open jobs that are left out, each with its reason."""

        def solve_again(problem: Problem) -> Solution:
            return solve(problem, EFFORTS[Effort.QUICK], seed=self.plan.seed, listen=self._look)

        kept = dataclasses.replace(solution, placements=tuple(placements))
        misses = explain_misses(snapshot, snapshot.problem, kept, solve_again, self._ended)
        return [
            PlanMiss(
                job_id=miss.job_id, code=miss.code, sentence=miss.sentence, numbers=miss.numbers, position=position
            )
            for position, miss in enumerate(misses)
        ]


def counts_of(snapshot: Snapshot) -> dict[str, int]:
    """Counts of a snapshot, for the sentence that a user reads before and after the run."""
    eligible = {contender.id for planned in snapshot.jobs for contender in planned.eligible}
    return {
        "jobs": len(snapshot.open_jobs),
        "contractors": len(eligible),
        "kept": snapshot.kept,
        "movable": snapshot.movable,
        "days": snapshot.scope.days,
        "options": len(snapshot.problem.options),
    }


@domain_transaction
def report_progress(*, plan: Plan, percent: int, best: dict[str, Any]) -> None:
    """Store the progress of a run and publish it."""
    held = _turn_of(plan).locked().first()
    if held is None:
        return
    held.percent, held.progress = max(held.percent, percent), best
    if held.bound is None or best["bound"] is not None:
        held.worth, held.bound = best["worth"], best["bound"]
    held.save(update_fields=["percent", "progress", "worth", "bound"])
    gap = held.gap_percent
    publish(
        PlanProgressed(
            plan_id=held.pk,
            plan_number=held.number,
            percent=held.percent,
            planned=best["planned"],
            unplanned=best["unplanned"],
            gap_percent=None if gap is None else float(gap),
        ),
        actor=held.requested_by,
    )


@domain_transaction
def store(
    *,
    plan_id: UUID,
    attempt: int,
    items: list[PlanItem],
    misses: list[PlanMiss],
    values: dict[str, Any],
    stopped: bool,
) -> str:
    """Store the result of an attempt, and end the run. Raises RunLost if the plan is no longer this attempt's."""
    plan = Plan.objects.locked().filter(pk=plan_id, state=State.RUNNING, attempts=attempt).first()
    if plan is None:
        raise RunLost
    now = timezone.now()
    for item in items:
        item.plan = plan
    for miss in misses:
        miss.plan = plan
    PlanItem.objects.bulk_create(items)
    PlanMiss.objects.bulk_create(misses)
    plan.move_to(State.STOPPED if stopped else State.READY)
    for name, value in values.items():
        setattr(plan, name, value)
    starts = first_start(items)
    lasts = now + timedelta(hours=settings.PLAN_EXPIRY_HOURS)
    plan.expires_at = min(lasts, starts) if starts else lasts
    plan.finished_at, plan.percent, plan.leased_until = now, 100, None
    plan.save()
    planned = sum(item.action != Action.DROP for item in items)
    publish(
        PlanReady(
            plan_id=plan.pk,
            plan_number=plan.number,
            planned=planned,
            unplanned=len(misses) + len(items) - planned,
            stopped=stopped,
        ),
        actor=plan.requested_by,
    )
    return plan.state
