"""The form of the job page in the admin."""

from unfold.widgets import UnfoldAdminTextareaWidget

from jobs.models import Job
from smartscheduler.backoffice.fields import HoursField, LocalInstantField, SkillsFormField
from smartscheduler.backoffice.places import PlaceForm
from smartscheduler.textfields import NotesFormField


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
