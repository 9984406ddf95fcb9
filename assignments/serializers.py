"""JSON representation of assignments, schedules and free time slots."""

from datetime import timedelta
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from assignments.calendars import DaySchedule
from assignments.models import Assignment
from jobs.models import LONGEST_JOB
from smartscheduler.accounts.visibility import name_of
from smartscheduler.accounts.visibility_rest import VisibleFieldsSerializer
from smartscheduler.core.rest.fields import (
    DayField,
    HoursField,
    IdField,
    InstantField,
    LineTextField,
    NotesTextField,
    StrictSerializer,
    TimeSlotSerializer,
    slot_as_json,
    slots_as_json,
)
from smartscheduler.core.rest.openapi_examples import SOME_DAY, sent_as

WINDOW_BREAK_HELP = _(
    "Why the start is outside the arrival window that was promised to the customer. Without it, such a request fails "
    "with `outside-window`; needs the permission `assignments.break_window`."
)


class BreakdownSerializer(serializers.Serializer[Any]):
    """Part scores, their weights, and a sentence that explains them."""

    availability_score = serializers.FloatField()
    rating_score = serializers.FloatField()
    distance_score = serializers.FloatField()
    availability_weight = serializers.FloatField()
    rating_weight = serializers.FloatField()
    distance_weight = serializers.FloatField()
    explanation = serializers.CharField()


class KeptBreakdownSerializer(BreakdownSerializer):
    """Score breakdown of a stored decision; null where it would reveal an exact place."""

    availability_score = serializers.FloatField(allow_null=True)
    distance_score = serializers.FloatField(allow_null=True)
    explanation = serializers.CharField(allow_null=True)


@extend_schema_field(KeptBreakdownSerializer)
class StoredBreakdownField(serializers.JSONField):
    """Score breakdown at the time of the decision."""


class PlanLinkSerializer(serializers.Serializer[Any]):
    """The accepted item of a plan that led to a booking."""

    id = serializers.UUIDField(help_text=_("The plan."))
    number = serializers.CharField(help_text=_("Number of the plan, such as PLAN-20301130-1A2B3C."))
    item = serializers.IntegerField(help_text=_("The item, as in `plans/{id}/items/`."))


class AssignmentSerializer(VisibleFieldsSerializer):
    """Assignment with the decision behind it."""

    job_number = serializers.CharField(source="job.job_number")
    contractor_name = serializers.CharField(source="contractor.name")
    time_slot = TimeSlotSerializer(source="slot")
    score = serializers.FloatField()
    score_breakdown = StoredBreakdownField()
    candidates_considered = serializers.IntegerField(help_text=_("Number of candidates at the time of booking."))
    candidates_exact = serializers.BooleanField(help_text=_("False if the number of candidates is a lower limit."))
    is_recorded = serializers.BooleanField(
        help_text=_("True for past work that was recorded afterwards, for example by an import.")
    )
    rules_version = serializers.IntegerField(
        source="rules_id",
        allow_null=True,
        help_text=_("Version of the scheduling rules at the time of booking. Null if none was published yet."),
    )
    rating = serializers.FloatField(
        source="rated_value", allow_null=True, help_text=_("The rating of the completed work, from 0 to 5 stars.")
    )
    rated_at = InstantField(allow_null=True)
    plan = PlanLinkSerializer(source="plan_link", allow_null=True, help_text=_("The plan that led to the booking."))
    assigned_by = serializers.SerializerMethodField(
        help_text=_("Email address of the user, or the name for readers who must not see addresses.")
    )
    serializer_field_mapping = {
        **serializers.ModelSerializer.serializer_field_mapping,
        models.DateTimeField: InstantField,
    }

    class Meta:
        model = Assignment
        fields = [
            "id",
            "job",
            "job_number",
            "contractor",
            "contractor_name",
            "time_slot",
            "status",
            "confirmed_at",
            "started_at",
            "completed_at",
            "cancelled_at",
            "cancel_reason",
            "late_until",
            "rating",
            "rated_at",
            "is_recorded",
            "score",
            "score_breakdown",
            "rank",
            "candidates_considered",
            "candidates_exact",
            "override_reason",
            "window_break_reason",
            "rules_version",
            "plan",
            "assigned_by",
            "created_at",
            "updated_at",
            "version",
        ]
        read_only_fields = fields

    @extend_schema_field(serializers.CharField(allow_null=True))
    def get_assigned_by(self, assignment: Assignment) -> str | None:
        return name_of(assignment.assigned_by, self.reader)


