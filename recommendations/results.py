"""Results of a ranking: its entries and what is known about how it was found."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from contractors.models import Contractor
from recommendations.explanations import Breakdown
from recommendations.llm.facts import Facts
from smartscheduler.timeslots import TimeSlot
from smartscheduler.travel.routes import HasRoute, RouteEstimate


@dataclass(frozen=True, slots=True, kw_only=True)
class RankedCandidate(HasRoute):
    """One candidate of a ranking: rank from 1, score 0–1, the slots of the first free day, and the way to the site.

    `suggested` is the slot to book: the wanted time where it is free, else the nearest one.
    `facts` and `day` are what its explanation is made of.
    """

    rank: int
    contractor: Contractor
    score: Decimal
    breakdown: Breakdown
    slots: list[TimeSlot]
    suggested: TimeSlot
    route: RouteEstimate
    facts: Facts
    day: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranking:
    """The best candidates, best first.

    `candidates_considered` are those met who could be ranked: all of them when `candidates_exact`, else at least so
    many. `calendars_opened` counts those whose calendar was looked into; nobody else could come before the last entry.
    """

    entries: list[RankedCandidate]
    candidates_considered: int
    candidates_exact: bool
    calendars_opened: int
    generated_at: datetime
