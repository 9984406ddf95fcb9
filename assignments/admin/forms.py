"""Forms of the record actions of an assignment."""

from decimal import Decimal

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminTextareaWidget,
    UnfoldBooleanWidget,
)

from contractors.models import HIGHEST_RATING, LOWEST_RATING
from smartscheduler.adminsite.form_fields import reason_field
from smartscheduler.core.db.text_fields import NotesFormField


class ReasonForm(forms.Form):
    reason = reason_field(label=_("Reason"))


class DespiteConflictForm(forms.Form):
    """Question before a booking is confirmed that the rules would reject today."""

    despite_conflict = forms.BooleanField(
        label=_("Confirm despite the conflict"),
        error_messages={"required": _("Select this box to confirm, or go back and move the booking.")},
        widget=UnfoldBooleanWidget(),
    )


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