class NewAssignmentSerializer(StrictSerializer):
    """Contractor, job and start of a new assignment."""

    job = IdField()
    contractor = IdField()
    start = InstantField()
    override_reason = NotesTextField(max_length=500, allow_blank=True, default="")
    window_break_reason = NotesTextField(max_length=500, allow_blank=True, default="", help_text=WINDOW_BREAK_HELP)
    ranking_token = LineTextField(
        max_length=10_000,
        allow_blank=True,
        default="",
        help_text=_("Token of a ranking. The request fails with `ranking-stale` if that ranking is out of date."),
    )


class ConfirmSerializer(StrictSerializer):
    """Confirmation of an assignment."""

    despite_conflict = serializers.BooleanField(
        default=False,
        help_text=_(
            "Confirm even if the booking breaks rules that apply today. Without it, the request then fails with "
            "`booking-in-conflict`."
        ),
    )


@sent_as("Another morning", {"start": SOME_DAY})
class RescheduleSerializer(StrictSerializer):
    """New start with the same contractor."""

    start = InstantField()
    window_break_reason = NotesTextField(max_length=500, allow_blank=True, default="", help_text=WINDOW_BREAK_HELP)


class ReassignSerializer(StrictSerializer):
    """New contractor. Without `start`, the time stays the same."""

    contractor = IdField()
    start = InstantField(required=False)
    override_reason = NotesTextField(max_length=500, allow_blank=True, default="")
    window_break_reason = NotesTextField(max_length=500, allow_blank=True, default="", help_text=WINDOW_BREAK_HELP)
    ranking_token = LineTextField(
        max_length=10_000,
        allow_blank=True,
        default="",
        help_text=_("Token of a ranking. The request fails with `ranking-stale` if that ranking is out of date."),
    )


class SwapSerializer(StrictSerializer):
    """The other assignment of a swap."""

    other = IdField()
    override_reason = NotesTextField(max_length=500, allow_blank=True, default="")


@sent_as("No longer late", {"until": None})
class RunningLateSerializer(StrictSerializer):
    """Expected end of work that takes longer than booked."""

    until = InstantField(
        allow_null=True,
        help_text=_(
            "Expected end: in the future, after the end of the slot, and at most eight hours after it. "
            "Null withdraws the report."
        ),
    )


class PeriodSerializer(serializers.Serializer[Any]):
    """First and last day of a schedule, both included. Defaults: today, and six days after `start`."""

    start = DayField(required=False)
    end = DayField(required=False)


class ShortAssignmentSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    job = serializers.UUIDField()
    job_number = serializers.CharField()
    status = serializers.CharField()
    time_slot = TimeSlotSerializer()


class DayScheduleSerializer(serializers.Serializer[Any]):
    date = serializers.DateField()
    working_hours = TimeSlotSerializer(many=True)
    absences = TimeSlotSerializer(many=True)
    assignments = ShortAssignmentSerializer(many=True)
    free_intervals = TimeSlotSerializer(many=True)

    def to_representation(self, instance: DaySchedule) -> dict[str, Any]:
        return {
            "date": instance.date.isoformat(),
            "working_hours": slots_as_json(instance.working_hours),
            "absences": slots_as_json(instance.absences),
            "assignments": [_in_short(assignment) for assignment in instance.assignments],
            "free_intervals": slots_as_json(instance.free),
        }


def _in_short(assignment: Assignment) -> dict[str, Any]:
    return {
        "id": str(assignment.pk),
        "job": str(assignment.job_id),
        "job_number": assignment.job.job_number,
        "status": assignment.status,
        "time_slot": slot_as_json(assignment.slot),
    }


class ScheduleSerializer(serializers.Serializer[Any]):
    """Schedule with one entry for each day in the contractor's time zone."""

    contractor = serializers.UUIDField()
    time_zone = serializers.CharField()
    start = serializers.DateField()
    end = serializers.DateField()
    days = DayScheduleSerializer(many=True)


class SlotQuestionSerializer(serializers.Serializer[Any]):
    """Query for free time slots. With a job, `date` and `duration` default to those of the job."""

    date = DayField(required=False)
    duration = HoursField(required=False, min_value=timedelta(seconds=1), max_value=LONGEST_JOB)
    job = IdField(required=False)


class ReasonSerializer(serializers.Serializer[Any]):
    code = serializers.CharField()
    message = serializers.CharField()


class SlotsSerializer(serializers.Serializer[Any]):
    """Free time slots. `reasons` lists the failed rules if the contractor cannot do the job at any time."""

    contractor = serializers.UUIDField()
    job = serializers.UUIDField(allow_null=True)
    date = serializers.DateField()
    duration = HoursField()
    time_zone = LineTextField(
        help_text=_("Time zone of `date`: the one of the site with a job, otherwise of the contractor.")
    )
    available_time_slots = TimeSlotSerializer(many=True)
    reasons = ReasonSerializer(many=True)
