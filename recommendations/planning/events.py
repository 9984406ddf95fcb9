"""Domain events of plans. Bookings that come of a plan send their ordinary events."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from smartscheduler.events.publishing import Event


@dataclass(frozen=True, kw_only=True)
class PlanEvent(Event):
    plan_id: UUID
    plan_number: str


@dataclass(frozen=True, kw_only=True)
class PlanRequested(PlanEvent):
    """A user requested a plan for `jobs` open jobs."""

    jobs: int
    first_day: date
    last_day: date


@dataclass(frozen=True, kw_only=True)
class PlanProgressed(PlanEvent):
    """The run has found a better plan or a lower bound; sent once a second at most. The gap is None if not known."""

    percent: int
    planned: int
    unplanned: int
    gap_percent: float | None


@dataclass(frozen=True, kw_only=True)
class PlanReady(PlanEvent):
    """The run has ended with a proposal. `stopped`: a user stopped the run, so this is the best plan until then."""

    planned: int
    unplanned: int
    stopped: bool


@dataclass(frozen=True, kw_only=True)
class PlanFailed(PlanEvent):
    """The run failed. Nothing of it is kept."""

    reason: str


@dataclass(frozen=True, kw_only=True)
class PlanAccepted(PlanEvent):
    """Items were accepted: `accepted` of them now, `stale` could not be."""

    accepted: int
    stale: int


@dataclass(frozen=True, kw_only=True)
class PlanUndone(PlanEvent):
    """The latest acceptance was taken back: `items` are proposed again."""

    items: int


@dataclass(frozen=True, kw_only=True)
class PlanCancelled(PlanEvent):
    """A user canceled the run. Nothing of it is kept."""


@dataclass(frozen=True, kw_only=True)
class PlanDiscarded(PlanEvent):
    """A user closed the proposal. Nothing of it was booked."""


@dataclass(frozen=True, kw_only=True)
class PlanExpired(PlanEvent):
    """The time of the proposal is over, or its first slot has begun."""
