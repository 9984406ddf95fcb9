"""Forms that edit, preview and publish the scheduling rules."""

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from jobs.models import Job
from smartscheduler.adminsite.form_fields import version_field
from smartscheduler.adminsite.service_forms import ServiceForm, show_refusal
from smartscheduler.core.db.text_fields import LineFormField, NotesFormField
from smartscheduler.errors import InvalidInput
from smartscheduler.rules.models import RulesVersion
from smartscheduler.rules.services import check_weights
from smartscheduler.rules.values import FIELDS, Rules

WHOLE = {"minimum_gap_minutes", "horizon_days"}


class RulesForm(ServiceForm):
    """The values of the rules, and the job for which they are previewed."""

    job = LineFormField(
        label=_("Preview for job"),
        required=False,
        max_length=21,
        help_text=_("Enter a job number, or leave empty to use the most urgent open job."),
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
        job = Job.objects.filter(job_number=number).first()
        if job is None:
            raise forms.ValidationError(gettext("No job has this number."))
        return job

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
        """The rules of a valid form."""
        return Rules.of_fields(self.numbers)


class PublishForm(RulesForm):
    """The previewed values, the reason for the change, and the version that the user edited."""

    note = NotesFormField(
        label=_("Reason"),
        required=False,
        max_length=500,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}),
        help_text=_("Why the rules change. Stored with the version."),
    )
    based_on = version_field()
