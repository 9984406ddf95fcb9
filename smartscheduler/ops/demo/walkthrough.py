"""The walkthrough in the terminal: a job is ranked, booked, announced, and protected; then twenty jobs are planned."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.utils import timezone
from rich.console import Console
from rich.markup import escape

from assignments.eligibility import unmet_rules
from assignments.models import Assignment
from assignments.services import assign_job, cancel_job
from assignments.wanted_time import apart_from_desired
from contractors.models import Contractor
from jobs.models import Job
from jobs.requirements import JobRequest
from jobs.services import create_job
from recommendations.planning.models import Plan, PlanItem
from recommendations.ranking import rank_candidates
from recommendations.results import RankedCandidate, Ranking
from recommendations.why_not import why_not
from smartscheduler.accounts.models import User
from smartscheduler.accounts.services import ensure_logins
from smartscheduler.errors import SlotUnavailable
from smartscheduler.ops.demo.metros import METROS, somewhere
from smartscheduler.ops.demo.planned_jobs import (
    accept_all,
    comparison_table,
    give_back,
    offer,
    plan_open_jobs,
    take_the_time_of,
)
from smartscheduler.ops.demo.random import source
from smartscheduler.ops.demo.seed import DEFAULT_SEED, seed_world
from smartscheduler.ops.demo.terminal_svg import ranking_table, requirements, span
from smartscheduler.ops.demo.websocket_client import Listener, LiveSide
from smartscheduler.places import zone
from smartscheduler.rules.current import current_rules
from smartscheduler.timeslots import TimeSlot
from smartscheduler.travel.estimates import known_site

TELLER = "coordinator@example.com"
SHOWN = 5
NEXT_DOOR = Decimal("0.0010000")
FRIDAY = 4


class StoryError(Exception):
    """The walkthrough cannot continue. The message is a sentence."""


class Story:
    """The walkthrough on a console. Raises StoryError or a DomainError when it fails."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.began = time.monotonic()
        self.timings: dict[str, float] = {}
        self.chapter = 0

    def tell(self) -> None:
        self.console.print("[bold]SmartScheduler[/] — who should do this job, when, and why\n")
        call_command("migrate", interactive=False, verbosity=0)
        ensure_logins(settings.DEMO_PASSWORD)
        teller = User.objects.get(email=TELLER)
        with LiveSide() as live:
            self._fill()
            live.wait()
            self._line(f"Web and relay run at {live.address}.")
            job = self._order(teller)
            ranking = self._rank(job)
            self._explain_refusal(job)
            with live.listener(teller) as listener:
                booked = self._assign(job, ranking.entries[0], teller, listener)
            self._try_again(job, booked, teller)
            self._plan(teller)
        self._sum_up()

    def _fill(self) -> None:
        if not Contractor.objects.exists():
            seed_world()
        contractors, jobs = Contractor.objects.active().count(), Job.objects.count()
        self._line(f"{contractors} active contractors, {jobs} jobs around {', '.join(m.name for m in METROS)}.")

    def _order(self, teller: User) -> Job:
        self._chapter("A job comes in")
        job = create_job(actor=teller, **_new_job())
        self._line(requirements(job))
        return job

    def _rank(self, job: Job) -> Ranking:
        self._chapter("Who should do it?")
        with self._timed("ranking"):
            ranking = rank_candidates(JobRequest.of(job), current_rules(), max_results=SHOWN)
        if not ranking.entries:
            raise StoryError(f"No contractor can take a {job.type} job in {job.city}. Run manage.py seed_demo first.")
        self.console.print(ranking_table(ranking, job.zone))
        best = ranking.entries[0]
        self._line(f"{ranking.candidates_considered} candidates ranked in {self.timings['ranking']:.0f} ms.")
        self._line(f"[bold]{escape(best.contractor.name)}[/]: {escape(best.summary)}")
        self._line(f"[dim]{escape(best.breakdown.explanation)}[/]")
        return ranking

    def _explain_refusal(self, job: Job) -> None:
        """Explain why the best rated contractor nearby that fails a rule is not eligible."""
        request = JobRequest.of(job)
        nearby = Contractor.objects.filter(state=job.state).order_by("-rating", "-rating_count", "id")
        site = known_site(request.point)
        people = nearby.iterator(chunk_size=100)
        someone = next((o for o in people if unmet_rules(o, request, miles=site.miles_from(o.point))), None)
        if someone is None:
            return
        self._chapter(f"Why not {someone.name}, rated {someone.rating}?")
        answer = why_not(request, someone, current_rules())
        if answer.eligible:
            raise StoryError(f"{someone.name} fails a rule but is eligible.")
        for reason in answer.reasons:
            self._line(f"[red]✗[/] {escape(reason.message)}")
        self._line(f"[dim]{escape(answer.suggestion)}[/]")

    def _assign(self, job: Job, best: RankedCandidate, teller: User, listener: Listener) -> Assignment:
        self._chapter(f"{best.contractor.name} gets the job")
        with self._timed("booking"):
            booked = assign_job(
                job_id=job.pk,
                contractor_id=best.contractor.pk,
                start=best.suggested.start,
                actor=teller,
            )
        with self._timed("commit to client"):
            event = listener.wait_for("JobAssigned", assignment_id=str(booked.pk))
        apart = apart_from_desired(booked.slot, JobRequest.of(job)) or "the desired time"
        self._line(
            f"[green]✓[/] Booked for {span(booked.slot, job.zone)} ({apart}), rank {booked.rank} "
            f"of {booked.candidates}, kept with score {booked.score} and its reasons."
        )
        self._line(
            f"[green]✓[/] Over the WebSocket, {self.timings['commit to client']:.0f} ms after the commit: "
            f"[bold]{event['type']}[/], sequence {event['sequence']}, {event['data']['job_number']} "
            f"→ {escape(event['data']['contractor_name'])}"
        )
        return booked

    def _try_again(self, job: Job, booked: Assignment, teller: User) -> None:
        """Try to book the same contractor at the same time for a job next door, and cancel that job."""
        self._chapter("The neighbor wants the same hours")
        neighbor = create_job(actor=teller, **_next_door(job))
        before = Assignment.objects.count()
        try:
            assign_job(job_id=neighbor.pk, contractor_id=booked.contractor_id, start=booked.slot.start, actor=teller)
        except SlotUnavailable as refusal:
            self._line(f"[red]✗[/] Refused ({refusal.code}): {escape(refusal.detail)}")
            self._line(f"[dim]In the way: {job.job_number}, {span(_conflict(refusal), job.zone)}.[/]")
        else:
            raise StoryError(f"{booked.contractor.name} was booked twice for the same hours.")
        if Assignment.objects.count() != before:
            raise StoryError("A refused booking left a row behind.")
        cancel_job(job_id=neighbor.pk, reason="The neighbor was only part of the demo.", actor=teller)

    def _plan(self, teller: User) -> None:
        """Plan the open jobs, compare, make one proposal stale on purpose, and accept all of them."""
        self._chapter("And the twenty other jobs?")
        with self._timed("plan"):
            plan = plan_open_jobs(teller)
        if plan is None:
            self._line("[dim]No other jobs are open.[/]")
            return
        if plan.state != Plan.State.READY:
            raise StoryError(f"{plan.number} is {plan.state}. {plan.failure}".strip())
        self.console.print(comparison_table(plan))
        better = "No better plan exists" if plan.proven else f"At most {plan.gap_percent}% better is possible"
        self._line(f"{plan.number}: planned in {self.timings['plan'] / 1000:.1f} s. {better}. Nothing is booked yet.")
        self._accept(plan, teller)

    def _accept(self, plan: Plan, teller: User) -> None:
        item = plan.items.select_related("job").filter(action=PlanItem.Action.BOOK).first()
        if item is None:
            return
        neighbor = take_the_time_of(item, teller)
        self._line(f"[dim]Meanwhile, another user books the time of {item.job.job_number}.[/]")
        with self._timed("acceptance"):
            acceptance = accept_all(plan, teller)
        self._line(f"[green]✓[/] Accepted: {len(acceptance.accepted)} booked in {self.timings['acceptance']:.0f} ms.")
        for stale in acceptance.stale:
            self._line(f"[red]✗[/] {stale.job.job_number} ({stale.stale_code}): {escape(stale.stale_reason)}")
            self._line(f"[dim]{offer(stale)}[/]")
        if [stale.pk for stale in acceptance.stale] != [item.pk]:
            raise StoryError("Exactly the proposal whose time was taken should be stale.")
        give_back(neighbor, teller)

    def _sum_up(self) -> None:
        figures = " · ".join(f"{name} {milliseconds:.0f} ms" for name, milliseconds in self.timings.items())
        self._line(f"\n[bold]{figures}[/] · all of it in {time.monotonic() - self.began:.1f} s")

    # --- Output -------------------------------------------------------------------------------
    def _chapter(self, title: str) -> None:
        self.chapter += 1
        self.console.print(f"\n[bold blue]{self.chapter}. {escape(title)}[/]")

    def _line(self, text: str) -> None:
        self.console.print(text)

    @contextmanager
    def _timed(self, name: str) -> Iterator[None]:
        began = time.perf_counter()
        yield
        self.timings[name] = (time.perf_counter() - began) * 1000


