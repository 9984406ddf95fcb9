"""Forms of the record actions of an assignment."""

from datetime import datetime
from decimal import Decimal
from typing import ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanWidget,
)

from assignments.models import Assignment
from contractors.models import HIGHEST_RATING, LOWEST_RATING
from smartscheduler.adminsite.form_fields import reason_field
from smartscheduler.core.db.text_fields import LineFormField, NotesFormField
from smartscheduler.core.entry import UnreadableText
from smartscheduler.core.entry.later import read_later


class ReasonForm(forms.Form):
    reason = reason_field(label=_("Reason"))


class DespiteConflictForm(forms.Form):
    """Question before a booking is confirmed that the rules would reject today."""

    despite_conflict = forms.BooleanField(
        label=_("Confirm despite the conflict"),
        error_messages={"required": _("Select this box to confirm, or go back and move the booking.")},
        widget=UnfoldBooleanWidget(),
    )


class RunningLateForm(forms.Form):
    """How long the work of `booking` is expected to take; subclassed for each booking."""

    booking: ClassVar[Assignment]

    until = LineFormField(
        label=_("How late, or until when"),
        max_length=40,
        help_text=_("For example 25 min, 1 h 30 min or 3:30 PM: the time after the booked end, or the expected end."),
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"}),
    )

    def clean_until(self) -> datetime:
        try:
            return read_later(self.cleaned_data["until"], after=self.booking.slot.end, zone=self.booking.job.zone)
        except UnreadableText as refusal:
            raise ValidationError(str(refusal)) from refusal


def running_late_form(assignment: Assignment) -> type[RunningLateForm]:
    return type("RunningLateFormOfBooking", (RunningLateForm,), {"booking": assignment})


class RatingForm(forms.Form):
    rating = forms.DecimalField(
        label=_("Rating"),
        min_value=LOWEST_RATING,
        max_value=HIGHEST_RATING,
        max_digits=3,
        decimal_places=2,
        help_text=_("0 to 5 stars."),
        widget=UnfoldAdminDecimalFieldWidget(attrs={"step": Decimal("0.5")}),
    )
    comment = NotesFormField(
        label=_("Comment"), max_length=1000, required=False, widget=UnfoldAdminTextareaWidget(attrs={"rows": 3})
    )
