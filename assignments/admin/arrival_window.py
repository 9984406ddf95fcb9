"""Arrival windows in the admin: actions to promise, change and withdraw one, and a filter of the list of jobs."""

from datetime import datetime, timedelta
from functools import partial
from typing import Any, cast

from django import forms
from django.contrib.admin import SimpleListFilter
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from assignments import services
from assignments.endangered_promises import promises_in_danger
from assignments.models import Assignment
from jobs.admin.forms import WindowForm, window_length_field, window_start_field
from jobs.models import Job
from jobs.querysets import JobQuerySet
from jobs.states import TRANSITIONS
from smartscheduler.accounts.models import User
from smartscheduler.accounts.permissions import Permission
from smartscheduler.adminsite import registry
from smartscheduler.adminsite.form_fields import InstantField
from smartscheduler.adminsite.record_actions import RecordAction
from smartscheduler.core.formatting import local_slot
from smartscheduler.timeslots import TimeSlot


def _form(job: Job) -> type[forms.Form]:
    return WindowForm if job.window is None else _changed_form(job.window)


def _changed_form(window: TimeSlot) -> type[forms.Form]:
    class ChangedWindowForm(WindowForm):
        window_start = window_start_field(initial=window.start)
        length = window_length_field(initial=int(window.duration.total_seconds()) // 60)
        # The window that the page shows: another user may change it in the meantime.
        replaces = InstantField(initial=window.start.isoformat(), widget=forms.HiddenInput)

    return ChangedWindowForm


def promise(
    job: Job, actor: User, *, window_start: datetime, length: timedelta, replaces: datetime | None = None
) -> Job:
    window = TimeSlot(window_start, window_start + length)
    return services.promise_window(job_id=job.pk, window=window, replaces=replaces, actor=actor)


def _promised(job: Job) -> list[str]:
    """The sentence about the promised window, or none."""
    if job.window is None:
        return []
    text = gettext("The customer is promised an arrival on {window}.")
    return [text.format(window=local_slot(job.window, job.zone))]


def what_follows(job: Job) -> list[str]:
    """Sentences about the promised window and the live booking."""
    sentences = _promised(job)
    live = Assignment.objects.live().filter(job=job).select_related("contractor").first()
    if live:
        text = gettext("{contractor} is booked for {slot}. Outside the window, the booking becomes a conflict.")
        sentences.append(text.format(contractor=live.contractor.name, slot=local_slot(live.slot, job.zone)))
    else:
        sentences.append(gettext("From now on, only starts in the window are offered and can be booked."))
    return sentences


def is_open_or_booked(job: Job, *, has_window: bool) -> bool:
    return bool(TRANSITIONS[job.status]) and (job.window is not None) == has_window


def may_promise(user: User, job: Job) -> bool:
    return user.allows(Permission.PROMISE_WINDOW)


class PromiseFilter(SimpleListFilter):
    """Filter of jobs by their arrival window."""

    title, parameter_name = _("arrival window"), "promise"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("any", gettext("Promised")), ("danger", gettext("In danger")), ("none", gettext("Not promised"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Job]) -> QuerySet[Job]:
        match self.value():
            case "danger":
                return promises_in_danger(cast(JobQuerySet, queryset), timezone.now())
            case "any" | "none":
                return queryset.filter(window_start__isnull=self.value() == "none")
            case _:
                return queryset


registry.list_filter(Job, PromiseFilter, before="state")


for name, label, has_window in (("promise", _("Promise window"), False), ("change-window", _("Change window"), True)):
    registry.record_action(
        Job,
        RecordAction(
            name=name,
            label=label,
            icon="handshake",
            question=_("Which arrival window is the customer of {0} promised?"),
            done=_("The arrival window of {0} is promised."),
            run=promise,
            allowed=may_promise,
            possible=partial(is_open_or_booked, has_window=has_window),
            form=_form,
            consequences=what_follows,
        ),
    )
registry.record_action(
    Job,
    RecordAction(
        name="withdraw-window",
        label=_("Withdraw window"),
        icon="event_busy",
        question=_("Withdraw the arrival window of {0}? Tell the customer first."),
        done=_("The arrival window of {0} is withdrawn."),
        run=lambda job, actor: services.withdraw_window(job_id=job.pk, actor=actor),
        allowed=may_promise,
        possible=partial(is_open_or_booked, has_window=True),
        form=lambda job: forms.Form,
        consequences=_promised,
        danger=True,
    ),
)
