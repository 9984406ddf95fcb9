"""Domain events of assignments."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Self
from uuid import UUID

from assignments.models import Assignment
from jobs.events import JobStatus
from jobs.models import Job
from smartscheduler.events.publishing import Event
from smartscheduler.timeslots import TimeSlot

AssignmentStatus = Annotated[str, Assignment.Status]


@dataclass(frozen=True, kw_only=True)
class AssignmentEvent(Event):
    """`assignment_status` and `job_status` are those after the event; `plan_id` is the plan that caused it.

    Type, city and time zone of the job are enough for its place on a board.
    """

    assignment_id: UUID
    assignment_status: AssignmentStatus
    job_id: UUID
    job_number: str
    job_status: JobStatus
    job_type: Annotated[str, Job.Type]
    city: str
    time_zone: str
    contractor_id: UUID
    contractor_name: str
    time_slot: TimeSlot
    plan_id: UUID | None = None

    @classmethod
    def of(cls, assignment: Assignment, **facts: Any) -> Self:
        """Event with the current state of `assignment`; `facts` are the other fields of the event type."""
        return cls(
            assignment_id=assignment.pk,
            assignment_status=assignment.status,
            job_id=assignment.job_id,
            job_number=assignment.job.job_number,
            job_status=assignment.job.status,
            job_type=assignment.job.type,
            city=assignment.job.city,
            time_zone=assignment.job.time_zone,
            contractor_id=assignment.contractor_id,
            contractor_name=assignment.contractor.name,
            time_slot=assignment.slot,
            **facts,
        )


@dataclass(frozen=True, kw_only=True)
class JobAssigned(AssignmentEvent):
    """A job was booked."""


@dataclass(frozen=True, kw_only=True)
class AssignmentMoved(AssignmentEvent):
    """`previous_status` is the status of the assignment before the event."""

    previous_status: AssignmentStatus


@dataclass(frozen=True, kw_only=True)
class AssignmentConfirmed(AssignmentMoved):
    """The contractor has accepted the booking."""


@dataclass(frozen=True, kw_only=True)
class AssignmentStarted(AssignmentMoved):
    """The work has started."""


@dataclass(frozen=True, kw_only=True)
class AssignmentCompleted(AssignmentMoved):
    """The work is done."""


@dataclass(frozen=True, kw_only=True)
class AssignmentRescheduled(AssignmentMoved):
    """The booking was moved to another time."""

    previous_time_slot: TimeSlot


@dataclass(frozen=True, kw_only=True)
class AssignmentRunningLate(AssignmentEvent):
    """The work is expected to end at `until` instead of the end of the slot; None: the report was withdrawn."""

    until: datetime | None


@dataclass(frozen=True, kw_only=True)
class WindowBroken(AssignmentEvent):
    """The booking starts outside the arrival window that was promised to the customer."""

    window: TimeSlot
    reason: str


@dataclass(frozen=True, kw_only=True)
class AssignmentCancelled(AssignmentEvent):
    """The booking was canceled; `time_slot` is free again. A reassigned job gets a JobAssigned next."""

    reason: str
