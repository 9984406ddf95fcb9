"""`manage.py plan`: plan open jobs in the terminal, and accept the plan with --accept. No worker is needed."""

import time
from argparse import ArgumentTypeError
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from assignments.models import Assignment
from contractors.models import Contractor
from jobs.models import Job
from jobs.querysets import JobQuerySet
from recommendations.planning import runs, services
from recommendations.planning.acceptance import accept_plan
from recommendations.planning.models import Plan, PlanItem
from recommendations.planning.scope import Scope
from recommendations.planning.states import Action, Effort, Lock, MayChange
from smartscheduler.accounts.models import User
from smartscheduler.core.formatting import local_slot
from smartscheduler.core.geo.zip_codes import middle_of
from smartscheduler.errors import DomainError
from smartscheduler.ops.console import console_of
from smartscheduler.places import MIDDLE, Point, great_circle_miles

PAUSE_SECONDS = 0.5
FIGURES = {
    "planned": "jobs planned",
    "unplanned": "jobs left out",
    "urgent_unplanned": "urgent ones left out",
    "mean_score": "mean score",
    "days_late": "days late",
    "miles": "miles between jobs",
    "busiest_hours": "hours of the busiest",
    "idlest_hours": "hours of the idlest",
    "customers_moved": "customers whose time changes",
}


def day(text: str) -> date:
    """A day as 2026-12-01, or as +3 for three days from today."""
    try:
        if text.startswith("+"):
            return timezone.now().astimezone(MIDDLE).date() + timedelta(days=int(text))
        return date.fromisoformat(text)
    except (ValueError, OverflowError) as error:
        raise ArgumentTypeError(f"{text!r} is not a day: write 2026-12-01, or +3 for three days from today") from error


class Command(BaseCommand):
    help = "Plan open jobs together: who does each, and when. Nothing is booked without --accept."

    def add_arguments(self, parser: CommandParser) -> None:
        jobs = parser.add_argument_group("jobs (default: all open jobs)")
        jobs.add_argument("--job", action="append", default=[], metavar="NUMBER", help="this job; can be repeated")
        jobs.add_argument("--type", choices=Job.Type.values, help="only jobs of this type")
        jobs.add_argument(
            "--priority", action="append", choices=Job.Priority.values, help="only these; can be repeated"
        )
        jobs.add_argument("--zip", metavar="ZIP", help="only jobs around this ZIP code")
        jobs.add_argument("--miles", type=float, default=25.0, help="how far around the ZIP code (default: 25)")
        parser.add_argument("--first", type=day, default="+1", help="first day (default: +1, tomorrow)")
        parser.add_argument("--last", type=day, default="+5", help="last day (default: +5)")
        people = parser.add_argument_group("contractors (default: all who can do one of the jobs)")
        people.add_argument("--contractor", action="append", default=[], metavar="EMAIL", help="only these contractors")
        people.add_argument(
            "--exclude", action="append", default=[], metavar="EMAIL=REASON", help="not this contractor"
        )
        lock = f"the booking of this job stays: {', '.join(Lock.values)} (default)"
        parser.add_argument("--lock", action="append", default=[], metavar="NUMBER[=PART]", help=lock)
        parser.add_argument("--may-change", choices=MayChange.values, default=MayChange.OPEN_JOBS)
        parser.add_argument("--max-changes", type=int, help="at most so many bookings change")
        parser.add_argument("--freeze-hours", type=int, default=24, help="bookings within these hours stay (24)")
        parser.add_argument("--lead-hours", type=int, default=2, help="nothing starts within these hours (2)")
        parser.add_argument("--effort", choices=Effort.values, default=Effort.NORMAL)
        parser.add_argument("--seed", type=int, help="the same seed, records and effort give the same plan")
        parser.add_argument("--accept", action="store_true", help="book the plan as far as it still holds")
        parser.add_argument("--as", dest="email", metavar="EMAIL", help="the account that plans")

    def handle(self, *args: Any, **options: Any) -> None:
        self.console = console_of(self.stdout)
        try:
            actor = User.objects.get(email=options["email"]) if options["email"] else None
            plan = services.request_plan(scope=self._scope(options), actor=actor)
            self._make(plan)
            plan.refresh_from_db()
            self._show(plan)
            if options["accept"] and plan.is_open:
                self._accept(plan, actor)
        except User.DoesNotExist as error:
            raise CommandError(f"There is no account {options['email']}.") from error
        except DomainError as refusal:
            raise CommandError(refusal.detail) from refusal

    def _accept(self, plan: Plan, actor: User | None) -> None:
        acceptance = accept_plan(plan_id=plan.pk, item_ids=None, all_or_nothing=False, actor=actor)
        for item in acceptance.stale:
            self.console.print(f"{item.job.job_number} is stale: {item.stale_reason}")
        self.console.print(f"Booked {len(acceptance.accepted)}, stale {len(acceptance.stale)}.")

    def _scope(self, options: dict[str, Any]) -> Scope:
        jobs = Job.objects.open() if not options["job"] else Job.objects.filter(job_number__in=options["job"])
        if missing := set(options["job"]) - set(jobs.values_list("job_number", flat=True)):
            raise CommandError(f"There is no job {', '.join(sorted(missing))}.")
        return Scope(
            jobs=[job.pk for job in self._narrowed(jobs, options)],
            first_day=options["first"],
            last_day=options["last"],
            contractors=list(_contractors(options["contractor"]).values()) or None,
            excluded=_excluded(options["exclude"]),
            locks=_locks(options["lock"]),
            chosen_by_filter=not options["job"],
            may_change=options["may_change"],
            max_changes=options["max_changes"],
            freeze_hours=options["freeze_hours"],
            lead_hours=options["lead_hours"],
            effort=options["effort"],
            seed=options["seed"],
        )

    def _narrowed(self, jobs: JobQuerySet, options: dict[str, Any]) -> list[Job]:
        if options["type"]:
            jobs = jobs.filter(type=options["type"])
        if options["priority"]:
            jobs = jobs.filter(priority__in=options["priority"])
        if not options["zip"]:
            return list(jobs)
        middle = middle_of(options["zip"])
        if middle is None:
            raise CommandError(f"The place of ZIP code {options['zip']} is not known.")
        center = Point(float(middle.latitude), float(middle.longitude))
        return [job for job in jobs if great_circle_miles(center, job.point) <= options["miles"]]

    def _make(self, plan: Plan) -> None:
        """Make the plan here, or watch the worker that has taken it."""
        columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:>3.0f}%"))
        with Progress(*columns, TimeElapsedColumn(), console=self.console) as progress:
            bar = progress.add_task(plan.number, total=100)

            def show() -> None:
                row = Plan.objects.only("percent", "progress", "worth", "bound").get(pk=plan.pk)
                progress.update(bar, completed=row.percent, description=f"{plan.number} {_best(row)}")

            try:
                if taken := runs.take(plan.pk):
                    runs.run_apart(taken, watch=show)
                while Plan.objects.at_work().filter(pk=plan.pk).exists():
                    show()
                    time.sleep(PAUSE_SECONDS)
                    if taken := runs.take(plan.pk):  # its worker was killed
                        runs.run_apart(taken, watch=show)
            except KeyboardInterrupt as interrupt:
                services.cancel_plan(plan_id=plan.pk, actor=plan.requested_by)
                raise CommandError(f"{plan.number} is canceled.") from interrupt
            show()

    def _show(self, plan: Plan) -> None:
        if plan.failure:
            raise CommandError(plan.failure)
        items = plan.items.changes().select_related("job", "contractor").order_by("position")
        self.console.print(_items_table(list(items)))
        self.console.print(_figures_table(plan))
        for miss in plan.misses.select_related("job"):
            sentence = miss.sentence or f"{miss.get_code_display()}."
            self.console.print(f"{miss.job.job_number} is left out: {sentence}")
        self.console.print(f"{plan.number} is {plan.get_state_display().lower()}. {_gap(plan)}")


