"""API of a contractor's schedule and free time slots."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext
from drf_spectacular.utils import extend_schema
from rest_framework.generics import get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response

from assignments.calendars import bookable_slots, schedule
from assignments.eligibility import Reason, unmet_rules, unmet_status
from assignments.serializers import (
    DayScheduleSerializer,
    PeriodSerializer,
    ScheduleSerializer,
    SlotQuestionSerializer,
    SlotsSerializer,
)
from contractors.models import Contractor
from jobs.models import Job
from jobs.requirements import JobRequest
from smartscheduler.accounts.permissions import Permission
from smartscheduler.core.rest.fields import slots_as_json
from smartscheduler.core.rest.views import ReadsBody
from smartscheduler.errors import InvalidInput
from smartscheduler.rules.current import current_rules
from smartscheduler.travel.estimates import known_site


class ScheduleView(ReadsBody):
    query_serializer = PeriodSerializer
    required_permissions = {"get": Permission.VIEW_CONTRACTORS}

    @extend_schema(parameters=[PeriodSerializer], responses=ScheduleSerializer)
    def get(self, request: Request, pk: UUID) -> Response:
        """Get the schedule of a contractor.

        Working hours, absences, assignments and free intervals for each day.
        """
        contractor = get_object_or_404(Contractor, pk=pk)
        start, end = _days(self.query(), timezone.now().astimezone(contractor.zone).date())
        days = schedule(contractor=contractor, start=start, end=end, rules=current_rules())
        return Response(
            {
                "contractor": str(contractor.pk),
                "time_zone": contractor.time_zone,
                "start": start.isoformat(),
                "end": end.isoformat(),
                "days": DayScheduleSerializer(days, many=True).data,
            }
        )


LONGEST_PERIOD = timedelta(days=62)


def _days(query: dict[str, date], today: date) -> tuple[date, date]:
    """First and last day of a schedule. Raises InvalidInput if they are out of order or too far apart."""
    start = query.get("start", today)
    end = query.get("end", start + timedelta(days=6))
    if not start <= end < start + LONGEST_PERIOD:
        message = gettext("A schedule can have 1 to {days} days.").format(days=LONGEST_PERIOD.days)
        raise InvalidInput.of("end", message)
    return start, end


class AvailabilityView(ReadsBody):
    query_serializer = SlotQuestionSerializer
    required_permissions = {"get": Permission.VIEW_CONTRACTORS}

    @extend_schema(parameters=[SlotQuestionSerializer], responses=SlotsSerializer)
    def get(self, request: Request, pk: UUID) -> Response:
        """List the time slots that can be booked on one day.

        They are for a job, or for any work of a given duration.
        """
        contractor = get_object_or_404(Contractor, pk=pk)
        query = self.query()
        job = _job(query.get("job"))
        day, duration = _day_and_duration(query, job)
        reasons = _obstacles(contractor, job)
        slots = (
            []
            if reasons
            else bookable_slots(contractor=contractor, day=day, duration=duration, rules=current_rules(), job=job)
        )
        answer = {
            "contractor": contractor.pk,
            "job": job.pk if job else None,
            "date": day,
            "duration": duration,
            "time_zone": (job or contractor).time_zone,
            "reasons": [reason.as_json() for reason in reasons],
            "available_time_slots": [],
        }
        return Response({**SlotsSerializer(answer).data, "available_time_slots": slots_as_json(slots)})


def _job(job_id: UUID | None) -> Job | None:
    if job_id is None:
        return None
    job = Job.objects.filter(pk=job_id).first()
    if job is None:
        raise InvalidInput.of("job", gettext("There is no job with this id."))
    return job


def _day_and_duration(query: dict[str, Any], job: Job | None) -> tuple[date, timedelta]:
    """Day and duration of the query; defaults come from the job. Raises InvalidInput if one is missing."""
    if job:
        return query.get("date", JobRequest.of(job).desired_day), query.get("duration", job.duration)
    for name in ("date", "duration"):
        if name not in query:
            raise InvalidInput.of(name, gettext("This parameter is required without a job."))
    return query["date"], query["duration"]


def _obstacles(contractor: Contractor, job: Job | None) -> list[Reason]:
    """Failed rules that do not depend on the time, so that no slot can be offered."""
    if job:
        request = JobRequest.of(job)
        return unmet_rules(contractor, request, miles=known_site(request.point).miles_from(contractor.point))
    reason = unmet_status(contractor)
    return [reason] if reason else []
