"""Forms for absences: today, the rest of the week, two instants or whole days, all in the contractor's time zone."""

from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminRadioSelectWidget, UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from contractors.models import Absence, Contractor
from contractors.services import LONGEST_ABSENCE
from smartscheduler.adminsite.form_fields import DayField, local_moment_field
from smartscheduler.core.db.text_fields import LineFormField
from smartscheduler.core.entry.moments import Edge
from smartscheduler.core.formatting import long_day
from smartscheduler.timeslots import TimeSlot

TODAY, WEEK, DATES = "today", "week", "dates"
BOTH_ENDS = _("Enter a start and an end, or choose one of the other options.")


def absent_form(contractor: Contractor) -> type[forms.Form]:
    """Form class whose `cleaned_data` has the arguments of `add_absence`: `period`, `kind`, `note`."""
    zone = contractor.zone
    today = timezone.now().astimezone(zone).date()
    sunday = today + timedelta(days=6 - today.weekday())
    choices = [
        (TODAY, gettext("Today, {day}").format(day=long_day(today))),
        (WEEK, gettext("The rest of the week, until {day}").format(day=long_day(sunday))),
        (DATES, gettext("From … until …")),
    ]

    class AbsentForm(forms.Form):
        how_long = forms.ChoiceField(
            label=_("How long"),
            choices=choices,
            initial=TODAY,
            widget=UnfoldAdminRadioSelectWidget(attrs={"data-dates": DATES}),
        )
        start = local_moment_field(
            Edge.START,
            label=_("Start"),
            required=False,
            help_text=gettext(
                "For example tomorrow, Mon 7:30a or 12/3. In the time zone of {contractor}: {zone}."
            ).format(contractor=contractor.name, zone=zone.key),
        )
        end = local_moment_field(
            Edge.END, label=_("End"), required=False, help_text=_("A date without a time is the end of that day.")
        )
        kind = forms.ChoiceField(
            label=_("Kind"), choices=Absence.Kind.choices, initial=Absence.Kind.SICKNESS, widget=UnfoldAdminSelectWidget
        )
        note = LineFormField(label=_("Note"), max_length=200, required=False, widget=UnfoldAdminTextInputWidget)

        def clean(self) -> dict[str, Any]:
            values = self.cleaned_data
            period = self._period(values)
            if self.errors or period is None:
                return values
            return {"period": period, "kind": values["kind"], "note": values["note"]}

        def _period(self, values: dict[str, Any]) -> TimeSlot | None:
            chosen = values.get("how_long")
            if chosen in {TODAY, WEEK}:
                return whole_days(today, today if chosen == TODAY else sunday, zone)
            start, end = values.get("start"), values.get("end")
            for name, value in [("start", start), ("end", end)]:
                if value is None and name not in self.errors:
                    self.add_error(name, BOTH_ENDS)
            if start and end and start >= end:
                self.add_error("end", gettext("An absence must start before it ends."))
            return None if self.errors or not (start and end) else TimeSlot(start, end)

    return AbsentForm


class AbsentDaysForm(forms.Form):
    """An absence of several contractors: whole days in the time zone of each, for example a holiday."""

    first = DayField(label=_("First day"))
    last = DayField(label=_("Last day"), required=False, help_text=_("Leave empty for one day."))
    kind = forms.ChoiceField(
        label=_("Kind"), choices=Absence.Kind.choices, initial=Absence.Kind.HOLIDAY, widget=UnfoldAdminSelectWidget
    )
    note = LineFormField(label=_("Note"), max_length=200, required=False, widget=UnfoldAdminTextInputWidget)

    def clean(self) -> dict[str, Any]:
        values = self.cleaned_data
        first, last = values.get("first"), values.get("last")
        if first and "last" in values:
            values["last"] = last = last or first
            if last < first:
                self.add_error("last", gettext("The last day must not be before the first day."))
            elif last - first >= LONGEST_ABSENCE:
                self.add_error("last", gettext("An absence can last at most five years."))
        return values


def whole_days(first: date, last: date, zone: ZoneInfo) -> TimeSlot:
    """Period from the start of `first` to the end of `last` in `zone`, as instants in UTC."""
    start, end = (datetime.combine(day, time(0), zone) for day in (first, last + timedelta(days=1)))
    return TimeSlot(start.astimezone(ZoneInfo("UTC")), end.astimezone(ZoneInfo("UTC")))
