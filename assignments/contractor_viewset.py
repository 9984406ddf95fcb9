"""Contractors over HTTP, where the answer to a change names the bookings that no longer hold."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from assignments.conflicts import conflicts_of, unmet_reasons
from assignments.serializers import ReasonSerializer
from contractors.serializers import AbsenceSerializer, ContractorDetailSerializer
from contractors.viewsets import ContractorViewSet
from smartscheduler.fields import TimeSlotSerializer, slot_as_json
from smartscheduler.models import Record


class ConflictSerializer(serializers.Serializer[Any]):
    """A live booking that the rules would refuse today, and why."""

    assignment = serializers.UUIDField()
    job = serializers.UUIDField()
    job_number = serializers.CharField()
    status = serializers.CharField()
    time_slot = TimeSlotSerializer()
    reasons = ReasonSerializer(many=True)


class ConflictsSerializer(serializers.Serializer[Any]):
    """What joins the answer to a change."""

    conflicts = ConflictSerializer(
        many=True, read_only=True, help_text="Live bookings that no longer hold, the soonest first; at most 50."
    )
    conflicts_count = serializers.IntegerField(read_only=True, help_text="How many there are.")


class ChangedContractorSerializer(ContractorDetailSerializer, ConflictsSerializer):
    """The contractor as stored now, with the bookings that no longer hold."""

    class Meta(ContractorDetailSerializer.Meta):
        fields = [*ContractorDetailSerializer.Meta.fields, *ConflictsSerializer().fields]


class AddedAbsenceSerializer(AbsenceSerializer, ConflictsSerializer):
    """The absence, with the bookings of the contractor that no longer hold."""

    class Meta(AbsenceSerializer.Meta):
        fields = read_only_fields = [*AbsenceSerializer.Meta.fields, *ConflictsSerializer().fields]


CHANGED = extend_schema(responses=ChangedContractorSerializer)


@extend_schema_view(
    update=CHANGED,
    partial_update=CHANGED,
    activate=CHANGED,
    deactivate=CHANGED,
    mark_on_leave=CHANGED,
    rate=CHANGED,
    add_absence=extend_schema(responses={201: AddedAbsenceSerializer}),
)
class BookedContractorViewSet(ContractorViewSet):
    """Who does the jobs: base, working hours, skills and rating."""

    def after(self, changed: Record) -> Response:
        return self.answer(changed.pk, **self._conflicts(changed.pk))

    def add_absence(self, request: Request, pk: UUID) -> Response:
        response = super().add_absence(request, pk)
        response.data = {**response.data, **self._conflicts(pk)}
        return response

    def _conflicts(self, contractor_id: UUID) -> dict[str, Any]:
        listed, count = conflicts_of(contractor_id)
        reasons = unmet_reasons(listed, reader=self.actor)
        return {
            "conflicts": [
                {
                    "assignment": str(one.pk),
                    "job": str(one.job_id),
                    "job_number": one.job.job_number,
                    "status": one.status,
                    "time_slot": slot_as_json(one.slot),
                    "reasons": [reason.as_json() for reason in reasons[one.pk]],
                }
                for one in listed
            ],
            "conflicts_count": count,
        }
