"""Jobs on the wire."""

from typing import Any

from django.db import models
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from jobs.models import Job
from smartscheduler.accounts.visibility_rest import StrictModelSerializer
from smartscheduler.core.rest.fields import (
    LOCATION_FIELDS,
    LineTextField,
    SkillsListField,
    TimeSlotSerializer,
    slot_as_json,
)
from smartscheduler.core.rest.openapi_examples import AUSTIN, SOME_DAY, sent_as


class JobLocationSerializer(StrictModelSerializer):
    class Meta:
        model = Job
        fields = LOCATION_FIELDS


class JobAssignmentSerializer(serializers.Serializer[Any]):
    """The booking of a job, in short."""

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
        help_text="IANA name; found from the coordinates when not given.",
    )
    priority = serializers.ChoiceField(choices=Job.Priority.choices, default=Job.Priority.MEDIUM)
    required_skills = SkillsListField(default=list)
    assignment = serializers.SerializerMethodField(help_text="The live assignment, else the last one.")

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
            "location",
            "time_zone",
            "customer_name",
            "customer_phone",
            "assignment",
            "cancel_reason",
            "cancelled_at",
            "completed_at",
            "created_at",
            "updated_at",
            "version",
        ]
        extra_kwargs = {name: {"default": ""} for name in ("special_requirements", "customer_name", "customer_phone")}
        validators: list[Any] = []

    @extend_schema_field(JobAssignmentSerializer(allow_null=True))
    def get_assignment(self, job: Job) -> dict[str, Any] | None:
        """Reads `assignments` as prefetched, newest first: a job is below assignments and knows them by name only."""
        booked = list(job.assignments.all())
        chosen = next((one for one in booked if one.is_live), booked[0] if booked else None)
        return None if chosen is None else _in_short(chosen)


def _in_short(assignment: models.Model) -> dict[str, Any]:
    chosen: Any = assignment
    return {
        "id": str(chosen.pk),
        "contractor": str(chosen.contractor_id),
        "contractor_name": chosen.contractor.name,
        "status": chosen.status,
        "time_slot": slot_as_json(chosen.slot),
    }
