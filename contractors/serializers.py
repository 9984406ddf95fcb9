"""JSON representation of contractors and absences."""

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from contractors.models import Absence, Contractor
from contractors.services import usual_service_radius
from contractors.working_week import Shift
from smartscheduler.accounts.visibility_rest import StrictModelSerializer, VisibleFieldsSerializer
from smartscheduler.core.rest.fields import (
    LOCATION_FIELDS,
    ClockField,
    E164Field,
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
    """Weekly shift in the contractor's time zone. Day 0 is Sunday. An end of 00:00 is midnight at the day's end."""

    day_of_week = serializers.IntegerField(min_value=0, max_value=6)
    start_time = ClockField()
    end_time = ClockField()

    def to_internal_value(self, data: Any) -> Shift:
        # Required even in a PATCH: a part of a shift is ambiguous.
        if isinstance(data, dict) and (missing := [str(name) for name in self.fields if name not in data]):
            raise serializers.ValidationError({name: [gettext("This field is required.")] for name in missing})
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
    """`start` and `end` are instants or days. Days are in the contractor's time zone, and both are included."""

    start = InstantOrDayField()
    end = InstantOrDayField()
    kind = serializers.ChoiceField(choices=Absence.Kind.choices, default=Absence.Kind.LEAVE)
    note = LineTextField(max_length=200, allow_blank=True, default="")


def period_of(start: date | datetime, end: date | datetime, zone: ZoneInfo) -> TimeSlot:
    """Period between two instants or days. Raises InvalidInput when it does not start before it ends."""
    first = start if isinstance(start, datetime) else datetime.combine(start, time(0), zone)
    last = end if isinstance(end, datetime) else datetime.combine(end + timedelta(days=1), time(0), zone)
    if not first < last:
        raise InvalidInput.of("end", gettext("An absence must end after it starts."))
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
        help_text=_("IANA name. Derived from the coordinates when it is not given."),
    )
    working_hours = ShiftSerializer(many=True, allow_empty=False, max_length=200)  # type: ignore[call-arg]
    phone_e164 = E164Field(source="phone_number")
    skills = SkillsListField(default=list)
    service_radius_miles = serializers.DecimalField(
        max_digits=7,
        decimal_places=2,
        min_value=Decimal("0.01"),
        allow_null=True,
        default=usual_service_radius,
        help_text=_("Largest distance to a job. Null means no limit."),
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
            "phone_e164",
            "email",
            "skills",
            "location",
            "time_zone",
            "service_radius_miles",
            "working_hours",
            "external_id",
            "source",
            "created_at",
            "updated_at",
            "version",
        ]
        read_only_fields = ["status", "rating", "rating_count", "version"]
        extra_kwargs = {name: {"default": ""} for name in ("external_id", "source")}
        # The service checks for a duplicate email address, so that the answer is 409 and not 400, and names the field
        # of an external ID that is taken.
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
    """Created contractor, with likely duplicates if there are any."""

    possible_duplicates = DuplicateSerializer(many=True, read_only=True, required=False)

    class Meta(ContractorDetailSerializer.Meta):
        fields = [*ContractorDetailSerializer.Meta.fields, "possible_duplicates"]


class ConflictReasonSerializer(serializers.Serializer[Any]):
    code = serializers.CharField()
    message = serializers.CharField()


class ConflictSerializer(serializers.Serializer[Any]):
    """Live assignment that the rules would reject today, with the reasons."""

    assignment = serializers.UUIDField()
    job = serializers.UUIDField()
    job_number = serializers.CharField()
    status = serializers.CharField()
    time_slot = TimeSlotSerializer()
    reasons = ConflictReasonSerializer(many=True)


class ConflictsSerializer(serializers.Serializer[Any]):
    """Fields that every change of a contractor adds to its response (assignments.contractor_viewset)."""

    conflicts = ConflictSerializer(
        many=True,
        read_only=True,
        help_text=_("Live assignments that the rules would reject today, earliest first. At most 50."),
    )
    conflicts_count = serializers.IntegerField(read_only=True, help_text=_("Number of all such assignments."))


class ChangedContractorSerializer(ContractorDetailSerializer, ConflictsSerializer):
    """Changed contractor, with the live assignments that the rules would reject today."""

    class Meta(ContractorDetailSerializer.Meta):
        fields = [*ContractorDetailSerializer.Meta.fields, *ConflictsSerializer().fields]


class AddedAbsenceSerializer(AbsenceSerializer, ConflictsSerializer):
    """Added absence, with the live assignments of the contractor that the rules would reject today."""

    class Meta(AbsenceSerializer.Meta):
        fields = read_only_fields = [*AbsenceSerializer.Meta.fields, *ConflictsSerializer().fields]
