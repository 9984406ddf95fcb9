"""JSON of requests that create or change up to 500 jobs or assignments."""

from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from assignments.serializers import AssignmentSerializer, NewAssignmentSerializer
from jobs.serializers import JobSerializer
from smartscheduler.core.rest.fields import IdField, NotesTextField, StrictSerializer
from smartscheduler.idempotency.rows import MOST_ROWS, RowResultSerializer

REASON_OF = _("Reason of a cancellation.")


class JobChangeSerializer(StrictSerializer):
    """Change of the state of one job."""

    id = IdField()
    action = serializers.ChoiceField(choices=[("cancel", _("Cancel"))])
    reason = NotesTextField(max_length=500, help_text=REASON_OF)


class AssignmentChangeSerializer(StrictSerializer):
    """Change of the state of one assignment."""

    id = IdField()
    action = serializers.ChoiceField(
        choices=[
            ("confirm", _("Confirm")),
            ("start", _("Start")),
            ("complete", _("Complete")),
            ("cancel", _("Cancel")),
        ]
    )
    reason = NotesTextField(max_length=500, required=False, help_text=REASON_OF)
    despite_conflict = serializers.BooleanField(
        required=False, help_text=_("Confirm even if the booking breaks rules that apply today.")
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        action = attrs["action"]
        if action == "cancel" and "reason" not in attrs:
            raise serializers.ValidationError({"reason": [gettext("Enter a reason.")]})
        for name, of in (("reason", "cancel"), ("despite_conflict", "confirm")):
            if name in attrs and action != of:
                message = gettext("Send this only with the action {action}.")
                raise serializers.ValidationError({name: [message.format(action=of)]})
        return attrs


def _rows(row: type[serializers.BaseSerializer[Any]]) -> Any:
    return row(many=True, min_length=1, max_length=MOST_ROWS)  # type: ignore[call-arg]


class BulkJobsSerializer(StrictSerializer):
    """Jobs to create."""

    rows = _rows(JobSerializer)


class BulkJobChangesSerializer(StrictSerializer):
    """Changes of the states of jobs."""

    rows = _rows(JobChangeSerializer)


class BulkAssignmentsSerializer(StrictSerializer):
    """Assignments to create, in this order."""

    rows = _rows(NewAssignmentSerializer)


class BulkAssignmentChangesSerializer(StrictSerializer):
    """Changes of the states of assignments, in this order."""

    rows = _rows(AssignmentChangeSerializer)


class JobResultSerializer(RowResultSerializer):
    body = JobSerializer(allow_null=True, help_text=_("The job after the last row; null for a row that failed."))


class AssignmentResultSerializer(RowResultSerializer):
    body = AssignmentSerializer(
        allow_null=True, help_text=_("The assignment after the last row; null for a row that failed.")
    )


class BulkJobResultsSerializer(serializers.Serializer[Any]):
    """One result for each row, in the order of the rows."""

    results = JobResultSerializer(many=True)
    succeeded = serializers.IntegerField()
    failed = serializers.IntegerField()


class BulkAssignmentResultsSerializer(serializers.Serializer[Any]):
    """One result for each row, in the order of the rows."""

    results = AssignmentResultSerializer(many=True)
    succeeded = serializers.IntegerField()
    failed = serializers.IntegerField()
