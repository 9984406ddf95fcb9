"""What can be done with a contractor on its page, by the table of states and by the policy."""

from contractors import services
from contractors.models import Contractor
from contractors.states import TRANSITIONS, Status
from smartscheduler.accounts.models import User
from smartscheduler.accounts.policy import Permission
from smartscheduler.backoffice.acts import Act


def may_bring_back(user: User, contractor: Contractor) -> bool:
    """Out of inactivity it takes the right to restore; from leave, the right to change."""
    inactive = contractor.status == Status.INACTIVE
    return user.allows(Permission.RESTORE_CONTRACTORS if inactive else Permission.CHANGE_CONTRACTORS)


ACTS = [
    Act(
        name="activate",
        label="Activate",
        icon="play_arrow",
        question="Put {0} back to work?",
        done="{0} is active.",
        run=lambda contractor, actor: services.activate_contractor(contractor_id=contractor.pk, actor=actor),
        allowed=may_bring_back,
        possible=lambda contractor: Status.ACTIVE in TRANSITIONS[contractor.status],
        main=True,
    ),
    Act(
        name="mark-on-leave",
        label="Mark on leave",
        icon="beach_access",
        question="Mark {0} as on leave? Assignments already made stay.",
        done="{0} is on leave.",
        run=lambda contractor, actor: services.mark_on_leave(contractor_id=contractor.pk, actor=actor),
        allowed=may_bring_back,
        possible=lambda contractor: Status.ON_LEAVE in TRANSITIONS[contractor.status],
    ),
    Act(
        name="deactivate",
        label="Deactivate",
        icon="block",
        question="Take {0} out of service? It is refused while assignments are live.",
        done="{0} is inactive.",
        run=lambda contractor, actor: services.deactivate_contractor(contractor_id=contractor.pk, actor=actor),
        allowed=lambda user, contractor: user.allows(Permission.DEACTIVATE_CONTRACTORS),
        possible=lambda contractor: Status.INACTIVE in TRANSITIONS[contractor.status],
        danger=True,
    ),
]
