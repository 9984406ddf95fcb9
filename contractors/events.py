"""Domain events of contractors."""

from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

from contractors.models import Contractor
from smartscheduler.events.publishing import Event


@dataclass(frozen=True, kw_only=True)
class ContractorEvent(Event):
    contractor_id: UUID
    contractor_name: str


@dataclass(frozen=True, kw_only=True)
class ContractorCreated(ContractorEvent):
    """A contractor was added. The data is enough for a row of a list of contractors."""

    contractor_type: Annotated[str, Contractor.Type]
    contractor_status: Annotated[str, Contractor.Status]
    city: str
    state: str


@dataclass(frozen=True, kw_only=True)
class ContractorUpdated(ContractorEvent):
    """Fields of a contractor were changed.

    `changed` maps each changed field to its new value, `previous` to its old value.
    """

    changed: dict[str, Any]
    previous: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class ScheduleUpdated(ContractorEvent):
    """Working hours or absences were changed.

    `previous` and `current` are each `{"working_hours": [...], "absences": [...]}`.
    """

    previous: dict[str, Any]
    current: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class ContractorRated(ContractorEvent):
    """The contractor was rated, for `job_id` if it is known."""

    previous_rating: float
    new_rating: float
    rating_count: int
    job_id: UUID | None
