"""Forms of what can be done with an assignment in the admin."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AutocompleteSelect
from unfold.widgets import (
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminTextareaWidget,
)

from assignments.calendars import bookable_slots
from assignments.models import Assignment
from contractors.models import HIGHEST_RATING, LOWEST_RATING, Contractor
from smartscheduler.backoffice.fields import LocalInstantField, reason_field


class ReasonForm(forms.Form):
    reason = reason_field()


class RatingForm(forms.Form):
    rating = forms.DecimalField(
        min_value=LOWEST_RATING,
        max_value=HIGHEST_RATING,
        max_digits=3,
        decimal_places=2,
        help_text="0 to 5.",
        widget=UnfoldAdminDecimalFieldWidget(attrs={"step": Decimal("0.5")}),
    )
    comment = forms.CharField(max_length=1000, required=False, widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}))


class ContractorSearch(AutocompleteSelect):
    """Asks the server while one types, so that no list of all contractors is sent."""

    def optgroups(self, name: str, value: Sequence[str], attrs: dict[str, Any] | None = None) -> Any:
        # Django looks the chosen one up again, and would fail on what is no id.
        return super().optgroups(name, [text for text in value if is_id(text)], attrs)


def is_id(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def reschedule_form(assignment: Assignment) -> type[forms.Form]:
    """A form for the new start, with what is free that day in its help text."""
    present = assignment.slot.start
    zone = assignment.job.zone

    class RescheduleForm(forms.Form):
        start = LocalInstantField(
            initial=present,
            help_text=f"By the clock at the site ({zone.key}). {offers(assignment, present.astimezone(zone).date())}",
        )

    return RescheduleForm


def offers(assignment: Assignment, day: date) -> str:
    """The starts on offer on one day at the site, as a sentence."""
    job, contractor = assignment.job, assignment.contractor
    slots = bookable_slots(contractor=contractor, day=day, duration=job.duration, job=job)
    if not slots:
        return f"{contractor.name} has nothing free on {day:%a} {day.day} {day:%b}."
    starts = ", ".join(f"{slot.start.astimezone(job.zone):%H:%M}" for slot in slots)
    return f"Free starts on {day:%a} {day.day} {day:%b}: {starts}."


def reassign_form(assignment: Assignment) -> type[forms.Form]:
    """A form for another contractor; the time stays unless another is given."""

    class ReassignForm(forms.Form):
        contractor = forms.ModelChoiceField(
            Contractor.objects.all(),
            widget=ContractorSearch(Assignment._meta.get_field("contractor"), admin.site),
            help_text="Search by name, city or e-mail.",
        )
        start = LocalInstantField(
            required=False,
            help_text=f"Empty: the same time. By the clock at the site ({assignment.job.zone.key}).",
        )
        override_reason = reason_field(required=False, label="Why this one")

    return ReassignForm
