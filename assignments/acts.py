"""What can be done with an assignment on its page, by the table of its states and by the policy."""

from collections.abc import Callable
from typing import Any

from assignments import services
from assignments.forms import RatingForm, ReasonForm, reassign_form, reschedule_form
from assignments.models import Assignment
from assignments.states import MOVABLE, TRANSITIONS, Status
from contractors.models import Contractor, Rating
from smartscheduler.accounts.models import User
from smartscheduler.accounts.policy import Permission
from smartscheduler.backoffice.acts import Act


def may_assign(user: User, assignment: Assignment) -> bool:
    return user.allows(Permission.ASSIGN)


def can_become(status: Status) -> Callable[[Assignment], bool]:
    return lambda assignment: status in TRANSITIONS[assignment.status]


def is_movable(assignment: Assignment) -> bool:
    return assignment.status in MOVABLE


def is_unrated(assignment: Assignment) -> bool:
    return assignment.status == Status.COMPLETED and not Rating.objects.filter(job_id=assignment.job_id).exists()


def reassign(assignment: Assignment, actor: User, *, contractor: Contractor, **values: Any) -> Assignment:
    return services.reassign_assignment(assignment_id=assignment.pk, contractor_id=contractor.pk, actor=actor, **values)


def by(service: Callable[..., Assignment]) -> Callable[..., Assignment]:
    """A service of one assignment as an act runs it."""
    return lambda assignment, actor, **values: service(assignment_id=assignment.pk, actor=actor, **values)


ACTS = [
    Act(
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
    Act(
        name="start",
        label="Start work",
        icon="play_arrow",
        question="Start the work of {0}?",
        done="{0} is in progress.",
        run=by(services.start_assignment),
        allowed=may_assign,
        possible=can_become(Status.IN_PROGRESS),
        main=True,
    ),
    Act(
        name="complete",
        label="Complete",
        icon="done_all",
        question="Complete {0}?",
        done="{0} is completed.",
        run=by(services.complete_assignment),
        allowed=may_assign,
        possible=can_become(Status.COMPLETED),
        main=True,
    ),
    Act(
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
    Act(
        name="reschedule",
        label="Reschedule",
        icon="schedule",
        question="Another time for {0}, with the same contractor.",
        done="{0} is rescheduled.",
        run=by(services.reschedule_assignment),
        allowed=may_assign,
        possible=is_movable,
        form=reschedule_form,
    ),
    Act(
        name="reassign",
        label="Reassign",
        icon="swap_horiz",
        question="Another contractor for {0}. The present booking is cancelled in the same step.",
        done="Reassigned: {0}.",
        run=reassign,
        allowed=may_assign,
        possible=is_movable,
        form=reassign_form,
    ),
    Act(
        name="cancel",
        label="Cancel assignment",
        icon="event_busy",
        question="Cancel {0}? The slot becomes free and the job open again.",
        done="{0} is cancelled; the job is open again.",
        run=by(services.cancel_assignment),
        allowed=may_assign,
        possible=can_become(Status.CANCELLED),
        form=lambda assignment: ReasonForm,
        danger=True,
    ),
]
