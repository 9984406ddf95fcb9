"""Upload form of the import."""

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminFileFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanWidget,
)

from smartscheduler.core.db.external_ids import LONGEST_SOURCE
from smartscheduler.core.db.text_fields import LineFormField
from smartscheduler.imports.file_reader import MOST_BYTES
from smartscheduler.imports.importers import source_key
from smartscheduler.imports.models import ImportRun

# Only jobs have bookings and likely duplicates.
OPTIONS_OF_JOBS = ("open_jobs", "messages", "twins")


class FileForm(forms.Form):
    kind = forms.ChoiceField(choices=ImportRun.Kind.choices, label=_("Content"), widget=UnfoldAdminSelectWidget())
    file = forms.FileField(
        widget=UnfoldAdminFileFieldWidget(attrs={"accept": ".csv,.tsv,.txt,.xlsx,.xlsm"}),
        label=_("File"),
        help_text=_("CSV or XLSX with any headings, at most 10 MB and 50,000 rows."),
        error_messages={"required": _("Choose a file.")},
    )

    source = LineFormField(
        required=False,
        max_length=LONGEST_SOURCE,
        label=_("Name of the other system"),
        help_text=_(
            "If the file has numbers of another system, for example jobber. Use the same name for all its files, so "
            "that the numbers find their records. Leave it empty if there is only one such system."
        ),
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off", "autocapitalize": "none"}),
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
    def options(self) -> dict[str, Any]:
        """The choices of a valid form. Those of other kinds do not count, even if they were made before the kind."""
        kept = OPTIONS_OF_JOBS if self.cleaned_data["kind"] == ImportRun.Kind.JOBS else ()
        source = {"source": self.cleaned_data["source"]} if self.cleaned_data["source"] else {}
        return source | {name: self.cleaned_data[name] for name in kept}

    def clean_source(self) -> str:
        text = str(self.cleaned_data["source"])
        source = source_key(text)
        if text.strip() and not source:
            raise forms.ValidationError(gettext("Enter letters or digits."))
        return source

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > MOST_BYTES:
            raise forms.ValidationError(gettext("The file is larger than 10 MB. Split it."))
        return file
