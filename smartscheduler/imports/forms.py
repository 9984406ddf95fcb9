"""Upload form of the import."""

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminFileFieldWidget, UnfoldAdminSelectWidget, UnfoldBooleanWidget

from smartscheduler.imports.file_reader import MOST_BYTES
from smartscheduler.imports.models import ImportRun


class FileForm(forms.Form):
    kind = forms.ChoiceField(choices=ImportRun.Kind.choices, label=_("Content"), widget=UnfoldAdminSelectWidget())
    file = forms.FileField(
        widget=UnfoldAdminFileFieldWidget(attrs={"accept": ".csv,.xlsx"}),
        label=_("File"),
        help_text=_("CSV or XLSX, at most 10 MB and 50,000 rows."),
        error_messages={"required": _("Choose a file.")},
    )

    open_jobs = forms.BooleanField(
        required=False,
        label=_("Import jobs whose booking is not possible as open jobs"),
        help_text=_("Otherwise, such rows are rejected. The reason is listed in both cases."),
        widget=UnfoldBooleanWidget(),
    )
    messages = forms.BooleanField(
        required=False,
        label=_("Send messages about imported bookings"),
        help_text=_("To contractors and customers, about visits to come. Nothing is ever sent about past work."),
        widget=UnfoldBooleanWidget(),
    )
    twins = forms.BooleanField(
        required=False,
        label=_("Import jobs again that are already stored"),
        help_text=_("Otherwise, a job without a number is left out if there is the same job at this site and time."),
        widget=UnfoldBooleanWidget(),
    )

    @property
    def options(self) -> dict[str, bool]:
        return {name: self.cleaned_data[name] for name in ("open_jobs", "messages", "twins")}

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if not file.name.lower().endswith((".csv", ".xlsx")):
            raise forms.ValidationError(gettext("Choose a .csv or .xlsx file."))
        if file.size > MOST_BYTES:
            raise forms.ValidationError(gettext("The file is larger than 10 MB. Split it."))
        return file
