"""The form of the numbers, and what a preview and a publication add to it."""

from typing import Any

from django import forms
from unfold.widgets import (
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from jobs.models import Job
from smartscheduler.adminsite.service_forms import ServiceForm, show_refusal
from smartscheduler.core.db.text_fields import LineFormField, NotesFormField
from smartscheduler.errors import InvalidInput
from smartscheduler.rules.models import RulesVersion
from smartscheduler.rules.services import check_weights
from smartscheduler.rules.values import FIELDS, Rules

WHOLE = {"minimum_gap_minutes", "horizon_days"}


class RulesForm(ServiceForm):
    """The numbers, and the job on which they are tried."""

    job = LineFormField(
        label="Try them on job",
        required=False,
        max_length=21,
        help_text="A job number; empty takes the most urgent open job.",
        widget=UnfoldAdminTextInputWidget(attrs={"list": "open-jobs", "autocomplete": "off"}),
    )

    class Meta:
        model = RulesVersion
        fields = FIELDS
        widgets = {
            name: UnfoldAdminIntegerFieldWidget() if name in WHOLE else UnfoldAdminDecimalFieldWidget()
            for name in FIELDS
        }

    def clean_job(self) -> Job | None:
        number = self.cleaned_data["job"].strip().upper()
        if not number:
            return Job.objects.open().by_urgency().first()
        found = Job.objects.filter(job_number=number).first()
        if found is None:
            raise forms.ValidationError("There is no job with this number.")
        return found

    def clean(self) -> dict[str, Any]:
        if self.cleaned_data.keys() >= set(FIELDS):
            try:
                check_weights(self.numbers)
            except InvalidInput as refusal:
                show_refusal(self, refusal)
        return super().clean()

    @property
    def numbers(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in FIELDS}

    @property
    def rules(self) -> Rules:
        """What the valid form says."""
        return Rules.of_fields(self.numbers)


class PublishForm(RulesForm):
    """The same numbers once more, why, and the version that they were changed from."""

    note = NotesFormField(
        label="Why",
        required=False,
        max_length=500,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}),
        help_text="Kept with the version, for those who ask later.",
    )
    based_on = forms.IntegerField(required=False, min_value=1, max_value=2**31 - 1, widget=forms.HiddenInput())
