"""When somebody calls in: a day, the rest of the week, or from … until …, by the contractor's own clock."""

from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils import timezone
from unfold.widgets import UnfoldAdminRadioSelectWidget, UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from contractors.models import Absence, Contractor
from smartscheduler.adminsite.form_fields import LocalInstantField
from smartscheduler.core.db.text_fields import LineFormField
from smartscheduler.timeslots import TimeSlot

TODAY, WEEK, DATES = "today", "week", "dates"
BOTH_ENDS = "Say from when until when, or choose one of the others."


def absent_form(contractor: Contractor) -> type[forms.Form]:
    """A form whose valid values are those of an absence: `period`, `kind`, `note`."""
    zone = contractor.zone
    today = timezone.now().astimezone(zone).date()
    sunday = today + timedelta(days=6 - today.weekday())
    choices = [
        (TODAY, f"Today, {in_words(today)}"),
        (WEEK, f"The rest of the week, until {in_words(sunday)}"),
        (DATES, "From … until …"),
    ]

    class AbsentForm(forms.Form):
        how_long = forms.ChoiceField(
            choices=choices, initial=TODAY, widget=UnfoldAdminRadioSelectWidget(attrs={"data-dates": DATES})
        )
        start = LocalInstantField(required=False, help_text=f"By {contractor.name}'s own clock ({zone.key}).")
        end = LocalInstantField(required=False)
        kind = forms.ChoiceField(
            choices=Absence.Kind.choices, initial=Absence.Kind.SICKNESS, widget=UnfoldAdminSelectWidget
        )
        note = LineFormField(max_length=200, required=False, widget=UnfoldAdminTextInputWidget)

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
                self.add_error("end", "An absence starts before it ends.")
            return None if self.errors or not (start and end) else TimeSlot(start, end)

    return AbsentForm


def in_words(day: date) -> str:
    return f"{day:%A} {day.day} {day:%B}"


def whole_days(first: date, last: date, zone: ZoneInfo) -> TimeSlot:
    """From the midnight that begins `first` to the one that ends `last`, as instants."""
    start, end = (datetime.combine(day, time(0), zone) for day in (first, last + timedelta(days=1)))
    return TimeSlot(start.astimezone(ZoneInfo("UTC")), end.astimezone(ZoneInfo("UTC")))
