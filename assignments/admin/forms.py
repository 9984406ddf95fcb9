"""Forms of what can be done with an assignment in the admin."""

from decimal import Decimal

from django import forms
from unfold.widgets import (
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminTextareaWidget,
)

from contractors.models import HIGHEST_RATING, LOWEST_RATING
from smartscheduler.adminsite.form_fields import reason_field
from smartscheduler.core.db.text_fields import NotesFormField


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
    comment = NotesFormField(max_length=1000, required=False, widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}))
