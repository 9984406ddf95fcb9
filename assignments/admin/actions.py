"""Record actions of an assignment; states and permissions decide which of them are offered.

Rescheduling and reassigning are separate pages, registered for the same record.
"""

from collections.abc import Callable

from django import forms
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from assignments import services
from assignments.admin.forms import DespiteConflictForm, RatingForm, ReasonForm, running_late_form
from assignments.broken_bookings import reasons_of
from assignments.models import Assignment
from assignments.start_window import earliest_start
from assignments.states import CAN_RUN_LATE, MOVABLE, TRANSITIONS, Status
from contractors.models import Rating
from smartscheduler.accounts.models import User
from smartscheduler.accounts.permissions import Permission
from smartscheduler.adminsite.record_actions import RecordAction
from smartscheduler.core.formatting import local_slot


def may_assign(user: User, assignment: Assignment) -> bool:
    return user.allows(Permission.ASSIGN)


def can_become(status: Status) -> Callable[[Assignment], bool]:
    return lambda assignment: status in TRANSITIONS[assignment.status]


def can_work(status: Status) -> Callable[[Assignment], bool]:
    """Predicate: the transition to `status` is allowed, and it is not too early (assignments.start_window)."""

    def possible(assignment: Assignment) -> bool:
        begun = timezone.now() >= earliest_start(assignment.slot, assignment.job.zone)
        return begun and can_become(status)(assignment)

    return possible


def can_run_late(assignment: Assignment) -> bool:
    """Whether the assignment can be reported late, and its day has come."""
    return assignment.status in CAN_RUN_LATE and timezone.now() >= earliest_start(assignment.slot, assignment.job.zone)


def is_movable(assignment: Assignment) -> bool:
    return assignment.status in MOVABLE


def is_unrated(assignment: Assignment) -> bool:
    return assignment.status == Status.COMPLETED and not Rating.objects.filter(job_id=assignment.job_id).exists()


def freed_by(assignment: Assignment) -> list[str]:
    """Sentences about what ending a live booking frees, and about the email to the contractor."""
    contractor = assignment.contractor
    freed = gettext("{slot} becomes free for {contractor}.")
    notified = gettext(
        "{contractor} gets an email ({email}) with the reason, and the booking is removed from their calendar."
    )
    return [
        freed.format(slot=local_slot(assignment.slot, assignment.job.zone), contractor=contractor.name),
        notified.format(contractor=contractor.name, email=contractor.email),
    ]


def after_cancelling(assignment: Assignment) -> list[str]:
    reopened = gettext("{job} is open again. To give it to another contractor in one step, reassign it instead.")
    return [*freed_by(assignment), reopened.format(job=assignment.job)]


def conflict_form(assignment: Assignment) -> type[forms.Form] | None:
    """Form that asks before a booking in conflict is confirmed; None for all others. The conflict may be selected."""
    in_conflict = assignment.slot.end > timezone.now() and getattr(assignment, "conflict", None) is not None
    return DespiteConflictForm if in_conflict else None


def conflict_sentences(assignment: Assignment) -> list[str]:
    return [reason.message for reason in reasons_of(assignment.pk, reader=None)]


def by(service: Callable[..., Assignment]) -> Callable[..., Assignment]:
    """Adapter from a service of one assignment to the signature of `RecordAction.run`."""
    return lambda assignment, actor, **values: service(assignment_id=assignment.pk, actor=actor, **values)


ACTIONS = [
    RecordAction(
        name="confirm",
        label=_("Confirm"),
        icon="check",
        question=_("Confirm {0}?"),
        done=_("{0} is confirmed."),
        run=by(services.confirm_assignment),
        allowed=may_assign,
        possible=can_become(Status.CONFIRMED),
        form=conflict_form,
        consequences=conflict_sentences,
        main=True,
    ),
    RecordAction(
        name="start",
        label=_("Start work"),
        icon="play_arrow",
        question=_("Start the work of {0}?"),
        done=_("{0} is in progress."),
        run=by(services.start_assignment),
        allowed=may_assign,
        possible=can_work(Status.IN_PROGRESS),
        main=True,
    ),
    RecordAction(
        name="running-late",
        label=_("Running late"),
        icon="timer",
        question=_("How late is {0}?"),
        done=_("{0} is reported late."),
        run=by(services.report_running_late),
        allowed=may_assign,
        possible=can_run_late,
        form=running_late_form,
    ),
    RecordAction(
        name="on-time",
        label=_("No longer late"),
        icon="timer_off",
        question=_("Withdraw the report that {0} is late?"),
        done=_("{0} is no longer reported late."),
        run=lambda assignment, actor: services.report_running_late(
            assignment_id=assignment.pk, until=None, actor=actor
        ),
        allowed=may_assign,
        possible=lambda assignment: assignment.late_until is not None,
    ),
    RecordAction(
        name="complete",
        label=_("Complete"),
        icon="done_all",
        question=_("Complete {0}?"),
        done=_("{0} is completed."),
        run=by(services.complete_assignment),
        allowed=may_assign,
        possible=can_work(Status.COMPLETED),
        main=True,
    ),
    RecordAction(
        name="rate",
        label=_("Rate"),
        icon="star",
        question=_("Rate the work of {0}."),
        done=_("{0} is rated."),
        run=by(services.rate_assignment),
        allowed=may_assign,
        possible=is_unrated,
        form=lambda assignment: RatingForm,
        main=True,
    ),
    RecordAction(
        name="cancel",
        label=_("Cancel assignment"),
        icon="event_busy",
        question=_("Cancel {0}? The time slot becomes free, and the job is open again."),
        done=_("{0} is canceled. The job is open again."),
        run=by(services.cancel_assignment),
        allowed=may_assign,
        possible=can_become(Status.CANCELLED),
        form=lambda assignment: ReasonForm,
        consequences=after_cancelling,
        danger=True,
    ),
]
