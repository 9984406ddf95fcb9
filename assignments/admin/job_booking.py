"""Extensions of the job page: the live assignment with its actions, and the action to cancel a job."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from django.contrib import admin
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.decorators import action

from assignments import services
from assignments.admin.actions import freed_by
from assignments.admin.forms import ReasonForm
from assignments.models import Assignment
from jobs.models import Job
from jobs.states import TRANSITIONS, Status
from smartscheduler.accounts.permissions import Permission
from smartscheduler.adminsite import registry
from smartscheduler.adminsite.buttons import Button, Weight
from smartscheduler.adminsite.permissions import person
from smartscheduler.adminsite.record_actions import RecordAction, ask_for_each
from smartscheduler.adminsite.registry import record_url
from smartscheduler.adminsite.return_url import returning


@registry.queryset(Job)
def with_live_assignments(jobs: QuerySet[Job]) -> QuerySet[Job]:
    """Prefetch the live assignment of each job as the list `live` with at most one item."""
    live = Assignment.objects.live().select_related("contractor", "job", "conflict")
    return jobs.prefetch_related(Prefetch("assignments", live, to_attr="live"))


@registry.buttons(Job)
def of_booking(request: HttpRequest, job: Job) -> Iterator[Button]:
    """Link to the live assignment, followed by its buttons, which lead back to the job."""
    for assignment in job.live:  # type: ignore[attr-defined]
        url = record_url(assignment, "change")
        label = gettext("Assigned to {contractor}").format(contractor=assignment.contractor.name)
        yield Button(label=label, icon="event_available", url=url, main=True, weight=Weight.LEADING)
        assignment_admin: Any = admin.site.get_model_admin(Assignment)
        for button in assignment_admin.buttons(request, assignment):
            yield replace(button, url=returning(button.url, record_url(job, "change")), weight=Weight.LEADING)


def what_follows(job: Job) -> list[str]:
    """Sentences about the consequences of cancelling a job."""
    live = Assignment.objects.live().filter(job=job).select_related("job", "contractor").first()
    final = gettext("A canceled job stays in the list and cannot be reopened.")
    if live is None:
        return [gettext("No contractor is booked for this job."), final]
    alternative = gettext("To give the job to another contractor, cancel or reassign only the assignment.")
    return [*freed_by(live), final, alternative]


CANCEL = RecordAction(
    name="cancel",
    label=_("Cancel job"),
    icon="block",
    question=_("Cancel {0}? Its live assignment is canceled too, and the time slot becomes free."),
    done=_("{0} is canceled."),
    run=lambda job, actor, reason: services.cancel_job(job_id=job.pk, reason=reason, actor=actor),
    allowed=lambda user, job: user.allows(Permission.CANCEL_JOBS),
    possible=lambda job: Status.CANCELLED in TRANSITIONS[job.status],
    form=lambda job: ReasonForm,
    consequences=what_follows,
    danger=True,
)
registry.record_action(Job, CANCEL)


@registry.list_action(Job)
@action(description=_("Cancel …"), permissions=["cancel"])
def cancel_selected(admin: ModelAdmin, request: HttpRequest, jobs: QuerySet[Job]) -> HttpResponse | None:
    """Ask for the reason, then cancel the selected jobs one by one."""
    return ask_for_each(
        admin,
        request,
        jobs,
        lambda job, reason: services.cancel_job(job_id=job.pk, reason=reason, actor=person(request)),
        action="cancel_selected",
        form_class=ReasonForm,
        title=gettext("Cancel jobs"),
        question=gettext("Cancel these jobs? Their live assignments are canceled too, and the time slots become free."),
        done=gettext("Canceled"),
        danger=True,
    )
