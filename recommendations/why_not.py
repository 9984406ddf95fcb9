"""The rank of one contractor for a job, or the requirements that fail; computed by the engine of the ranking."""

from dataclasses import dataclass, replace
from decimal import Decimal

from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from assignments.arrival_windows import nearest_window
from assignments.availability import Calendar, FirstFreeDay, Visit, days_from, first_free_day, offered_slots
from assignments.calendars import load_calendar
from assignments.eligibility import Reason, Rule, missing_skills, outside_radius, unmet_rules
from assignments.local_time import day_at
from assignments.scoring import hundredths
from contractors.models import Contractor
from jobs.requirements import JobRequest
from recommendations.counterfactuals import (
    first_free,
    free_if_window_were,
    gap_to_first,
    other_start,
    would_rank,
    would_rank_on_first_free_day,
)
from recommendations.explanations import Breakdown
from recommendations.llm.rewording import reworded
from recommendations.ranking import check_limits, ranked_candidate
from recommendations.search.query import RankingQuery, ScoredCandidate
from recommendations.search.rank import MOST_SUPPOSED, RankQuestion, find_ranks
from smartscheduler.core.db.transactions import snapshot
from smartscheduler.core.formatting import local_slot, short_day
from smartscheduler.rules.values import Rules
from smartscheduler.timeslots import TimeSlot
from smartscheduler.travel.routes import HasRoute, RouteEstimate, Site

# The first free day is searched up to this many days after the desired date, also beyond the horizon.
LOOK_AHEAD_DAYS = 60

