"""Domain events of contractors."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from smartscheduler.events.publishing import Event


@dataclass(frozen=True, kw_only=True)
class ContractorEvent(Event):
    contractor_id: UUID
    contractor_name: str


@dataclass(frozen=True, kw_only=True)
class ContractorCreated(ContractorEvent):
    pass


@dataclass(frozen=True, kw_only=True)
class ContractorUpdated(ContractorEvent):
    """`changed` maps each changed field to its new value, `previous` to its old value."""

    changed: dict[str, Any]
    previous: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class ScheduleUpdated(ContractorEvent):
    """`previous` and `current` are each `{"working_hours": [...], "absences": [...]}`."""

    previous: dict[str, Any]
    current: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class ContractorRated(ContractorEvent):
    previous_rating: float
    new_rating: float
    job_id: UUID | None
