"""Forms and formsets of the contractor page in the admin."""

from collections.abc import Sequence
from datetime import time
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.forms import PaginationInlineFormSet

from contractors.models import Absence, Contractor, WorkingHours
from contractors.services import LONGEST_ABSENCE, likely_duplicates
from contractors.working_week import Shift, check_week
from contractors.written_week import read_week
from smartscheduler.adminsite.form_fields import ClockInput, PhoneFormField, SkillsFormField, local_moment_field
from smartscheduler.adminsite.service_forms import ServiceForm
from smartscheduler.adminsite.skills_question import SkillsQuestionForm
from smartscheduler.core.entry import UnreadableText
from smartscheduler.core.entry.moments import Edge
from smartscheduler.errors import InvalidInput
from smartscheduler.timeslots import TimeSlot

# Initial working hours of a new contractor: Monday to Friday, 08:00–17:00.
USUAL_WEEK = [{"day_of_week": day, "start_time": time(8), "end_time": time(17)} for day in range(1, 6)]
# The field with the week in one line, and its longest text.
WEEK_LINE, LONGEST_WEEK = "week_line", 400
WHO_AND_WHERE = {"name", "latitude", "longitude"}
DUPLICATE = _("This contractor is a likely duplicate of the ones listed above. Nothing was saved.")
STALE = _(
    "Another user has changed these rows since you opened the page. Reload the page and enter your changes again."
)


class ContractorForm(SkillsQuestionForm):
    """Form of a contractor that asks for a confirmation before it saves a likely duplicate."""

    skills_name = "skills"
    phone_number = PhoneFormField(help_text=_("Ten digits in any format."))
    skills = SkillsFormField()
    duplicates: Sequence[Contractor] = ()

    class Meta:
        model = Contractor
        fields: list[str] = []

    def known_skills(self) -> list[str]:
        return Contractor.objects.in_business().skill_names()

    @property
    def confirmation(self) -> str:
        """Expected value of `save_anyway`: the ids shown, so that another duplicate needs another confirmation."""
        return " ".join(str(other.pk) for other in self.duplicates)

    @property
    def confirmed(self) -> bool:
        return self.data.get("save_anyway") == self.confirmation

    def clean(self) -> dict[str, Any]:
        values = super().clean()
        if values.keys() >= WHO_AND_WHERE and WHO_AND_WHERE & set(self.changed_data):
            probe = Contractor(id=self.instance.pk, **{name: values[name] for name in WHO_AND_WHERE})
            self.duplicates = likely_duplicates(probe)
        if self.duplicates and not self.confirmed:
            self.add_error(None, DUPLICATE)
        return values


class RowFormSet(PaginationInlineFormSet):
    """Formset that does not save its rows; the services do. `kept` has the valid rows that are not deleted."""

    @property
    def kept(self) -> list[Any]:
        return [form for form in self.forms if form.cleaned_data and not form.cleaned_data.get("DELETE")]

    def clean(self) -> None:
        if any("id" in form.errors for form in self.forms):
            raise ValidationError(STALE)


class RowForm(ServiceForm):
    """Form of a table row; the heading of the column names the field for screen readers."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            field.widget.attrs["aria-label"] = field.label or name.replace("_", " ")


class ShiftForm(RowForm):
    start_time = forms.TimeField(widget=ClockInput())
    end_time = forms.TimeField(widget=ClockInput(), help_text=WorkingHours.end_time.field.help_text)

    class Meta:
        model = WorkingHours
        fields = ["day_of_week", "start_time", "end_time"]

    @property
    def shift(self) -> Shift:
        values = self.cleaned_data
        return Shift(values["day_of_week"], values["start_time"], values["end_time"])


class ShiftFormSet(RowFormSet):
    """Formset of the working hours; validates the week as a whole. A week typed in one line replaces the rows."""

    @property
    def week_line(self) -> str:
        return str(self.data.get(WEEK_LINE, "")).strip() if self.is_bound else ""

    @property
    def shifts(self) -> list[Shift]:
        if self.week_line:
            return read_week(self.week_line[:LONGEST_WEEK], assumes_daytime=True)
        return [form.shift for form in self.kept]

    def has_changed(self) -> bool:
        return bool(self.week_line) or super().has_changed()

    def clean(self) -> None:
        super().clean()
        if any(form.errors for form in self.forms):
            return
        try:
            check_week(self.shifts)
        except UnreadableText as refusal:
            message = gettext("Type the week: {problem}")
            raise ValidationError(message.format(problem=refusal)) from refusal
        except InvalidInput as refusal:
            raise ValidationError(refusal.detail) from refusal


class AbsenceForm(RowForm):
    start = local_moment_field(Edge.START)
    end = local_moment_field(Edge.END)

    class Meta:
        model = Absence
        fields = ["kind", "note"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            slot = self.instance.slot
            self.initial.update(start=slot.start, end=slot.end)

    @property
    def period(self) -> TimeSlot:
        return TimeSlot(self.cleaned_data["start"], self.cleaned_data["end"])

    def clean(self) -> dict[str, Any]:
        start, end = self.cleaned_data.get("start"), self.cleaned_data.get("end")
        if start and end and start >= end:
            self.add_error("end", gettext("An absence must start before it ends."))
        elif start and end and end - start > LONGEST_ABSENCE:
            self.add_error("end", gettext("An absence can last at most five years."))
        return super().clean()


class AbsenceFormSet(RowFormSet):
    """Formset for one page of the absences."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Look up submitted rows by id among all absences: other changes can move a row to another page in the meantime.
        if self.per_page and self.is_bound:
            del self._queryset
