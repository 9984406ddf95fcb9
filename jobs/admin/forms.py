"""The form of the job page in the admin."""

from unfold.widgets import UnfoldAdminTextareaWidget

from jobs.models import Job
from smartscheduler.adminsite.form_fields import HoursField, LocalInstantField, SkillsFormField
from smartscheduler.adminsite.location_forms import PlaceForm
from smartscheduler.core.db.text_fields import NotesFormField


class JobForm(PlaceForm):
    desired_date = LocalInstantField(help_text="When the customer wants it, by the clock at the site.")
    duration = HoursField()
    required_skills = SkillsFormField(help_text="A hard rule: only contractors with all of them. Separate with commas.")

    special_requirements = NotesFormField(
        required=False, max_length=4000, widget=UnfoldAdminTextareaWidget(attrs={"rows": 3})
    )

    class Meta:
        model = Job
        fields: list[str] = []
