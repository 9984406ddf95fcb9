"""Form of a job in the admin."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, cast
from uuid import UUID

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from contractors.models import Contractor
from customers.duplicates import Duplicate, find_duplicates
from customers.models import Customer
from customers.services import certain_matches
from jobs.arrival import USUAL_WINDOW
from jobs.models import SEARCH_TEXT, Job
from smartscheduler.adminsite.form_fields import HoursField, MomentField, MomentInput, PhoneFormField, SkillsFormField
from smartscheduler.adminsite.skills_question import SkillsQuestionForm
from smartscheduler.core.db.text_fields import LineFormField, NotesFormField
from smartscheduler.core.entry.durations import write_duration
from smartscheduler.core.entry.moments import Edge
from smartscheduler.core.geo.zip_codes import middle_of
from smartscheduler.places import Point

# Lengths of an arrival window, in minutes.
WINDOW_LENGTHS = range(60, 241, 30)
USUAL_LENGTH = int(USUAL_WINDOW.total_seconds()) // 60

PREVIEWED = {"data-preview": "", "autocomplete": "off"}


def window_start_field(**kwargs: Any) -> MomentField:
    """Field for the start of an arrival window, as people type it."""
    return MomentField(
        label=_("Arrival window from"),
        help_text=_("Local time of the site, on the hour or half hour, for example Mon 8am."),
        widget=MomentInput(attrs=PREVIEWED),
        **kwargs,
    )


def window_length_field(*, initial: int = USUAL_LENGTH) -> forms.TypedChoiceField:
    """Field for the length of an arrival window."""
    return forms.TypedChoiceField(
        label=_("Length of the window"),
        choices=[(minutes, write_duration(timedelta(minutes=minutes))) for minutes in WINDOW_LENGTHS],
        coerce=lambda minutes: timedelta(minutes=int(minutes)),
        initial=initial,
        widget=UnfoldAdminSelectWidget(),
    )


class WindowForm(forms.Form):
    """An arrival window to promise: its start and its length."""

    window_start = window_start_field()
    length = window_length_field()


class JobForm(SkillsQuestionForm):
    """Form of a job."""

    skills_name = "required_skills"
    customer_id: UUID | None = None
    customer_name = LineFormField(
        required=False,
        max_length=100,
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"}),
    )
    customer_phone = PhoneFormField(required=False, help_text=_("Ten digits in any format, or + and the country code."))
    desired_date = MomentField(
        help_text=_(
            "Local time of the site, for example tomorrow 9am, Mon 7:30a, 12/3 2pm or 2026-12-03 14:30. A date without "
            "a time means noon."
        ),
        edge=Edge.NOON,
        widget=MomentInput(attrs=PREVIEWED),
    )
    duration = HoursField()
    required_skills = SkillsFormField(
        help_text=_("Only contractors with all of these skills can be assigned. Separate skills with commas.")
    )
    # The customer chosen from the suggestions. It counts as long as the name and the number are that customer's.
    customer = forms.UUIDField(required=False, widget=forms.HiddenInput)
    # The customers that the previous page has asked about.
    customers_asked = LineFormField(required=False, max_length=400, widget=forms.HiddenInput)
    # The arrival window of a new job, if the caller is promised one at once.
    window_start = window_start_field(required=False)
    window_length = window_length_field()
    special_requirements = NotesFormField(
        required=False, max_length=4000, widget=UnfoldAdminTextareaWidget(attrs={"rows": 3})
    )

    class Meta:
        model = Job
        fields: list[str] = []

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.instance._state.adding:
            for name in ("customer", "customers_asked", "window_start", "window_length"):
                del self.fields[name]
        elif not self.is_bound:
            self.fields["customer_name"].widget.attrs["autofocus"] = True

    def known_skills(self) -> list[str]:
        return Contractor.objects.in_business().skill_names()

    def clean(self) -> dict[str, Any]:
        values = super().clean()
        length = values.pop("window_length", None)
        if length and values.get("window_start"):
            values["window_end"] = values["window_start"] + length
        if self.instance._state.adding:
            self._choose_customer(values, values.pop("customers_asked", ""))
        return values

    def _choose_customer(self, values: dict[str, Any], asked: str) -> None:
        """Keep the chosen customer, or ask about customers who are likely the typed one."""
        name, phone = values.get("customer_name", ""), values.get("customer_phone", "")
        chosen = Customer.objects.filter(pk=values.pop("customer", None)).prefetch_related("phones").first()
        if chosen and (name, phone) == (chosen.contact_name, chosen.contact_phone):
            self.customer_id = chosen.pk
            return
        if not (name or phone) or self.errors:
            return
        place = Job(address=values["address"], zip_code=values["zip_code"])
        if len(certain_matches(name=name, phone=phone, place=place)) == 1:
            return
        street = (values["address"], values["zip_code"])
        similar = [
            duplicate
            for duplicate in find_duplicates(name=name, phones=[phone] if phone else [], streets=[street])
            if "phone" in duplicate.same or {"name", "address"} <= set(duplicate.same)
        ]
        answer = " ".join(str(duplicate.customer.pk) for duplicate in similar)
        if similar and asked != answer:
            self._ask("customers_asked", answer, "customer_name", _question(similar))

    def _ask(self, hidden: str, answer: str, field: str, text: str) -> None:
        """Show a question at a field. A second click on Save, with the hidden answer, is the reply."""
        self.add_error(field, text)
        self.data = cast(QueryDict, self.data).copy()
        self.data[hidden] = answer

    def chosen(self, values: dict[str, Any]) -> dict[str, Any]:
        """The values for the service, with the chosen customer in place of the name and number."""
        if self.customer_id is None:
            return values
        contact = {"customer_name", "customer_phone"}
        return {name: value for name, value in values.items() if name not in contact} | {
            "customer_id": self.customer_id
        }

    def known_point(self, values: dict[str, Any]) -> Point | None:
        """The point of the last job at this address, unless it is only the center of the ZIP code."""
        if not values.keys() >= {"address", "zip_code"}:
            return None
        jobs = Job.objects.alias(search_text=SEARCH_TEXT).filter(
            search_text__icontains=values["address"], address__iexact=values["address"], zip_code=values["zip_code"]
        )
        if center := middle_of(values["zip_code"]):
            jobs = jobs.exclude(latitude=center.latitude, longitude=center.longitude)
        last = jobs.order_by("-created_at", "id").only("latitude", "longitude").first()
        return last.exact_point if last else None


def _question(similar: Sequence[Duplicate]) -> str:
    people = "; ".join(f"{duplicate.customer} ({duplicate.shown_reasons})" for duplicate in similar[:3])
    text = gettext(
        "Is this an existing customer: {people}? Choose the customer from the suggestions. "
        "To make a new customer, save again."
    )
    return text.format(people=people)
