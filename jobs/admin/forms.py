"""Form of a job in the admin."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from contractors.models import Contractor
from jobs.models import SEARCH_TEXT, Job
from smartscheduler.adminsite.form_fields import HoursField, MomentField, MomentInput, PhoneFormField, SkillsFormField
from smartscheduler.adminsite.skills_question import SkillsQuestionForm
from smartscheduler.core.db.text_fields import LineFormField, NotesFormField
from smartscheduler.core.geo.zip_codes import middle_of
from smartscheduler.places import Point

PREVIEWED = {"data-preview": "", "autocomplete": "off"}


class JobForm(SkillsQuestionForm):
    """Form of a job."""

    skills_name = "required_skills"
    customer_name = LineFormField(
        required=False,
        max_length=100,
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"}),
    )
    customer_phone = PhoneFormField(required=False, help_text=_("Ten digits in any format."))
    desired_date = MomentField(
        help_text=_("Local time of the site, for example tomorrow 9am, Mon 7:30a, 12/3 2pm or 2026-12-03 14:30."),
        widget=MomentInput(attrs=PREVIEWED),
    )
    duration = HoursField()
    required_skills = SkillsFormField(
        help_text=_("Only contractors with all of these skills can be assigned. Separate skills with commas.")
    )
    special_requirements = NotesFormField(
        required=False, max_length=4000, widget=UnfoldAdminTextareaWidget(attrs={"rows": 3})
    )

    class Meta:
        model = Job
        fields: list[str] = []

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance._state.adding and not self.is_bound:
            self.fields["customer_name"].widget.attrs["autofocus"] = True

    def known_skills(self) -> list[str]:
        return Contractor.objects.in_business().skill_names()

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
