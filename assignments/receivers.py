"""Signal receivers: recheck bookings after changes, and prevent deactivation with live assignments."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.dispatch import receiver
from django.utils import timezone
from django.utils.translation import gettext

from assignments.broken_bookings import recheck_after_commit, recheck_contractor
from assignments.eligibility import Rule
from assignments.events import AssignmentCancelled, AssignmentCompleted, AssignmentRescheduled
from assignments.models import Assignment, Conflict
from contractors.events import ContractorUpdated, ScheduleUpdated
from contractors.models import Contractor
from contractors.signals import leaving_service
from customers.models import Customer
from customers.signals import preferences_changed
from jobs.events import JobUpdated
from smartscheduler.core.json_values import as_json
from smartscheduler.errors import LiveAssignments
from smartscheduler.events.publishing import Event, domain_event

# Fields of a contractor that eligibility and availability depend on.
DECIDES = frozenset({"type", "status", "skills", "service_radius_miles", "latitude", "longitude", "time_zone"})


@receiver(domain_event, dispatch_uid="conflicts")
def recheck_bookings(*, event: Event, **_: Any) -> None:
    """Store conflicts in the transaction of the change, so that the response can list them."""
    match event:
        case ScheduleUpdated():
            recheck_contractor(event.contractor_id)
        case ContractorUpdated() if DECIDES & event.changed.keys():
            recheck_contractor(event.contractor_id)
        # A booking is checked when it is made. When it moves or ends, conflicts can only be resolved.
        case AssignmentCancelled() | AssignmentCompleted() | AssignmentRescheduled():
            _resolve(event)
        case JobUpdated() if "customer" in event.changed:
            _recheck_customer(event.job_id)


def _resolve(event: AssignmentCancelled | AssignmentCompleted | AssignmentRescheduled) -> None:
    noted = set(
        Conflict.objects.filter(assignment__contractor_id=event.contractor_id).values_list("assignment_id", flat=True)
    )
    if event.assignment_id in noted and not isinstance(event, AssignmentRescheduled):
        noted.discard(event.assignment_id)
        Conflict.objects.filter(pk=event.assignment_id).delete()
    if noted:
        recheck_contractor(event.contractor_id)


def _recheck_customer(job_id: UUID) -> None:
    """The job has another customer, who may have refused the booked contractor, or may not have."""
    booking = Assignment.objects.live().filter(job=job_id).select_related("job", "conflict").first()
    if booking is None:
        return
    noted = hasattr(booking, "conflict") and Rule.REFUSED_BY_CUSTOMER in booking.conflict.rules
    if noted != (booking.contractor_id in booking.job.refused_contractors):
        recheck_after_commit([booking.contractor_id])


@receiver(preferences_changed, dispatch_uid="conflicts")
def recheck_refused(*, customer: Customer, refused: Iterable[UUID], **_: Any) -> None:
    booked = Assignment.objects.live().upcoming(timezone.now()).filter(job__customer=customer, contractor__in=refused)
    recheck_after_commit(set(booked.values_list("contractor_id", flat=True)))


@receiver(leaving_service, dispatch_uid="live-assignments")
def refuse_with_live_assignments(*, contractor: Contractor, **_: Any) -> None:
    """Raise LiveAssignments, which lists them, if the contractor has any."""
    live = Assignment.objects.live().filter(contractor=contractor).select_related("job").order_by("time_slot")
    if obstacles := [_obstacle(assignment) for assignment in live]:
        numbers = ", ".join(obstacle["job_number"] for obstacle in obstacles)
        message = gettext(
            "{contractor} still has live assignments: {jobs}. Reassign, complete or cancel each of them first."
        )
        raise LiveAssignments(
            message.format(contractor=contractor.name, jobs=numbers), extra={"assignments": obstacles}
        )


def _obstacle(assignment: Assignment) -> dict[str, Any]:
    return {
        "id": str(assignment.pk),
        "job_id": str(assignment.job_id),
        "job_number": assignment.job.job_number,
        "status": assignment.status,
        "time_slot": as_json(assignment.slot),
    }
