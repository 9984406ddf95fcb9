"""Domain events of jobs."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any, Self
from uuid import UUID

from jobs.models import Job
from smartscheduler.events.publishing import Event
from smartscheduler.timeslots import TimeSlot

JobStatus = Annotated[str, Job.Status]


@dataclass(frozen=True, kw_only=True)
class JobEvent(Event):
    job_id: UUID
    job_number: str


@dataclass(frozen=True, kw_only=True)
class JobChange(JobEvent):
    """`job_status` is the status of the job after the event."""

    job_status: JobStatus

    @classmethod
    def of(cls, job: Job, **facts: Any) -> Self:
        """Event with the current state of `job`; `facts` are the other fields of the event type."""
        return cls(job_id=job.pk, job_number=job.job_number, job_status=job.status, **facts)


@dataclass(frozen=True, kw_only=True)
class JobCreated(JobChange):
    """A job was created. The data is enough for a row of a list of jobs."""

    job_type: Annotated[str, Job.Type]
    priority: Annotated[str, Job.Priority]
    city: str
    state: str
    time_zone: str
    desired_date: datetime
    duration: timedelta


@dataclass(frozen=True, kw_only=True)
class JobUpdated(JobChange):
    """Fields of a job were changed. `changed` maps each changed field to its new value."""

    changed: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class WindowPromised(JobChange):
    """An arrival window was promised. `previous` is the one that the customer was promised before, or None."""

    window: TimeSlot
    previous: TimeSlot | None


@dataclass(frozen=True, kw_only=True)
class WindowWithdrawn(JobChange):
    """The customer is no longer promised the arrival window `previous`."""

    previous: TimeSlot


@dataclass(frozen=True, kw_only=True)
class JobReopened(JobChange):
    """The booking of the job was canceled: the job is open again."""


@dataclass(frozen=True, kw_only=True)
class JobCancelled(JobChange):
    """The job was canceled, with its booking if it had one."""

    reason: str


@dataclass(frozen=True, kw_only=True)
class JobCompleted(JobChange):
    """The work is done."""

    completed_at: datetime
