"""JSON representation of jobs."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from jobs.models import Job
from smartscheduler.accounts.visibility_rest import StrictModelSerializer
from smartscheduler.core.rest.fields import (
    LOCATION_FIELDS,
    E164Field,
    IdField,
    InstantField,
    InstantOrDayField,
    LineTextField,
    SkillsListField,
    StrictSerializer,
    TimeSlotSerializer,
    slot_as_json,
)
from smartscheduler.core.rest.openapi_examples import AUSTIN, SOME_DAY, sent_as

WINDOW_HELP = _(
    "Start of the arrival window that the customer was promised: the work starts in it, both ends included. 1 to 4 "
    "hours, on the half hour at the site. Set it with a new job, and change it with `POST jobs/{id}/window/`."
)
DESIRED_DATE_HELP = _(
    "Date and time that the customer asked for, as an instant. A date alone, such as 2030-03-05, is noon at the site."
)
NOT_REQUIRED = ("special_requirements", "customer_name", "customer_phone", "external_id", "source")


class JobLocationSerializer(StrictModelSerializer):
    class Meta:
        model = Job
        fields = LOCATION_FIELDS


@sent_as("Between eight and ten", {"start": "2030-05-06T13:00:00Z", "end": "2030-05-06T15:00:00Z"})
class WindowSerializer(StrictSerializer):
    """Arrival window to promise. `replaces` is the start of the window that was promised before, if any."""

    start = InstantField()
    end = InstantField()
    replaces = InstantField(
        allow_null=True,
        default=None,
        help_text=_("Without it, the request fails with `window-promised` if a window is promised already."),
    )


class JobAssignmentSerializer(serializers.Serializer[Any]):
    """Assignment of a job in short form."""

    id = serializers.UUIDField()
    contractor = serializers.UUIDField()
    contractor_name = serializers.CharField()
    status = serializers.CharField()
    time_slot = TimeSlotSerializer()


@sent_as(
    "A bathroom in Austin",
    {
        "type": "tile",
        "desired_date": SOME_DAY,
        "duration": "04:00:00",
        "priority": "high",
        "required_skills": ["Mosaic"],
        "location": AUSTIN,
        "customer_name": "Grace Hill",
    },
)
class JobSerializer(StrictModelSerializer):
    location = JobLocationSerializer(source="*")
    time_zone = LineTextField(
        max_length=64,
        allow_blank=True,
        default="",
        validators=Job._meta.get_field("time_zone").validators[:1],
        help_text=_("IANA name. Derived from the coordinates when it is not given."),
    )
    desired_date = InstantOrDayField(help_text=DESIRED_DATE_HELP)
    priority = serializers.ChoiceField(choices=Job.Priority.choices, default=Job.Priority.MEDIUM)
    required_skills = SkillsListField(default=list)
    customer = IdField(
        source="customer_id",
        allow_null=True,
        default=None,
        help_text=_(
            "The customer. Without it, `customer_name` and `customer_phone` find the one customer who has both, or "
            "else make a customer."
        ),
    )
    customer_address = IdField(
        source="customer_address_id",
        allow_null=True,
        required=False,
        help_text=_("The address of the customer at which the site is. Without it, the address at `location`."),
    )
    customer_phone_e164 = E164Field(source="customer_phone")
    assignment = serializers.SerializerMethodField(help_text=_("The live assignment, or else the last one."))

    class Meta:
        model = Job
        fields = [
            "id",
            "job_number",
            "type",
            "status",
            "desired_date",
            "duration",
            "priority",
            "special_requirements",
            "required_skills",
            "window_start",
            "window_end",
            "location",
            "time_zone",
            "customer",
            "customer_address",
            "customer_name",
            "customer_phone",
            "customer_phone_e164",
            "external_id",
            "source",
            "assignment",
            "cancel_reason",
            "cancelled_at",
            "completed_at",
            "created_at",
            "updated_at",
            "version",
        ]
        extra_kwargs = {
            **{name: {"default": ""} for name in NOT_REQUIRED},
            "window_start": {"help_text": WINDOW_HELP},
        }
        validators: list[Any] = []

    @extend_schema_field(JobAssignmentSerializer(allow_null=True))
    def get_assignment(self, job: Job) -> dict[str, Any] | None:
        """Short form of the live assignment, or else of the newest.

        Expects `assignments` prefetched, newest first. This app stands below `assignments` and must not import it.
        """
        assignments = list(job.assignments.all())
        newest = assignments[0] if assignments else None
        assignment = next((assignment for assignment in assignments if assignment.is_live), newest)
        return None if assignment is None else _in_short(assignment)


def _in_short(assignment: Any) -> dict[str, Any]:
    return {
        "id": str(assignment.pk),
        "contractor": str(assignment.contractor_id),
        "contractor_name": assignment.contractor.name,
        "status": assignment.status,
        "time_slot": slot_as_json(assignment.slot),
    }
