"""Forms of the Recommend page."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django import forms
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminTextInputWidget

from recommendations.ranking import MOST_RESULTS
from smartscheduler.adminsite.form_fields import InstantField
from smartscheduler.core.db.text_fields import NotesFormField, SearchFormField
from smartscheduler.core.rest.filters import CalendarDayField
from smartscheduler.rules.values import LONGEST_HORIZON, Rules

USUAL_RESULTS = 10


class QuestionForm(forms.Form):
    """How far and how many to look, and whom to ask about; what is left out or wrong takes its default."""

    horizon_days = forms.IntegerField(
        label="Days ahead",
        min_value=0,
        max_value=LONGEST_HORIZON,
        required=False,
        widget=UnfoldAdminIntegerFieldWidget(),
        help_text=f"0 to {LONGEST_HORIZON}; 0 is the desired day alone.",
    )
    day = CalendarDayField(
        label="Another day",
        required=False,
        widget=UnfoldAdminTextInputWidget(attrs={"type": "date"}),
        help_text="As if it were wanted then; empty is the desired day.",
    )
    max_results = forms.IntegerField(
        label="Results",
        min_value=1,
        max_value=MOST_RESULTS,
        required=False,
        widget=UnfoldAdminIntegerFieldWidget(),
        help_text=f"1 to {MOST_RESULTS}.",
    )
    q = SearchFormField(label="Name", max_length=100, required=False, widget=UnfoldAdminTextInputWidget())
    contractor = forms.UUIDField(required=False, widget=forms.HiddenInput())

    def __init__(self, given: dict[str, Any], rules: Rules) -> None:
        self.usual = {
            "horizon_days": rules.horizon_days,
            "max_results": USUAL_RESULTS,
            "q": "",
            "contractor": None,
            "day": None,
        }
        # With nothing given, the form is shown with its defaults.
        super().__init__({**self.usual, "contractor": "", "day": "", **given})

    @property
    def answers(self) -> dict[str, Any]:
        """The valid values, with the defaults in place of the others."""
        self.is_valid()
        given = {name: value for name, value in self.cleaned_data.items() if value not in (None, "")}
        return {**self.usual, **given}


@dataclass(frozen=True)
class Choice:
    """A candidate and a start, chosen from a ranking, in the terms of the services that book."""

    contractor_id: UUID
    start: datetime
    override_reason: str


class AssignForm(forms.Form):
    contractor = forms.UUIDField()
    start = InstantField(error_messages={"required": "Choose a slot."})
    override_reason = NotesFormField(max_length=500, required=False)

    @property
    def choice(self) -> Choice:
        """The valid values."""
        values = self.cleaned_data
        return Choice(values["contractor"], values["start"], values["override_reason"])
