"""Record actions of a plan: stop, cancel, plan the rest again, undo, discard."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from recommendations.planning import services
from recommendations.planning.models import Plan
from recommendations.planning.replans import replan
from recommendations.planning.undo import UNDO_MINUTES, undo_plan
from smartscheduler.accounts.models import User
from smartscheduler.accounts.permissions import Permission
from smartscheduler.adminsite.record_actions import RecordAction


def _with(permission: Permission) -> Callable[[User, Any], bool]:
    return lambda user, plan: user.allows(permission)


def can_undo(plan: Plan) -> bool:
    """Whether something was accepted so recently that it can be taken back; the service checks the bookings."""
    states = {Plan.State.ACCEPTED, Plan.State.PARTLY_ACCEPTED, Plan.State.DISCARDED}
    if plan.accepted_at is None or plan.state not in states:
        return False
    return timezone.now() - plan.accepted_at < timedelta(minutes=UNDO_MINUTES)


ACTIONS = (
    RecordAction(
        name="stop",
        label=_("Stop and keep"),
        icon="stop_circle",
        question=_("Stop {0} and keep the best plan so far?"),
        done=_("{0} stops with the best plan so far."),
        run=lambda plan, actor: services.stop_plan(plan_id=plan.pk, actor=actor),
        allowed=_with(Permission.MAKE_PLANS),
        possible=lambda plan: plan.state == Plan.State.RUNNING,
        main=True,
    ),
    RecordAction(
        name="cancel",
        label=_("Cancel the run"),
        icon="cancel",
        question=_("Cancel {0}? Nothing of it is kept."),
        done=_("{0} is being canceled."),
        run=lambda plan, actor: services.cancel_plan(plan_id=plan.pk, actor=actor),
        allowed=_with(Permission.MAKE_PLANS),
        possible=lambda plan: plan.is_at_work,
        danger=True,
    ),
    RecordAction(
        name="rest",
        label=_("Plan the rest again"),
        icon="restart_alt",
        question=_("Plan the rest of {0} again?"),
        done=_("{0} plans the rest. What was accepted stays."),
        run=lambda plan, actor: replan(plan_id=plan.pk, change=None, actor=actor),
        allowed=_with(Permission.MAKE_PLANS),
        possible=lambda plan: plan.is_open or plan.is_over,
    ),
    RecordAction(
        name="undo",
        label=_("Undo the acceptance"),
        icon="undo",
        question=_("Take back what was accepted of {0}?"),
        done=_("What was accepted of {0} was taken back."),
        run=lambda plan, actor: undo_plan(plan_id=plan.pk, actor=actor),
        allowed=_with(Permission.ASSIGN),
        possible=can_undo,
    ),
    RecordAction(
        name="discard",
        label=_("Discard"),
        icon="delete",
        question=_("Discard {0}? Bookings that were accepted stay."),
        done=_("{0} was discarded."),
        run=lambda plan, actor: services.discard_plan(plan_id=plan.pk, actor=actor),
        allowed=_with(Permission.MAKE_PLANS),
        possible=lambda plan: plan.is_open,
        danger=True,
    ),
)
