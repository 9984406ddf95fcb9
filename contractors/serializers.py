"""Contractors on the wire."""

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from rest_framework import serializers

from contractors.models import Absence, Contractor
from contractors.services import usual_service_radius
from contractors.working_week import Shift
from smartscheduler.accounts.visibility_rest import StrictModelSerializer, VisibleFieldsSerializer
from smartscheduler.core.rest.fields import (
    LOCATION_FIELDS,
    ClockField,
    InstantField,
    InstantOrDayField,
    LineTextField,
    SkillsListField,
    StrictSerializer,
    TimeSlotSerializer,
)
from smartscheduler.core.rest.openapi_examples import AUSTIN, sent_as
from smartscheduler.errors import InvalidInput
from smartscheduler.timeslots import TimeSlot


class ContractorLocationSerializer(StrictModelSerializer):
    class Meta:
        model = Contractor
        fields = LOCATION_FIELDS


class ShiftSerializer(StrictSerializer):
    """A weekly shift in the contractor's zone: 0 is Sunday; an end of 00:00 is midnight at the end of the day."""

    day_of_week = serializers.IntegerField(min_value=0, max_value=6)
    start_time = ClockField()
    end_time = ClockField()

    def to_internal_value(self, data: Any) -> Shift:
        # Required even in a PATCH: half a shift says nothing.
        if isinstance(data, dict) and (missing := [str(name) for name in self.fields if name not in data]):
            raise serializers.ValidationError({name: ["This field is required."] for name in missing})
        return Shift(**super().to_internal_value(data))


class AbsenceSerializer(VisibleFieldsSerializer):
    start = InstantField(source="slot.start", read_only=True)
    end = InstantField(source="slot.end", read_only=True)
    created_at = InstantField(read_only=True)

    class Meta:
        model = Absence
        fields = ["id", "start", "end", "kind", "note", "created_at"]
        read_only_fields = fields


@sent_as("Two days off", {"start": "2030-03-04", "end": "2030-03-05", "kind": "holiday", "note": "Wedding"})
class NewAbsenceSerializer(StrictSerializer):
    """`start` and `end` are instants, or days: then the whole of both days in the contractor's zone."""

    start = InstantOrDayField()
    end = InstantOrDayField()
    kind = serializers.ChoiceField(choices=Absence.Kind.choices, default=Absence.Kind.LEAVE)
    note = LineTextField(max_length=200, allow_blank=True, default="")


def period_of(start: date | datetime, end: date | datetime, zone: ZoneInfo) -> TimeSlot:
    """The period between two instants or days. Raises InvalidInput when it does not start before it ends."""
    first = start if isinstance(start, datetime) else datetime.combine(start, time(0), zone)
    last = end if isinstance(end, datetime) else datetime.combine(end + timedelta(days=1), time(0), zone)
    if not first < last:
        raise InvalidInput.of("end", "An absence ends after it starts.")
    return TimeSlot(first, last)


@sent_as(
    "A tiler with a week of mornings",
    {
        "name": "Ada Tiles",
        "type": "tile",
        "phone_number": "(512) 555-0143",
        "email": "ada@example.com",
        "skills": ["Mosaic"],
        "location": AUSTIN,
        "service_radius_miles": 40,
        "working_hours": [{"day_of_week": day, "start_time": "08:00", "end_time": "13:00"} for day in range(1, 6)],
    },
)
class ContractorSerializer(StrictModelSerializer):
    location = ContractorLocationSerializer(source="*")
    time_zone = LineTextField(
        max_length=64,
        allow_blank=True,
        default="",
        validators=Contractor._meta.get_field("time_zone").validators[:1],
        help_text="IANA name; found from the coordinates when not given.",
    )
    working_hours = ShiftSerializer(many=True, allow_empty=False, max_length=200)  # type: ignore[call-arg]
    skills = SkillsListField(default=list)
    service_radius_miles = serializers.DecimalField(
        max_digits=7,
        decimal_places=2,
        min_value=Decimal("0.01"),
        allow_null=True,
        default=usual_service_radius,
        help_text="null means anywhere.",
    )

    class Meta:
        model = Contractor
        fields = [
            "id",
            "name",
            "type",
            "status",
            "rating",
            "rating_count",
            "phone_number",
            "email",
            "skills",
            "location",
            "time_zone",
            "service_radius_miles",
            "working_hours",
            "created_at",
            "updated_at",
            "version",
        ]
        read_only_fields = ["status", "rating", "rating_count", "version"]
        # The service has the last word, and answers a taken address with 409.
        validators: list[Any] = []


class ContractorDetailSerializer(ContractorSerializer):
    absences = AbsenceSerializer(source="absences_to_come", many=True, read_only=True)

    class Meta(ContractorSerializer.Meta):
        fields = [*ContractorSerializer.Meta.fields, "absences"]


class DuplicateSerializer(serializers.ModelSerializer[Contractor]):
    class Meta:
        model = Contractor
        fields = ["id", "name"]


class NewContractorSerializer(ContractorDetailSerializer):
    """The answer to creating one: with the contractors who are probably the same, if any."""

    possible_duplicates = DuplicateSerializer(many=True, read_only=True, required=False)

    class Meta(ContractorDetailSerializer.Meta):
        fields = [*ContractorDetailSerializer.Meta.fields, "possible_duplicates"]


class ConflictReasonSerializer(serializers.Serializer[Any]):
    code = serializers.CharField()
    message = serializers.CharField()


class ConflictSerializer(serializers.Serializer[Any]):
    """A live booking that the rules would refuse today, and why."""

    assignment = serializers.UUIDField()
    job = serializers.UUIDField()
    job_number = serializers.CharField()
    status = serializers.CharField()
    time_slot = TimeSlotSerializer()
    reasons = ConflictReasonSerializer(many=True)


class ConflictsSerializer(serializers.Serializer[Any]):
    """What joins the answer to a change (assignments.contractor_viewset)."""

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
