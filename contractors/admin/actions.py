"""Record actions of a contractor; states and permissions decide which of them are offered."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from contractors import services
from contractors.admin.absence_form import absent_form
from contractors.models import Contractor
from contractors.states import TRANSITIONS, Status
from smartscheduler.accounts.models import User
from smartscheduler.accounts.permissions import Permission
from smartscheduler.adminsite.record_actions import RecordAction


def may_bring_back(user: User, contractor: Contractor) -> bool:
    """Whether the user has the permission to activate: RESTORE_CONTRACTORS if inactive, else CHANGE_CONTRACTORS."""
    inactive = contractor.status == Status.INACTIVE
    return user.allows(Permission.RESTORE_CONTRACTORS if inactive else Permission.CHANGE_CONTRACTORS)


def is_inactive(contractor: Contractor) -> bool:
    return contractor.status == Status.INACTIVE


def activate(contractor: Contractor, actor: User) -> Contractor:
    return services.activate_contractor(contractor_id=contractor.pk, actor=actor)


def be_absent(contractor: Contractor, actor: User, **absence: Any) -> Contractor:
    services.add_absence(contractor_id=contractor.pk, actor=actor, **absence)
    return contractor


DEACTIVATE = RecordAction(
    name="deactivate",
    label=_("Deactivate"),
    icon="block",
    question=_("Deactivate {0}? They will not get new jobs. Only an administrator can restore them."),
    done=_("{0} is inactive."),
    run=lambda contractor, actor: services.deactivate_contractor(contractor_id=contractor.pk, actor=actor),
    allowed=lambda user, contractor: user.allows(Permission.DEACTIVATE_CONTRACTORS),
    possible=lambda contractor: Status.INACTIVE in TRANSITIONS[contractor.status],
    form=lambda contractor: forms.Form,  # an empty form, so that the button leads to a page that asks
    danger=True,
)
ACTIONS = [
    RecordAction(
        name="absent",
        label=_("Add absence"),
        icon="sick",
        question=_("When does {0} not work? Bookings in that time stay until you move them. They are listed next."),
        done=_("The absence of {0} was added."),
        run=be_absent,
        allowed=lambda user, contractor: user.allows(Permission.CHANGE_CONTRACTORS),
        possible=lambda contractor: not is_inactive(contractor),
        form=absent_form,
        submit=_("Add absence"),
    ),
    RecordAction(
        name="restore",
        label=_("Restore"),
        icon="restore",
        question=_("Restore {0}?"),
        done=_("{0} is active again."),
        run=activate,
        allowed=may_bring_back,
        possible=lambda contractor: is_inactive(contractor) and not contractor.is_erased,
        main=True,
    ),
    RecordAction(
        name="activate",
        label=_("Activate"),
        icon="play_arrow",
        question=_("Activate {0}?"),
        done=_("{0} is active."),
        run=activate,
        allowed=may_bring_back,
        possible=lambda contractor: Status.ACTIVE in TRANSITIONS[contractor.status] and not is_inactive(contractor),
        main=True,
    ),
    RecordAction(
        name="mark-on-leave",
        label=_("Mark on leave"),
        icon="beach_access",
        question=_("Mark {0} as on leave? Bookings stay until you move them. They are listed next."),
        done=_("{0} is on leave."),
        run=lambda contractor, actor: services.mark_on_leave(contractor_id=contractor.pk, actor=actor),
        allowed=may_bring_back,
        possible=lambda contractor: Status.ON_LEAVE in TRANSITIONS[contractor.status] and not contractor.is_erased,
    ),
    DEACTIVATE,
]