def _contractors(emails: list[str]) -> dict[str, UUID]:
    """Ids by email address. Raises CommandError for an unknown address."""
    ids = dict(Contractor.objects.filter(email__in=emails).values_list("email", "pk"))
    if missing := [email for email in emails if email not in ids]:
        raise CommandError(f"There is no contractor {', '.join(missing)}.")
    return ids


def _excluded(pairs: list[str]) -> dict[UUID, str]:
    reasons = dict(pair.partition("=")[::2] for pair in pairs)
    if missing := [email for email, reason in reasons.items() if not reason.strip()]:
        raise CommandError(f"Say why {', '.join(missing)} is left out: --exclude EMAIL=REASON.")
    ids = _contractors(list(reasons))
    return {ids[email]: reason for email, reason in reasons.items()}


def _locks(pairs: list[str]) -> dict[UUID, str]:
    """What stays of the live bookings of jobs: contractor and time, unless a part is named."""
    parts = dict(pair.partition("=")[::2] for pair in pairs)
    ids = dict(Assignment.objects.live().filter(job__job_number__in=parts).values_list("job__job_number", "pk"))
    if missing := [number for number in parts if number not in ids]:
        raise CommandError(f"{', '.join(missing)} has no booking that could be locked.")
    return {ids[number]: part or Lock.CONTRACTOR_AND_TIME for number, part in parts.items()}


def _best(plan: Plan) -> str:
    best = plan.progress
    return f"{best['planned']} planned, {best['unplanned']} left out. {_gap(plan)}" if best else ""


def _gap(plan: Plan) -> str:
    if plan.proven:
        return "No better plan exists."
    return "No bound is known." if plan.gap_percent is None else f"At most {plan.gap_percent}% better is possible."


def _items_table(items: list[PlanItem]) -> Table:
    table = Table("Change", "Job", "Priority", "Where", "Contractor", "When", "Score", "Rank", "Worth")
    for item in items:
        job = item.job
        slot = item.slot or item.slot_so_far
        table.add_row(
            str(Action(item.action).label),
            job.job_number,
            str(job.get_priority_display()),
            job.city,
            item.contractor.name if item.contractor else "",
            local_slot(slot, job.zone) if slot else "",
            str(item.score or ""),
            str(item.rank or ""),
            f"{item.worth / 10_000:.4f}",
        )
    return table


def _figures_table(plan: Plan) -> Table:
    table = Table("", "Today", "By hand", "Plan")
    for name, heading in FIGURES.items():
        values = [plan.figures.get(state, {}).get(name) for state in ("today", "by_hand", "plan")]
        table.add_row(heading, *("–" if value is None else f"{value:,}" for value in values))
    return table
