"""Why this one, or why not: the answer for one contractor, by the engine that ranks."""

from dataclasses import dataclass, replace
from decimal import Decimal

from assignments.availability import Calendar, FirstFreeDay, days_from, first_free_day
from assignments.calendars import load_calendar
from assignments.eligibility import Reason, Rule, missing_skills, outside_radius, unmet_rules
from assignments.local_time import day_at
from assignments.scoring import hundredths
from contractors.models import Contractor
from jobs.requirements import JobRequest
from recommendations.counterfactuals import ahead_by, if_wanted_then, moment, on_day
from recommendations.explanations import Breakdown
from recommendations.llm.rewording import reworded
from recommendations.ranking import check_limits, ranked_candidate
from recommendations.search.query import RankingQuery, ScoredCandidate
from recommendations.search.rank import MOST_SUPPOSED, RankQuestion, find_ranks
from smartscheduler.core.db.transactions import snapshot
from smartscheduler.rules.values import Rules
from smartscheduler.timeslots import TimeSlot
from smartscheduler.travel.routes import HasRoute, RouteEstimate, Site

# How far beyond the horizon the first free day is looked for.
LOOK_AHEAD_DAYS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer(HasRoute):
    """Either a rank with score, breakdown and slots, or the rules that failed; and what would change it.

    `rank` is None as well when the contractor is a candidate too far down to be counted; `rank_at_least` says how far.
    """

    eligible: bool
    reasons: list[Reason]
    suggestion: str
    route: RouteEstimate
    rank: int | None = None
    rank_at_least: int | None = None
    score: Decimal | None = None
    breakdown: Breakdown | None = None
    slots: list[TimeSlot]
    suggested: TimeSlot | None = None


def why_not(request: JobRequest, contractor: Contractor, rules: Rules, *, horizon_days: int | None = None) -> Answer:
    """The place of `contractor` in the ranking for `request`, or every rule that keeps them out of it."""
    check_limits(1, horizon_days)
    with snapshot():
        return Question(RankingQuery.of(request, rules, horizon_days), contractor).answer()


class Question:
    """One contractor asked about."""

    def __init__(self, search: RankingQuery, contractor: Contractor) -> None:
        self.search, self.contractor = search, contractor
        self.route = search.site.route_from(contractor.point, search.rules.pace)
        self.miles = self.route.miles
        far = day_at(search.day(LOOK_AHEAD_DAYS), search.request.zone)
        span = TimeSlot(search.window.start, max(search.window.end, far.end))
        self.calendar = load_calendar(contractor, span, search.rules, for_job=search.request.job_id)

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
                slots=[],
            )
        assert own is not None, "whoever fails no rule is a candidate"  # noqa: S101
        return self._place(own)

    def _candidate(self, search: RankingQuery) -> ScoredCandidate | None:
        """The contractor as a candidate, if no rule but those of the calendar counted."""
        person = self.contractor
        contender = search.contender(person.pk, person.name, hundredths(person.rating), self.miles, 0)
        return search.candidate(contender, self.calendar)

    def _place(self, own: ScoredCandidate) -> Answer:
        """The rank of someone who passes every rule."""
        wanted_later = self._wanted_on(own.free) if own.free.days > self.search.days_gone else []
        place, *then = find_ranks([RankQuestion(self.search, own, leader=True), *wanted_later])
        plain = ranked_candidate(self.search, own, place.rank, self.contractor)
        ((found,),) = reworded([(None, [plain])])
        said = [ahead_by(self.search, own, place), moment(self.search, own), *map(if_wanted_then, wanted_later, then)]
        return Answer(
            eligible=True,
            reasons=[],
            suggestion=" ".join(filter(None, said)),
            route=self.route,
            rank=place.rank if place.exact else None,
            rank_at_least=place.rank,
            score=found.score,
            breakdown=found.breakdown,
            slots=found.slots,
            suggested=found.suggested,
        )

    def _wanted_on(self, free: FirstFreeDay) -> list[RankQuestion]:
        """The place that the contractor would have, were the job wanted on that first free day."""
        search = self.search.wanted_later(free.days)
        own = self._candidate(search)
        return [RankQuestion(search, own, MOST_SUPPOSED)] if own else []

    def _closed(self) -> Reason:
        """The first rule that leaves no slot in the horizon: hours, absences, bookings, then drives."""
        search, calendar, name = self.search, self.calendar, self.contractor.name
        site, days = search.site, search.horizon_days
        span = "on the desired day" if days == 0 else f"within {days} days"
        shifts_alone = replace(calendar, absences=(), bookings=())
        if not self._opening(shifts_alone, site, days):
            past = replace(search.visit, not_before=search.window.start)
            lack = "too little working time left" if first_free_day(shifts_alone, past) else "no shift long enough"
            return Reason(Rule.NOT_WORKING, f"{name} has {lack} for the job {span}.")
        if not self._opening(replace(calendar, bookings=()), site, days):
            return Reason(Rule.ABSENT, f"{name} is absent {span}.")
        if not self._opening(calendar, None, days):
            return Reason(Rule.FULLY_BOOKED, f"{name} is fully booked {span}.")
        return Reason(Rule.DRIVE_TOO_LONG, f"{name} has gaps {span}, but the drives to and from this site fill them.")

    def _opening(self, calendar: Calendar, site: Site | None, days: int) -> FirstFreeDay | None:
        """The first day with a slot among the desired one and the `days` after it."""
        wanted = days_from(self.search.first_day, days, self.search.request.zone)
        return first_free_day(calendar, replace(self.search.visit, site=site, days=wanted))

    def _advice(self, reasons: list[Reason], own: ScoredCandidate | None) -> str:
        """What would make each failed rule pass, and what rank that would bring."""
        said = [advice for reason in reasons if (advice := self._remedy(reason.code))]
        if own:
            (then,) = find_ranks([RankQuestion(self.search, own, MOST_SUPPOSED)])
            return " ".join([*said, f"Then ranked {then}."])
        opening = self._opening(self.calendar, self.search.site, LOOK_AHEAD_DAYS)
        if opening is None:
            return " ".join([*said, f"No slot for this job in the next {LOOK_AHEAD_DAYS} days."])
        said.append(f"{self.contractor.name} is free from {on_day(self.search, opening)}.")
        places = self._wanted_on(opening)
        return " ".join([*said, *map(if_wanted_then, places, find_ranks(places))])

    def _remedy(self, rule: Rule) -> str:
        contractor, request = self.contractor, self.search.request
        match rule:
            case Rule.INACTIVE:
                return f"Activate {contractor.name} first."
            case Rule.WRONG_TYPE:
                return f"Needs a contractor of type {request.type} or multi."
            case Rule.MISSING_SKILL:
                return f"Would pass with: {', '.join(missing_skills(contractor.skills, request))}."
            case Rule.OUT_OF_RADIUS:
                return f"Would pass with a service radius {outside_radius(contractor, self.miles):.1f} miles larger."
            case _:
                return ""
