"""Domain events of jobs."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from smartscheduler.events.publishing import Event


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
class JobReopened(JobEvent):
    pass


@dataclass(frozen=True, kw_only=True)
class JobCancelled(JobEvent):
    reason: str


@dataclass(frozen=True, kw_only=True)
class JobCompleted(JobEvent):
    completed_at: datetime
