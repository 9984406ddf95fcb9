"""Actions on the page of an assignment, as the table of states and the policy allow them.

Rescheduling and reassigning are pages of their own, registered for the same record.
"""

from collections.abc import Callable

from django.utils import timezone

from assignments import services
from assignments.admin.forms import RatingForm, ReasonForm
from assignments.models import Assignment
from assignments.start_window import earliest_start
from assignments.states import MOVABLE, TRANSITIONS, Status
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
    """Whether the work can become `status` now: by the table of states, and not before its day."""

    def possible(assignment: Assignment) -> bool:
        begun = timezone.now() >= earliest_start(assignment.slot, assignment.job.zone)
        return begun and can_become(status)(assignment)

    return possible


def is_movable(assignment: Assignment) -> bool:
    return assignment.status in MOVABLE


def is_unrated(assignment: Assignment) -> bool:
    return assignment.status == Status.COMPLETED and not Rating.objects.filter(job_id=assignment.job_id).exists()


def freed_by(assignment: Assignment) -> list[str]:
    """What ending a live booking frees, and who is told of it."""
    who = assignment.contractor
    return [
        f"{local_slot(assignment.slot, assignment.job.zone)} becomes free for {who.name}.",
        f"{who.name} is told by e-mail ({who.email}), with the reason, and it leaves their calendar.",
    ]


def after_cancelling(assignment: Assignment) -> list[str]:
    return [
        *freed_by(assignment),
        f"{assignment.job} is open again and can be given to somebody else; to do both at once, reassign it instead.",
    ]


def by(service: Callable[..., Assignment]) -> Callable[..., Assignment]:
    """A service of one assignment as an action runs it."""
    return lambda assignment, actor, **values: service(assignment_id=assignment.pk, actor=actor, **values)


ACTIONS = [
    RecordAction(
        name="confirm",
        label="Confirm",
        icon="check",
        question="Confirm {0}?",
        done="{0} is confirmed.",
        run=by(services.confirm_assignment),
        allowed=may_assign,
        possible=can_become(Status.CONFIRMED),
        main=True,
    ),
    RecordAction(
        name="start",
        label="Start work",
        icon="play_arrow",
        question="Start the work of {0}?",
        done="{0} is in progress.",
        run=by(services.start_assignment),
        allowed=may_assign,
        possible=can_work(Status.IN_PROGRESS),
        main=True,
    ),
    RecordAction(
        name="complete",
        label="Complete",
        icon="done_all",
        question="Complete {0}?",
        done="{0} is completed.",
        run=by(services.complete_assignment),
        allowed=may_assign,
        possible=can_work(Status.COMPLETED),
        main=True,
    ),
    RecordAction(
        name="rate",
        label="Rate",
        icon="star",
        question="How good was the work of {0}?",
        done="{0} is rated.",
        run=by(services.rate_assignment),
        allowed=may_assign,
        possible=is_unrated,
        form=lambda assignment: RatingForm,
        main=True,
    ),
    RecordAction(
        name="cancel",
        label="Cancel assignment",
        icon="event_busy",
        question="Cancel {0}? The slot becomes free and the job open again.",
        done="{0} is cancelled; the job is open again.",
        run=by(services.cancel_assignment),
        allowed=may_assign,
        possible=can_become(Status.CANCELLED),
        form=lambda assignment: ReasonForm,
        consequences=after_cancelling,
        danger=True,
    ),
]