def _new_job() -> dict[str, Any]:
    """A job in or around Austin on the next working day."""
    chance = source(DEFAULT_SEED, "story", Job.objects.count())
    place = somewhere(chance, METROS[0])
    return {
        **place,
        "type": Job.Type.TILE,
        "priority": Job.Priority.HIGH,
        "desired_date": _next_working_day(place["time_zone"]),
        "duration": timedelta(hours=4),
        "required_skills": ["porcelain"],
        "special_requirements": "Bathroom floor, 60 square feet; the old tile is out already.",
        "customer_name": "Grace Hopkins",
        "customer_phone": "(512) 555-0143",
    }


def _next_working_day(time_zone: str) -> datetime:
    """9:00 local time on the next working day."""
    day = timezone.now().astimezone(zone(time_zone)).date() + timedelta(days=1)
    while day.weekday() > FRIDAY:
        day += timedelta(days=1)
    return datetime(day.year, day.month, day.day, 9, tzinfo=zone(time_zone))


def _next_door(job: Job) -> dict[str, Any]:
    names = ("type", "duration", "required_skills", "address", "city", "state", "zip_code", "time_zone", "longitude")
    return {
        **{name: getattr(job, name) for name in names},
        "latitude": job.latitude + NEXT_DOOR,
        "desired_date": job.desired_date,
        "customer_name": "The neighbor",
    }


def _conflict(refusal: SlotUnavailable) -> TimeSlot:
    """The slot of the conflicting assignment. Raises StoryError when the refusal does not contain it."""
    if "conflicting_assignment" not in refusal.extra:
        raise StoryError("The refusal does not say what is in the way.")
    slot = refusal.extra["conflicting_assignment"]["time_slot"]
    return TimeSlot(datetime.fromisoformat(slot["start"]), datetime.fromisoformat(slot["end"]))
