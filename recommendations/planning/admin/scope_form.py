"""Form of the scope of a new plan: days, area, contractors, and what may change."""

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from recommendations.planning.admin.chosen_records import BOOKINGS, CONTRACTORS, LOCK, REASON, RecordsField
from recommendations.planning.job_choice import EVERYWHERE, MOST_CENTERS, Area
from recommendations.planning.scope import MOST_HOURS, check_days
from recommendations.planning.states import Effort, MayChange
from smartscheduler.adminsite.form_fields import DayField
from smartscheduler.core.db.text_fields import LineFormField
from smartscheduler.core.entry.addresses import ZIP
from smartscheduler.core.geo.zip_codes import state_of
from smartscheduler.errors import InvalidInput, PlanTooLarge
from smartscheduler.places import MIDDLE

DEFAULT_DAYS, DEFAULT_MILES, DEFAULT_LEAD, DEFAULT_FREEZE = 7, 25, 2, 24


class ZipCodesField(LineFormField):
    """ZIP codes with or without +4, separated by commas, semicolons or spaces; each counts once."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=600, **kwargs)

    def clean(self, value: Any) -> list[str]:
        typed = re.split(r"[\s,;]+", super().clean(value) or "")
        read = {text: ZIP.fullmatch(text) for text in typed if text}
        wrong = [text for text, match in read.items() if match is None]
        if wrong:
            message = ngettext("Not a ZIP code: {texts}.", "Not ZIP codes: {texts}.", len(wrong))
            named = ", ".join(text[:20] for text in wrong[:MOST_CENTERS])
            raise ValidationError(message.format(texts=named))
        return list(dict.fromkeys(match[1] for match in read.values() if match))


class PlanForm(forms.Form):
    """Days, area, contractors and what may change. The jobs come with the address of the page."""

    first_day = DayField(label=_("First day"), help_text=_("For example today, tomorrow, Mon or 12/3."))
    last_day = DayField(label=_("Last day"))
    zip_codes = ZipCodesField(
        label=_("Around ZIP codes"),
        required=False,
        help_text=_("Only jobs near one of them, for example 78701, 78745. Empty: all."),
        widget=UnfoldAdminTextInputWidget(),
    )
    miles = forms.IntegerField(
        label=_("Miles"),
        required=False,
        min_value=1,
        max_value=1000,
        help_text=_("Empty: only jobs in these ZIP codes."),
        widget=UnfoldAdminIntegerFieldWidget(),
    )
    lead_hours = forms.IntegerField(
        label=_("Hours from now without new bookings"),
        min_value=0,
        max_value=MOST_HOURS,
        help_text=_("Nothing is proposed that starts within this time."),
        widget=UnfoldAdminIntegerFieldWidget(),
    )
    effort = forms.ChoiceField(
        label=_("Effort"),
        choices=Effort.choices,
        help_text=_("A thorough plan takes longer and can be better."),
        widget=UnfoldAdminSelectWidget(),
    )
    contractors = RecordsField(
        label=_("Only these contractors"),
        source=CONTRACTORS,
        help_text=_("Empty: all who meet the requirements of one of the jobs."),
    )
    excluded = RecordsField(
        label=_("Leave out contractors"),
        source=CONTRACTORS,
        detail=REASON,
        help_text=_("They get no new booking from this plan. The plan keeps the reason."),
    )
    may_change = forms.ChoiceField(label=_("May change"), choices=MayChange.choices, widget=UnfoldAdminSelectWidget())
    max_changes = forms.IntegerField(
        label=_("At most so many bookings move"),
        required=False,
        min_value=0,
        max_value=100_000,
        help_text=_("Empty: no limit."),
        widget=UnfoldAdminIntegerFieldWidget(),
    )
    freeze_hours = forms.IntegerField(
        label=_("Hours from now without changes"),
        min_value=0,
        max_value=MOST_HOURS,
        help_text=_("Bookings that start within this time stay as they are."),
        widget=UnfoldAdminIntegerFieldWidget(),
    )
    locks = RecordsField(
        label=_("Bookings that stay"),
        source=BOOKINGS,
        detail=LOCK,
        help_text=_("Find them by job, customer or contractor, and choose what of each must stay."),
    )

    GROUPS: ClassVar = (
        ("first_day", "last_day", "lead_hours", "zip_codes", "miles", "effort"),
        ("contractors", "excluded"),
        ("may_change", "max_changes", "freeze_hours", "locks"),
    )

    @classmethod
    def of(cls, sent: QueryDict) -> "PlanForm":
        """The form with what was sent, and the defaults of what was not."""
        values = sent.copy()
        for name, default in _defaults().items():
            values.setdefault(name, default)
        return cls(values)

    def clean(self) -> dict[str, Any]:
        """Name wrong days and unknown ZIP codes together with all other errors."""
        values: dict[str, Any] = super().clean() or self.cleaned_data
        for check in (self._check_days, self.area):
            try:
                check()
            except InvalidInput as refusal:
                for name, texts in refusal.errors.items():
                    self.add_error(name, texts)
            except PlanTooLarge:
                continue  # about the whole scope: the service says it
        return values

    def _check_days(self) -> None:
        first = self.cleaned_data.get("first_day")
        if first:
            check_days(first, self.cleaned_data.get("last_day") or first, now=timezone.now())

    @property
    def groups(self) -> list[list[forms.BoundField]]:
        """The fields in the order of the page: what is planned, by whom, and which bookings may change."""
        return [[self[name] for name in names] for names in self.GROUPS]

    def names_sent(self) -> list[str]:
        """Names of all parameters of the form, those of the details of chosen records too."""
        chosen = [(name, field) for name, field in self.fields.items() if isinstance(field, RecordsField)]
        details = [f"{name}-{pk}" for name, _field in chosen for pk in self.cleaned_data.get(name, ())]
        return [*self.fields, *details]

    def area(self) -> Area:
        """The area of the valid form. Raises InvalidInput that names the unknown ZIP codes."""
        zip_codes, miles = self.cleaned_data.get("zip_codes"), self.cleaned_data.get("miles")
        if not zip_codes:
            return EVERYWHERE
        if miles:
            return Area.around_zip_codes(zip_codes, miles, field="zip_codes")
        unknown = [zip_code for zip_code in zip_codes if not state_of(zip_code)]
        if unknown:
            text = ngettext(
                "This ZIP code does not exist: {zip_codes}.", "These ZIP codes do not exist: {zip_codes}.", len(unknown)
            )
            raise InvalidInput.of("zip_codes", text.format(zip_codes=", ".join(unknown)))
        return Area(zip_codes=frozenset(zip_codes))


def _defaults() -> Mapping[str, str]:
    today = timezone.localdate(timezone=MIDDLE)
    return {
        "first_day": today.isoformat(),
        "last_day": (today + timedelta(days=DEFAULT_DAYS - 1)).isoformat(),
        "miles": str(DEFAULT_MILES),
        "lead_hours": str(DEFAULT_LEAD),
        "may_change": MayChange.OPEN_JOBS.value,
        "freeze_hours": str(DEFAULT_FREEZE),
        "effort": Effort.NORMAL.value,
    }
