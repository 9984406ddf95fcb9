"""Results of a ranking: its entries, and how it was found."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from contractors.models import Contractor
from jobs.requirements import JobRequest
from recommendations.explanations import Breakdown, summary
from recommendations.llm.facts import Facts
from smartscheduler.timeslots import TimeSlot
from smartscheduler.travel.routes import HasRoute, RouteEstimate


@dataclass(frozen=True, slots=True, kw_only=True)
class RankedCandidate(HasRoute):
    """One candidate of a ranking: rank from 1, score 0–1, the slots of the first free day, and the route to the site.

    `suggested` is the slot to book: the desired time if it is free, else the nearest one. `windows` are arrival windows
    on that day in which the contractor can start at any time, if they were asked for.
    `facts` and `day` are the parts of the explanation, `request` is what the candidate was ranked for.
    """

    rank: int
    contractor: Contractor
    score: Decimal
    breakdown: Breakdown
    slots: list[TimeSlot]
    suggested: TimeSlot
    windows: list[TimeSlot] = field(default_factory=list)
    route: RouteEstimate
    facts: Facts
    day: str
    request: JobRequest

    @property
    def preferred(self) -> bool:
        """Whether the customer prefers the contractor."""
        return self.contractor.pk in self.request.preferred

    @property
    def summary(self) -> str:
        """When the contractor is free, how far away, and how well rated, in one sentence."""
        rating, count = self.contractor.rating, self.contractor.rating_count
        return summary(self.request, self.suggested, self.route.miles, rating, count)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranking:
    """The best candidates, best first.

    `candidates_considered` is the number of candidates that the search met: all of them if `candidates_exact`, else a
    lower limit. `calendars_opened` is the number of contractors whose calendar was read; no other contractor can rank
    before the last entry.
    """

    entries: list[RankedCandidate]
    candidates_considered: int
    candidates_exact: bool
    calendars_opened: int
    generated_at: datetime