# Why a contractor has no free slot: on the desired date, within a horizon of several days, and on the day of a window.
NO_SHIFT = (
    _("{contractor} has no shift long enough for the job on the desired date."),
    _("{contractor} has no shift long enough for the job from the desired date through {last_day}."),
    _("{contractor} has no shift long enough for the job on the day of the arrival window, {last_day}."),
)
NO_TIME_LEFT = (
    _("{contractor} has too little working time left for the job on the desired date."),
    _("{contractor} has too little working time left for the job from the desired date through {last_day}."),
    _("{contractor} has too little working time left for the job on the day of the arrival window, {last_day}."),
)
ABSENT = (
    _("{contractor} is absent on the desired date."),
    _("{contractor} is absent from the desired date through {last_day}."),
    _("{contractor} is absent on the day of the arrival window, {last_day}."),
)
FULLY_BOOKED = (
    _("{contractor} is fully booked on the desired date."),
    _("{contractor} is fully booked from the desired date through {last_day}."),
    _("{contractor} is fully booked on the day of the arrival window, {last_day}."),
)
DRIVE_TOO_LONG = (
    _("{contractor} has gaps on the desired date, but the drives do not fit."),
    _("{contractor} has gaps from the desired date through {last_day}, but the drives do not fit."),
    _("{contractor} has gaps on the day of the arrival window, {last_day}, but the drives do not fit."),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer(HasRoute):
    """A rank with score, breakdown and slots, or the requirements that failed; and what would change it.

    `preferred`: by the customer of the job. `rank` is also None for a candidate that ranks too low to be counted;
    `rank_at_least` is then the best rank that is possible.
    """

    eligible: bool
    reasons: list[Reason]
    suggestion: str
    route: RouteEstimate
    preferred: bool
    rank: int | None = None
    rank_at_least: int | None = None
    score: Decimal | None = None
    summary: str = ""
    breakdown: Breakdown | None = None
    slots: list[TimeSlot]
    suggested: TimeSlot | None = None


def why_not(request: JobRequest, contractor: Contractor, rules: Rules, *, horizon_days: int | None = None) -> Answer:
    """The rank of `contractor` for `request`, or all requirements that fail."""
    check_limits(1, horizon_days)
    with snapshot():
        return Question(RankingQuery.of(request, rules, horizon_days), contractor).answer()


class Question:
    """The question about one contractor."""

    def __init__(self, search: RankingQuery, contractor: Contractor) -> None:
        self.search, self.contractor = search, contractor
        self.route = search.site.route_from(contractor.point, search.rules.pace)
        self.miles = self.route.miles
        last = day_at(search.day(LOOK_AHEAD_DAYS), search.request.zone)
        span = TimeSlot(search.window.start, max(search.window.end, last.end))
        self.calendar = load_calendar(contractor, span, search.rules, request=search.request)

    def answer(self) -> Answer:
        reasons = unmet_rules(self.contractor, self.search.request, miles=self.miles)
        own = self._candidate(self.search)
        if own is None:
            reasons.append(self._closed())
        if reasons:
            return Answer(
                eligible=False,
                reasons=reasons,
                suggestion=self._advice(reasons, own),
                route=self.route,
                preferred=self.contractor.pk in self.search.request.preferred,
                slots=[],
            )
        assert own is not None, "without a reason the contractor is a candidate"  # noqa: S101
        return self._place(own)

    def _candidate(self, search: RankingQuery) -> ScoredCandidate | None:
        """The contractor as a candidate by the calendar alone; None without a free slot in the horizon."""
        contractor = self.contractor
        contender = search.contender(contractor.pk, contractor.name, hundredths(contractor.rating), self.miles, 0)
        return search.candidate(contender, self.calendar)

    def _place(self, own: ScoredCandidate) -> Answer:
        """The rank of a contractor who meets all requirements."""
        is_late = not self.search.request.arrival and own.free.days > self.search.first_open_offset
        later = self._on_first_free_day(own.free) if is_late else []
        rank, *then = find_ranks([RankQuestion(self.search, own, leader=True), *later])
        plain = ranked_candidate(self.search, own, rank.rank, self.contractor)
        ((entry,),) = reworded([(None, [plain])])
        sentences = [
            gap_to_first(self.search, own, rank),
            other_start(self.search, own),
            *map(would_rank_on_first_free_day, later, then),
        ]
        return Answer(
            eligible=True,
            reasons=[],
            suggestion=" ".join(filter(None, sentences)),
            route=self.route,
            preferred=entry.preferred,
            rank=rank.rank if rank.exact else None,
            rank_at_least=rank.rank,
            score=entry.score,
            summary=entry.summary,
            breakdown=entry.breakdown,
            slots=entry.slots,
            suggested=entry.suggested,
        )

    def _on_first_free_day(self, free: FirstFreeDay) -> list[RankQuestion]:
        """The question for the rank if the desired date were the first free day; empty if there is no slot then."""
        search = self.search.wanted_later(free.days)
        own = self._candidate(search)
        return [RankQuestion(search, own, MOST_SUPPOSED)] if own else []

    def _closed(self) -> Reason:
        """The reason why there is no slot in the horizon.

        Restrictions are added one by one, shifts, absences, bookings, drives, then the arrival window; the first one
        that leaves no slot is the reason.
        """
        search, calendar, site = self.search, replace(self.calendar, allowed=None), self.search.site
        shifts_alone = replace(calendar, absences=(), bookings=())
        if not self._opening(shifts_alone, site):
            # With the time before now included: then the shifts are long enough, but too little of them is left.
            with_past = replace(search.visit, not_before=search.window.start)
            return self._reason(Rule.NOT_WORKING, NO_TIME_LEFT if first_free_day(shifts_alone, with_past) else NO_SHIFT)
        if not self._opening(replace(calendar, bookings=()), site):
            return self._reason(Rule.ABSENT, ABSENT)
        if not self._opening(calendar, None):
            return self._reason(Rule.FULLY_BOOKED, FULLY_BOOKED)
        if search.request.arrival and self._opening(calendar, site):
            window = local_slot(search.request.arrival, search.request.zone)
            message = gettext("{contractor} is free that day, but not in the promised arrival window, {window}.")
            return Reason(Rule.OUTSIDE_WINDOW, message.format(contractor=self.contractor.name, window=window))
        return self._reason(Rule.DRIVE_TOO_LONG, DRIVE_TOO_LONG)

    def _reason(self, rule: Rule, messages: tuple[Promise, Promise, Promise]) -> Reason:
        on_date, in_horizon, in_window = messages
        days = self.search.horizon_days
        text = str(in_window if self.search.request.arrival else in_horizon if days else on_date)
        return Reason(rule, text.format(contractor=self.contractor.name, last_day=short_day(self.search.day(days))))

    def _opening(self, calendar: Calendar, site: Site | None, *, look_ahead: bool = False) -> FirstFreeDay | None:
        """The first day with a slot among the days that count, or with `look_ahead` also after them."""
        visit = self._look_ahead if look_ahead else self.search.visit
        return first_free_day(calendar, replace(visit, site=site))

    @property
    def _look_ahead(self) -> Visit:
        """The visit on any day from the first one that counts to LOOK_AHEAD_DAYS after the desired date."""
        search = self.search
        days = days_from(search.day(search.first_offset), LOOK_AHEAD_DAYS - search.first_offset, search.request.zone)
        return replace(search.visit, days=days)

    def _advice(self, reasons: list[Reason], own: ScoredCandidate | None) -> str:
        """What would fix each failed requirement, and the rank that the contractor would have then."""
        sentences = [remedy for reason in reasons if (remedy := self._remedy(reason.code))]
        if own:
            (rank,) = find_ranks([RankQuestion(self.search, own, MOST_SUPPOSED)])
            return " ".join([*sentences, would_rank(rank)])
        opening = self._opening(replace(self.calendar, allowed=None), self.search.site, look_ahead=True)
        if opening is None:
            no_slot = gettext("No free slot for this job in the next {days} days.").format(days=LOOK_AHEAD_DAYS)
            return " ".join([*sentences, no_slot])
        if self.search.request.arrival:
            return " ".join([*sentences, free_if_window_were(self.search, self._nearest_window(self.search.request))])
        sentences.append(first_free(self.search, self.contractor.name, opening))
        questions = self._on_first_free_day(opening)
        return " ".join([*sentences, *map(would_rank_on_first_free_day, questions, find_ranks(questions))])

    def _nearest_window(self, request: JobRequest) -> TimeSlot:
        """The nearest arrival window of the same length in which the contractor has a free start."""
        calendar, visit = replace(self.calendar, allowed=None), self._look_ahead
        span = TimeSlot(visit.days[0].start, visit.days[-1].end)
        slots = offered_slots(calendar, span, visit.duration, visit.rules, site=visit.site, not_before=visit.not_before)
        assert request.arrival, "asked for jobs with a window only"  # noqa: S101
        return nearest_window(request.arrival, [slot.start for slot in slots])

    def _remedy(self, rule: Rule) -> str:
        contractor, request = self.contractor, self.search.request
        match rule:
            case Rule.INACTIVE:
                return gettext("Activate {contractor} first.").format(contractor=contractor.name)
            case Rule.REFUSED_BY_CUSTOMER:
                return gettext("Would be eligible if the customer no longer refused {contractor}.").format(
                    contractor=contractor.name
                )
            case Rule.WRONG_TYPE:
                return gettext("The job needs a contractor of type {type} or multi.").format(type=request.type)
            case Rule.MISSING_SKILL:
                skills = missing_skills(contractor.skills, request)
                text = ngettext(
                    "Would be eligible with the skill {skills}.",
                    "Would be eligible with the skills {skills}.",
                    len(skills),
                )
                return text.format(skills=", ".join(skills))
            case Rule.OUT_OF_RADIUS:
                miles = f"{outside_radius(contractor, self.miles):.1f}"
                return gettext("Would be eligible with a service radius {miles} miles larger.").format(miles=miles)
            case _:
                return ""
