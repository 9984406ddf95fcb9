"""Form of a job in the admin."""

from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextareaWidget

from jobs.models import Job
from smartscheduler.adminsite.form_fields import HoursField, LocalInstantField, SkillsFormField
from smartscheduler.adminsite.location_forms import PlaceForm
from smartscheduler.core.db.text_fields import NotesFormField


class JobForm(PlaceForm):
    desired_date = LocalInstantField(
        help_text=_("Date and time that the customer asked for, in the time zone of the site.")
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
