"""Replacements for bookings that cannot stay: another contractor at the same time, or another time.

Uses the search of the ranking and the availability engine, so that an offer fails only if something changed after it
was computed. Offers of different bookings fit together: see `choose`.
"""

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cache, partial
from uuid import UUID

from django.utils import timezone

from assignments.availability import Calendar, is_free, offered_slots
from assignments.calendars import load_calendars
from assignments.eligibility import unmet_rules
from assignments.local_time import day_at, day_of
from assignments.models import Assignment
from assignments.states import MOVABLE
from assignments.wanted_time import suggested_slot
from contractors.models import Contractor
from jobs.requirements import JobRequest
from recommendations.ranking import contractors_by_id
from recommendations.replacement_choice import choose
from recommendations.search.query import Order, RankingQuery, ScoredCandidate
from recommendations.search.threshold import Best, ThresholdSearch, run
from smartscheduler.core.db.transactions import snapshot
from smartscheduler.rules.values import Rules
from smartscheduler.timeslots import TimeSlot
from smartscheduler.travel.estimates import known_sites
from smartscheduler.travel.routes import Site

# Bookings of one call: each needs up to two searches.
MOST_BOOKINGS = 100
# Offers of one booking: other contractors at the same time, at other times, and starts of the booked contractor.
MOST_AT_THE_TIME, MOST_AT_OTHER_TIMES = 6, 4
# Bookings near the same time compete for contractors, so the search for each finds more of them than are offered.
MOST_RIVALS, NEAR = 40, timedelta(hours=2)
OWN_DAYS, OWN_STARTS = 2, 3
# Calendars that a search reads at most, best contractors first. Without a limit, a search for other times would read
# those of all contractors who are free at the booked time.
CALENDARS_AT_THE_TIME, CALENDARS_AT_OTHER_TIMES = 300, 60
# A move needs some days to choose from, even if the ranking considers one day only.
LEAST_HORIZON = 7


@dataclass(frozen=True, slots=True)
class Replacement:
    """A contractor and a time slot for a booking. `miles`: from the base to the site.

    `is_first`: no other contractor ranks higher for the booked time. The booked contractor is not ranked.
    """

    contractor: Contractor
    slot: TimeSlot
    miles: float
    keeps_time: bool
    keeps_contractor: bool
    is_first: bool = False

    @property
    def is_override(self) -> bool:
        """Whether it is a choice other than the first of the ranking."""
        return not (self.keeps_contractor or self.is_first)


@dataclass(frozen=True, slots=True)
class Offers:
    """Replacements of a booking in order of preference, and the one that fits together with those of other bookings.

    `chosen` is None only if there is no replacement that fits.
    """

    booking: Assignment
    replacements: list[Replacement]
    chosen: Replacement | None


# A sort key before that of every contractor.
BEFORE_ALL: Order = (-sys.maxsize, False, 0.0, 0, "", UUID(int=0))


class BestOf(Best):
    """The first `most` candidates that `accepts` takes, among the contractors with the first `calendars` calendars."""

    def __init__(self, most: int, calendars: int, accepts: Callable[[ScoredCandidate], bool]) -> None:
        super().__init__(most)
        self._calendars, self._accepts = calendars, accepts

    def add(self, candidate: ScoredCandidate) -> None:
        if self._accepts(candidate):
            super().add(candidate)

    @property
    def last(self) -> Order | None:
        return BEFORE_ALL if self.opened >= self._calendars else super().last


