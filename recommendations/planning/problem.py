"""Planning problem and solution in plain integers: what the solver reads and writes. Pure.

Times are minutes since one epoch, worths and prices are ten-thousandths of a score, and jobs, segments, contractors and
sites are numbered from 0. The solver knows no scheduling rule: the snapshot asks the availability engine for every
range of start times and prices every mile before (docs/planning.md).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

# More than any plan is worth: added to a job that must be planned.
REQUIRED = 10**7


class Leg(NamedTuple):
    """Travel from one job site to another: whole minutes with the minimum gap included, and the price of the miles."""

    minutes: int
    price: int


class StartRange(NamedTuple):
    """Start times from `earliest` to `latest`, both included.

    `value` is the score of the booking less the disruption that it causes. `change` is 1 if an existing booking would
    be changed, else 0. Ranges of an option may overlap; an existing booking has its own start as a range of one minute.
    `day` is the contractor's working day, which all starts in the range share. Later starts have no earlier day.
    """

    earliest: int
    latest: int
    value: int
    change: int = 0
    day: int = 0


@dataclass(frozen=True, slots=True)
class PlanJob:
    """A job that the plan may place.

    `worth` is what planning it adds whatever its contractor. `booked` marks a job that has a booking: fairness does not
    count it, and leaving it out counts as a change. `beyond` is the highest value that a range of an omitted option
    could have: a snapshot that lists only the best options of a job sets it, so that the bound remains true.
    """

    worth: int
    duration: int
    site: int
    booked: bool = False
    beyond: int | None = None


@dataclass(frozen=True, slots=True)
class Segment:
    """The part of a contractor's working day between two bookings that stay, or between them and the ends of the day.

    It may hold several free intervals, and several days where a drive from one can decide about the next. `before` and
    `after` are the sites of the fixed bookings, `days` their days. `price` is the price of the miles between them when
    nothing is planned, 0 if they have different days. Start times are preferred `grid` + n × 30 minutes.
    """

    contractor: int
    before: int | None = None
    after: int | None = None
    price: int = 0
    grid: int = 0
    days: tuple[int, int] = (0, 0)


@dataclass(frozen=True, slots=True)
class Option:
    """A job that fits alone into a segment; pairs that do not fit have no option.

    `ranges` respect all bookings that stay, with drives, the lead time, the arrival window and the contractor's hours.
    `price_before` and `price_after` are the prices of the miles from the fixed site before and to the one after, 0
    where there is none. They are due for starts on the day of that booking.
    """

    job: int
    segment: int
    ranges: tuple[StartRange, ...]
    price_before: int = 0
    price_after: int = 0


@dataclass(frozen=True, slots=True)
class Problem:
    """Jobs, segments and options, with the travel between job sites.

    `legs[a][b]` is the travel from site a to site b, also for a = b. Sites without a leg cannot be in one route, so
    only pairs that share a segment need one. The price of a leg is due if both jobs start on the same day of the
    contractor. A start that must wait for a drive is rounded up to `step` minutes.
    `fairness` × n(n-1)/2 is the price of n newly planned jobs of one contractor. `max_changes` limits the changed
    bookings; None is no limit.
    """

    jobs: Sequence[PlanJob]
    segments: Sequence[Segment]
    options: Sequence[Option]
    legs: Sequence[Mapping[int, Leg]]
    fairness: int = 100
    max_changes: int | None = None
    step: int = 5

    def requiring(self, job: int) -> "Problem":
        """The same problem in which leaving out this job is worse than leaving out any others.

        The worth of a solution that plans the job contains `REQUIRED`.
        """
        jobs = list(self.jobs)
        jobs[job] = replace(jobs[job], worth=jobs[job].worth + REQUIRED)
        return replace(self, jobs=jobs)


class Placement(NamedTuple):
    """A planned job: its segment, its start, and the position of the range among the ranges of the option."""

    job: int
    segment: int
    start: int
    range: int


@dataclass(frozen=True, slots=True)
class Solution:
    """Placements ordered by job, their worth, and what is known about better ones.

    No solution is worth more than `bound`; None if it is not known. `limit` says which limit ended the work, empty if
    the solution is proven to be the best. `statistics` are counts of work for the log and the benchmark.
    """

    placements: tuple[Placement, ...]
    worth: int
    bound: int | None
    limit: str
    statistics: Mapping[str, int]

    @property
    def proven(self) -> bool:
        return self.bound == self.worth
