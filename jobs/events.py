"""Domain events of jobs."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from smartscheduler.events.publishing import Event
from smartscheduler.timeslots import TimeSlot


@dataclass(frozen=True, kw_only=True)
class JobEvent(Event):
    job_id: UUID
    job_number: str


@dataclass(frozen=True, kw_only=True)
class JobCreated(JobEvent):
    job_type: str
    priority: str
    city: str
    desired_date: datetime


@dataclass(frozen=True, kw_only=True)
class JobUpdated(JobEvent):
    """`changed` maps each changed field to its new value."""

    changed: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class WindowPromised(JobEvent):
    """`previous` is the arrival window that the customer was promised before, or None."""

    window: TimeSlot
    previous: TimeSlot | None


@dataclass(frozen=True, kw_only=True)
class WindowWithdrawn(JobEvent):
    """The customer is no longer promised the arrival window `previous`."""

    previous: TimeSlot


@dataclass(frozen=True, kw_only=True)
class JobReopened(JobEvent):
    pass


@dataclass(frozen=True, kw_only=True)
class JobCancelled(JobEvent):
    reason: str


@dataclass(frozen=True, kw_only=True)
class JobCompleted(JobEvent):
    completed_at: datetime