@dataclass(frozen=True)
class Visit:
    """A booking whose replacement is searched, with the site of its job and the first day that counts.

    With `outside_window`, the arrival window of the job does not limit the starts.
    """

    booking: Assignment
    site: Site
    first_day: date
    rivals: int
    now: datetime
    rules: Rules
    outside_window: bool = False

    @property
    def request(self) -> JobRequest:
        """The job as if the customer had asked for the booked time, on the first day that counts."""
        booked = replace(JobRequest.of(self.booking.job), desired_date=self.booking.slot.start)
        return (booked.despite_window() if self.outside_window else booked).wanted_on(self.first_day)

    @property
    def horizon(self) -> int:
        return max(self.rules.horizon_days, LEAST_HORIZON)

    @property
    def keeps_day(self) -> bool:
        """Whether the booked time itself can be offered: its day counts, and it has not begun."""
        booked_day = day_of(self.booking.slot.start, self.request.zone)
        return self.first_day <= booked_day and self.booking.slot.start > self.now

    def search(self, *, same_time: bool, company: int) -> tuple[ThresholdSearch, BestOf]:
        horizon = 0 if same_time else self.horizon
        # The days of an arrival window count wherever they lie, so the first day that counts is set as the present.
        now = max(self.now, day_at(self.first_day, self.request.zone).start) if self.request.arrival else self.now
        query = RankingQuery.of(self.request, self.rules, horizon, now, self.site)
        most = MOST_AT_THE_TIME + self.rivals if same_time else MOST_AT_OTHER_TIMES
        calendars = CALENDARS_AT_THE_TIME if same_time else CALENDARS_AT_OTHER_TIMES
        condition = BestOf(most, calendars, partial(self._accepts, same_time=same_time))
        return ThresholdSearch(query, condition, company=company), condition

    def _accepts(self, candidate: ScoredCandidate, *, same_time: bool) -> bool:
        if candidate.contender.id == self.booking.contractor_id:
            return False
        if not self.keeps_day:
            return True
        return same_time == is_free(candidate.calendar, self.booking.slot, self.site, self.rules)

    def of_candidate(
        self, candidate: ScoredCandidate, contractors: dict[UUID, Contractor], *, same_time: bool, is_first: bool
    ) -> Replacement:
        slot = self.booking.slot
        if not same_time:
            starts = candidate.free.starts
            request = self.request.wanted_on(day_of(starts[0], self.request.zone))
            slot = suggested_slot(request, starts, candidate.calendar, self.rules, site=self.site, now=self.now)
        contractor = contractors[candidate.contender.id]
        miles = candidate.contender.miles
        return Replacement(contractor, slot, miles, same_time, keeps_contractor=False, is_first=is_first)

    @property
    def window(self) -> TimeSlot:
        """Time in which other starts of the booked contractor are searched."""
        zone = self.request.zone
        last = self.first_day + timedelta(days=self.horizon)
        return TimeSlot(day_at(self.first_day, zone).start, day_at(last, zone).end)

    def own(self, calendar: Calendar, starts_a_day: int) -> Iterator[Replacement]:
        """Starts of the booked contractor on the first free days, those nearest to the booked time of day first."""
        contractor, request = self.booking.contractor, self.request
        miles = self.site.miles_from(contractor.point)
        if unmet_rules(contractor, request, miles=miles):
            return
        calendar, days = calendar.for_job(self.booking.job_id, request.allowed), 0
        for later in range(self.horizon + 1):
            of_day = request.wanted_on(self.first_day + timedelta(days=later))
            slots = self._nearest(calendar, of_day)[:starts_a_day]
            yield from (Replacement(contractor, slot, miles, False, keeps_contractor=True) for slot in slots)
            days += bool(slots)
            if days == OWN_DAYS:
                return

    def _nearest(self, calendar: Calendar, request: JobRequest) -> list[TimeSlot]:
        day = day_at(request.desired_day, request.zone)
        free = offered_slots(calendar, day, request.duration, self.rules, site=self.site, not_before=self.now)
        slots = [slot for slot in free if slot.start > self.now and slot.start != self.booking.slot.start]
        if not slots:
            return []
        starts = [slot.start for slot in slots]
        nearest = suggested_slot(request, starts, calendar, self.rules, site=self.site, now=self.now)
        others = sorted(slots, key=lambda slot: (abs(slot.start - nearest.start), slot.start))
        return [nearest, *(slot for slot in others if slot != nearest)]


def offer_replacements(
    bookings: Sequence[Assignment],
    rules: Rules,
    *,
    own: bool = True,
    after: date | None = None,
    outside_windows: bool = False,
) -> list[Offers]:
    """Replacements for at most MOST_BOOKINGS bookings; `job` and `contractor` are selected.

    Other contractors at the booked time come first, then other contractors at other times, then, with `own`, other
    times of the booked contractor. With `after`, only later days at the site count, and other times of the booked
    contractor come first. With `outside_windows`, starts outside promised arrival windows count too. The searches of
    all bookings share their queries.
    """
    now = timezone.now()
    movable = [booking for booking in bookings if booking.status in MOVABLE][:MOST_BOOKINGS]
    sites = known_sites([booking.job.point for booking in movable])
    visits = [
        Visit(booking, site, _first_day(booking, now, after), _rivals(booking, movable), now, rules, outside_windows)
        for booking, site in zip(movable, sites, strict=True)
    ]
    with snapshot():
        at_the_time, at_other_times = _others(visits)
        starts = {} if not own else _own(visits, rules, 1 if after is None else OWN_STARTS)
    offered = [
        [*starts.get(visit.booking.pk, []), *at_other_times[visit.booking.pk]]
        if after is not None
        else [
            *at_the_time[visit.booking.pk],
            *at_other_times[visit.booking.pk],
            *starts.get(visit.booking.pk, []),
        ]
        for visit in visits
    ]
    by_booking = {offers.booking.pk: offers for offers in _fitting(visits, offered, whole=after is not None)}
    return [by_booking.get(booking.pk, Offers(booking, [], None)) for booking in bookings]


