"""The form that takes a file in."""

from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminFileFieldWidget, UnfoldAdminSelectWidget

from smartscheduler.imports.file_reader import MOST_BYTES
from smartscheduler.imports.models import ImportRun


class FileForm(forms.Form):
    kind = forms.ChoiceField(choices=ImportRun.Kind.choices, label="What is in it", widget=UnfoldAdminSelectWidget())
    file = forms.FileField(
        widget=UnfoldAdminFileFieldWidget(attrs={"accept": ".csv,.xlsx"}),
        help_text="CSV in UTF-8 or XLSX, at most 10 MB and 10,000 rows.",
        error_messages={"required": "Choose a file."},
    )

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if not file.name.lower().endswith((".csv", ".xlsx")):
            raise forms.ValidationError("Only .csv and .xlsx are read.")
        if file.size > MOST_BYTES:
            raise forms.ValidationError("The file is larger than 10 MB: split it.")
        return file
