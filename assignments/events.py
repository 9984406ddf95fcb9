"""Domain events of assignments."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from assignments.models import Assignment
from jobs.events import JobEvent
from smartscheduler.events.publishing import Event
from smartscheduler.timeslots import TimeSlot


@dataclass(frozen=True, kw_only=True)
class JobAssigned(JobEvent):
    """A job was booked. `plan_id` is the plan whose acceptance did it, here and in the events below."""

    contractor_id: UUID
    contractor_name: str
    assignment_id: UUID
    time_slot: TimeSlot
    plan_id: UUID | None = None

    @classmethod
    def of(cls, assignment: Assignment, *, plan_id: UUID | None = None) -> "JobAssigned":
        return cls(
            job_id=assignment.job_id,
            job_number=assignment.job.job_number,
            contractor_id=assignment.contractor_id,
            contractor_name=assignment.contractor.name,
            assignment_id=assignment.pk,
            time_slot=assignment.slot,
            plan_id=plan_id,
        )


@dataclass(frozen=True, kw_only=True)
class AssignmentEvent(Event):
    assignment_id: UUID
    job_id: UUID
    job_number: str
    contractor_id: UUID
    contractor_name: str
    plan_id: UUID | None = None

    @classmethod
    def of(cls, assignment: Assignment, **facts: Any) -> "AssignmentEvent":
        """Event with the current state of `assignment`; `facts` are the fields of the event type."""
        return cls(
            assignment_id=assignment.pk,
            job_id=assignment.job_id,
            job_number=assignment.job.job_number,
            contractor_id=assignment.contractor_id,
            contractor_name=assignment.contractor.name,
            **facts,
        )


@dataclass(frozen=True, kw_only=True)
class AssignmentMoved(AssignmentEvent):
    time_slot: TimeSlot
    previous_status: str


@dataclass(frozen=True, kw_only=True)
class AssignmentConfirmed(AssignmentMoved):
    pass


@dataclass(frozen=True, kw_only=True)
class AssignmentStarted(AssignmentMoved):
    pass


@dataclass(frozen=True, kw_only=True)
class AssignmentCompleted(AssignmentMoved):
    pass


@dataclass(frozen=True, kw_only=True)
class AssignmentRescheduled(AssignmentMoved):
    previous_time_slot: TimeSlot


@dataclass(frozen=True, kw_only=True)
class AssignmentRunningLate(AssignmentEvent):
    """The work is expected to end at `until` instead of the end of the slot; None: the report was withdrawn."""

    time_slot: TimeSlot
    until: datetime | None


@dataclass(frozen=True, kw_only=True)
class WindowBroken(AssignmentEvent):
    """The booking starts outside the arrival window that was promised to the customer."""

    time_slot: TimeSlot
    window: TimeSlot
    reason: str


@dataclass(frozen=True, kw_only=True)
class AssignmentCancelled(AssignmentEvent):
    reason: str
