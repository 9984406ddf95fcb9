"""Forms of the Recommend page."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminTextInputWidget, UnfoldBooleanWidget

from jobs.arrival import USUAL_WINDOW
from recommendations.ranking import MOST_RESULTS
from smartscheduler.adminsite.form_fields import DayField, InstantField, reason_field
from smartscheduler.core.db.text_fields import LineFormField, NotesFormField, SearchFormField
from smartscheduler.rules.values import LONGEST_HORIZON, Rules
from smartscheduler.timeslots import TimeSlot

USUAL_RESULTS = 10


class QuestionForm(forms.Form):
    """Limits of the ranking, and the contractor to explain. Missing and invalid values take their defaults."""

    horizon_days = forms.IntegerField(
        label=_("Days ahead"),
        min_value=0,
        max_value=LONGEST_HORIZON,
        required=False,
        widget=UnfoldAdminIntegerFieldWidget(),
        help_text=format_lazy(_("0 to {limit}. 0 searches the desired date only."), limit=LONGEST_HORIZON),
    )
    day = DayField(
        label=_("Another date"),
        required=False,
        help_text=_("Ranks for this date. Leave empty for the desired date."),
    )
    max_results = forms.IntegerField(
        label=_("Results"),
        min_value=1,
        max_value=MOST_RESULTS,
        required=False,
        widget=UnfoldAdminIntegerFieldWidget(),
        help_text=format_lazy(_("1 to {limit}."), limit=MOST_RESULTS),
    )
    free_that_day = forms.BooleanField(
        label=_("Only contractors who are free that day"), required=False, widget=UnfoldBooleanWidget()
    )
    outside_window = forms.BooleanField(
        label=_("Also starts outside the arrival window"), required=False, widget=UnfoldBooleanWidget()
    )
    q = SearchFormField(label=_("Name"), max_length=100, required=False, widget=UnfoldAdminTextInputWidget())
    contractor = forms.UUIDField(required=False, widget=forms.HiddenInput())

    def __init__(self, query: dict[str, Any], rules: Rules) -> None:
        self.defaults = {
            "horizon_days": rules.horizon_days,
            "max_results": USUAL_RESULTS,
            "q": "",
            "contractor": None,
            "day": None,
            "outside_window": False,
        }
        # Always bound, so that the fields show the defaults if the query is empty.
        super().__init__({**self.defaults, "contractor": "", "day": "", **query})

    @property
    def answers(self) -> dict[str, Any]:
        """The valid values, completed by the defaults. Only contractors free that day: a horizon of no further day."""
        self.is_valid()
        values = {name: value for name, value in self.cleaned_data.items() if value not in (None, "")}
        return {**self.defaults, **values, **({"horizon_days": 0} if values.get("free_that_day") else {})}


@dataclass(frozen=True)
class Choice:
    """A candidate and a start time from a ranking; the keyword arguments of the booking services.

    The services refuse the booking if the ranking of the token is out of date.
    """

    contractor_id: UUID
    start: datetime
    override_reason: str
    window_break_reason: str
    ranking_token: str


class PromiseForm(forms.Form):
    """An arrival window that the ranking offers: its start. Offered windows have the usual length."""

    promise = InstantField(label=_("Arrival window"))

    @property
    def window(self) -> TimeSlot:
        start = self.cleaned_data["promise"]
        return TimeSlot(start, start + USUAL_WINDOW)


class AssignForm(forms.Form):
    """The form of one candidate: a start time, the reason if the candidate is not the first one, and the reason if the
    start is outside the arrival window."""

    contractor = forms.UUIDField(label=_("Contractor"))
    start = InstantField(label=_("Start time"), error_messages={"required": _("Choose a start time.")})
    override_reason = NotesFormField(label=_("Reason"), max_length=500, required=False)
    window_break_reason = reason_field(label=_("Reason for breaking the arrival window"), required=False)
    ranking_token = LineFormField(label=_("Ranking"), max_length=10_000, required=False)

    @property
    def choice(self) -> Choice:
        """The valid values."""
        values = self.cleaned_data
        return Choice(
            contractor_id=values["contractor"],
            start=values["start"],
            override_reason=values["override_reason"],
            window_break_reason=values["window_break_reason"],
            ranking_token=values["ranking_token"],
        )
