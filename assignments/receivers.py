"""Bookings are checked again when something about their contractor changes, whichever service changed it."""

from typing import Any

from django.dispatch import receiver

from assignments.conflicts import recheck_contractor
from assignments.events import AssignmentCancelled, AssignmentCompleted, AssignmentRescheduled
from assignments.models import Conflict
from contractors.events import ContractorUpdated, ScheduleUpdated
from smartscheduler.events.messages import Event, domain_event

# The fields of a contractor that the engine reads.
DECIDES = frozenset({"type", "status", "skills", "service_radius_miles", "latitude", "longitude", "time_zone"})


@receiver(domain_event, dispatch_uid="conflicts")
def recheck_bookings(*, event: Event, **_: Any) -> None:
    """Note conflicts in the transaction of the change, so that its answer can name them."""
    match event:
        case ScheduleUpdated():
            recheck_contractor(event.contractor_id)
        case ContractorUpdated() if DECIDES & event.changed.keys():
            recheck_contractor(event.contractor_id)
        # A booking is checked when it is made; one that moves or ends can only resolve conflicts.
        case AssignmentCancelled() | AssignmentCompleted() | AssignmentRescheduled():
            _resolve(event)


def _resolve(event: AssignmentCancelled | AssignmentCompleted | AssignmentRescheduled) -> None:
    noted = set(
        Conflict.objects.filter(assignment__contractor_id=event.contractor_id).values_list("assignment_id", flat=True)
    )
    if event.assignment_id in noted and not isinstance(event, AssignmentRescheduled):
        noted.discard(event.assignment_id)
        Conflict.objects.filter(pk=event.assignment_id).delete()
    if noted:
        recheck_contractor(event.contractor_id)
