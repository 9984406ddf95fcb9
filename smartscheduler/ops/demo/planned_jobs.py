"""Chapter of the walkthrough about plans: twenty jobs are planned, compared with booking by hand, and accepted."""

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone
from rich import box
from rich.markup import escape
from rich.table import Table

from assignments.services import assign_job, cancel_job
from jobs.models import Job
from jobs.services import create_job
from recommendations.planning.acceptance import Acceptance, accept_plan
from recommendations.planning.models import Plan, PlanItem
from recommendations.planning.runs import run_apart, take
from recommendations.planning.scope import Scope
from recommendations.planning.services import request_plan
from smartscheduler.accounts.models import User
from smartscheduler.ops.demo.terminal_svg import span
from smartscheduler.places import MIDDLE
from smartscheduler.timeslots import TimeSlot

MOST_JOBS, DAYS = 20, 7
COLUMNS = ("today", "by_hand", "plan")
FIGURES = {
    "planned": ("Jobs planned", "{:.0f}"),
    "unplanned": ("Jobs left over", "{:.0f}"),
    "mean_score": ("Mean score", "{:.3f}"),
    "days_late": ("Days after the desired date", "{:.0f}"),
    "miles": ("Miles between jobs", "{:.1f}"),
}


def plan_open_jobs(actor: User) -> Plan | None:
    """Plan the most urgent open jobs for the coming week, in this process. None if fewer than two jobs are open."""
    jobs = list(Job.objects.open().by_urgency().values_list("pk", flat=True)[:MOST_JOBS])
    if len(jobs) < 2:
        return None
    first = timezone.localdate(timezone=MIDDLE) + timedelta(days=1)
    scope = Scope(jobs=jobs, first_day=first, last_day=first + timedelta(days=DAYS - 1), effort="quick", seed=1)
    plan = request_plan(scope=scope, actor=actor)
    # A worker that runs beside the walkthrough may have been faster.
    if taken := take(plan.pk):
        run_apart(taken)
    plan.refresh_from_db()
    return plan


def comparison_table(plan: Plan) -> Table:
    """Figures of today, by hand and of the plan."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1))
    table.add_column("")
    for title in ("Today", "By hand", "Plan"):
        table.add_column(title, justify="right", style="bold" if title == "Plan" else "")
    for name, (title, form) in FIGURES.items():
        values = [(plan.figures.get(column) or {}).get(name) for column in COLUMNS]
        table.add_row(title, *("–" if value is None else form.format(value) for value in values))
    return table


def take_the_time_of(item: PlanItem, actor: User) -> Job:
    """Book the contractor of an item at its time for a new job next door, so that the item becomes stale."""
    if item.slot is None or item.contractor_id is None:
        raise ValueError("The item books no contractor.")
    neighbor = create_job(actor=actor, **_next_door(item.job, item.slot))
    assign_job(job_id=neighbor.pk, contractor_id=item.contractor_id, start=item.slot.start, actor=actor)
    return neighbor


def _next_door(job: Job, slot: TimeSlot) -> dict[str, Any]:
    copied = ("type", "duration", "required_skills", "address", "city", "state", "zip_code", "time_zone")
    return {
        **{name: getattr(job, name) for name in copied},
        "latitude": job.latitude,
        "longitude": job.longitude,
        "desired_date": slot.start,
        "customer_name": "The neighbor",
    }


def accept_all(plan: Plan, actor: User) -> Acceptance:
    return accept_plan(plan_id=plan.pk, item_ids=None, all_or_nothing=False, actor=actor)


def give_back(neighbor: Job, actor: User) -> None:
    cancel_job(job_id=neighbor.pk, reason="The neighbor was only part of the demo.", actor=actor)


def offer(item: PlanItem) -> str:
    """What could be booked instead of a stale item; empty if nothing was found."""
    if not item.suggestion:
        return ""
    start, end = (datetime.fromisoformat(item.suggestion["time_slot"][edge]) for edge in ("start", "end"))
    name = escape(item.suggestion["contractor_name"])
    return f"Instead: {name}, {span(TimeSlot(start, end), item.job.zone)}."