def _rivals(booking: Assignment, bookings: Sequence[Assignment]) -> int:
    """Number of other bookings near the same time, at most MOST_RIVALS."""
    near = booking.slot.widened(NEAR)
    return min(sum(other.slot.overlaps(near) for other in bookings) - 1, MOST_RIVALS)


def _first_day(booking: Assignment, now: datetime, after: date | None) -> date:
    """First day at the site that counts: the booked one or today, or the day following `after`."""
    zone = booking.job.zone
    today = day_of(now, zone)
    return max(today, day_of(booking.slot.start, zone) if after is None else after + timedelta(days=1))


def _others(visits: Sequence[Visit]) -> tuple[dict[UUID, list[Replacement]], dict[UUID, list[Replacement]]]:
    """Other contractors for each booking: at the booked time, and at other times."""
    asked = [(visit, same) for visit in visits for same in (True, False) if visit.keeps_day or not same]
    searches = [(visit, same, *visit.search(same_time=same, company=len(asked))) for visit, same in asked]
    run([search for _, _, search, _ in searches])
    ids = {candidate.contender.id for *_, condition in searches for candidate in condition.candidates}
    contractors = contractors_by_id(ids) if ids else {}
    firsts: dict[UUID, ScoredCandidate] = {}
    for visit, _, _, condition in searches:
        for best in condition.candidates[:1]:
            firsts[visit.booking.pk] = min(firsts.get(visit.booking.pk, best), best)
    of_time: dict[bool, dict[UUID, list[Replacement]]] = {
        same: {visit.booking.pk: [] for visit in visits} for same in (True, False)
    }
    for visit, same, _, condition in searches:
        of_time[same][visit.booking.pk] = [
            visit.of_candidate(candidate, contractors, same_time=same, is_first=candidate is firsts[visit.booking.pk])
            for candidate in condition.candidates
        ]
    return of_time[True], of_time[False]


def _own(visits: Sequence[Visit], rules: Rules, starts_a_day: int) -> dict[UUID, list[Replacement]]:
    if not visits:
        return {}
    windows = [visit.window for visit in visits]
    window = TimeSlot(min(window.start for window in windows), max(window.end for window in windows))
    calendars = load_calendars({visit.booking.contractor_id for visit in visits}, window, rules)
    return {visit.booking.pk: list(visit.own(calendars[visit.booking.contractor_id], starts_a_day)) for visit in visits}


def _fitting(visits: Sequence[Visit], offered: list[list[Replacement]], *, whole: bool) -> Iterator[Offers]:
    """Offers of each booking without those that exclude what is chosen for another booking.

    Unless `whole`, replacements at the booked time are chosen first, and the others only for the remaining bookings.
    """

    excludes = _exclusion(visits)
    preferred = offered if whole else [[option for option in row if option.keeps_time] for row in offered]
    picks = choose(preferred, resource=lambda option: option.contractor.pk, excludes=excludes)
    chosen = [row[pick] if pick is not None else None for row, pick in zip(preferred, picks, strict=True)]
    taken: dict[UUID, list[tuple[int, Replacement]]] = {}
    for row, option in enumerate(chosen):
        if option:
            taken.setdefault(option.contractor.pk, []).append((row, option))

    def fits(row: int, option: Replacement) -> bool:
        others = taken.get(option.contractor.pk, [])
        return not any(other != row and excludes(row, option, other, theirs) for other, theirs in others)

    for row, options in enumerate(offered):
        if chosen[row] is None and (first := next((option for option in options if fits(row, option)), None)):
            chosen[row] = first
            taken.setdefault(first.contractor.pk, []).append((row, first))
    for row, (visit, options) in enumerate(zip(visits, offered, strict=True)):
        fitting = [option for option in options if fits(row, option)]
        surplus = [option for option in fitting if option.keeps_time][MOST_AT_THE_TIME:]
        shown = [option for option in fitting if option is chosen[row] or option not in surplus]
        yield Offers(visit.booking, shown, chosen[row])


def _exclusion(visits: Sequence[Visit]) -> Callable[[int, Replacement, int, Replacement], bool]:
    """Function of two rows with an option each: whether one contractor cannot make both visits."""

    @cache
    def pause(first: int, second: int) -> timedelta:
        """Time that one contractor needs between two visits: the drive, or the minimum gap if that is longer."""
        before, then = visits[first], visits[second]
        return max(then.site.drive_to_site(before.site.point, then.rules.pace), then.rules.minimum_gap)

    def excludes(row: int, option: Replacement, other_row: int, other: Replacement) -> bool:
        (start, end), (other_start, other_end) = option.slot, other.slot
        if other_start >= end:
            return other_start - end < pause(row, other_row)
        return start < other_end or start - other_end < pause(other_row, row)

    return excludes
