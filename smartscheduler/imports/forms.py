"""Upload form of the import."""

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminFileFieldWidget, UnfoldAdminSelectWidget

from smartscheduler.imports.file_reader import MOST_BYTES
from smartscheduler.imports.models import ImportRun


class FileForm(forms.Form):
    kind = forms.ChoiceField(choices=ImportRun.Kind.choices, label=_("Content"), widget=UnfoldAdminSelectWidget())
    file = forms.FileField(
        widget=UnfoldAdminFileFieldWidget(attrs={"accept": ".csv,.xlsx"}),
        label=_("File"),
        help_text=_("CSV in UTF-8 or XLSX, at most 10 MB and 10,000 rows."),
        error_messages={"required": _("Choose a file.")},
    )

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if not file.name.lower().endswith((".csv", ".xlsx")):
            raise forms.ValidationError(gettext("Choose a .csv or .xlsx file."))
        if file.size > MOST_BYTES:
            raise forms.ValidationError(gettext("The file is larger than 10 MB. Split it."))
        return file
