"""What assignments add to the page of a job: who has it, what can be done with that booking, and cancelling both."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from django.contrib import admin
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest

from assignments import services
from assignments.admin.actions import freed_by
from assignments.admin.forms import ReasonForm
from assignments.models import Assignment
from jobs.models import Job
from jobs.states import TRANSITIONS, Status
from smartscheduler.accounts.permissions import Permission
from smartscheduler.adminsite import registry
from smartscheduler.adminsite.buttons import Button, Weight
from smartscheduler.adminsite.record_actions import RecordAction
from smartscheduler.adminsite.registry import record_url
from smartscheduler.adminsite.return_url import returning


@registry.queryset(Job)
def with_live_assignments(jobs: QuerySet[Job]) -> QuerySet[Job]:
    """Jobs with `live`, the list of assignments that hold them: at most one each."""
    live = Assignment.objects.live().select_related("contractor", "job")
    return jobs.prefetch_related(Prefetch("assignments", live, to_attr="live"))


@registry.buttons(Job)
def of_booking(request: HttpRequest, job: Job) -> Iterator[Button]:
    """A link to the assignment, and its own buttons, which lead back to the job."""
    for assignment in job.live:  # type: ignore[attr-defined]
        url = record_url(assignment, "change")
        label = f"Assigned to {assignment.contractor.name}"
        yield Button(label=label, icon="event_available", url=url, main=True, weight=Weight.LEADING)
        assignment_admin: Any = admin.site.get_model_admin(Assignment)
        for button in assignment_admin.buttons(request, assignment):
            yield replace(button, url=returning(button.url, record_url(job, "change")), weight=Weight.LEADING)


def what_follows(job: Job) -> list[str]:
    """What cancelling a job brings about."""
    live = Assignment.objects.live().filter(job=job).select_related("job", "contractor").first()
    final = "A cancelled job stays as history and cannot be opened again."
    if live is None:
        return ["Nobody is booked on it.", final]
    return [*freed_by(live), f"{final} To find somebody else for it, cancel or reassign the assignment alone."]


CANCEL = RecordAction(
    name="cancel",
    label="Cancel job",
    icon="block",
    question="Cancel {0}? A live assignment is cancelled with it, and its slot becomes free.",
    done="{0} is cancelled.",
    run=lambda job, actor, reason: services.cancel_job(job_id=job.pk, reason=reason, actor=actor),
    allowed=lambda user, job: user.allows(Permission.CANCEL_JOBS),
    possible=lambda job: Status.CANCELLED in TRANSITIONS[job.status],
    form=lambda job: ReasonForm,
    consequences=what_follows,
    danger=True,
)
registry.record_action(Job, CANCEL)
