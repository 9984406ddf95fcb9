"""Why this one, or why not: the answer for one contractor, by the engine that ranks."""

from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal

from assignments.availability import Calendar, first_free_day
from assignments.calendars import load_calendar
from assignments.clock import day_at
from assignments.eligibility import Reason, Rule, missing_skills, outside_radius, unmet_rules
from assignments.scoring import PARTS, as_decimal, parts_of
from contractors.models import Contractor
from jobs.requests import JobRequest
from recommendations.explanations import Breakdown, ordinal
from recommendations.ranking import STRAIGHT_LINE, Entry, best_candidates, check_limits, entry, rank_of
from recommendations.search import Candidate, Contender, Search
from smartscheduler.places import Point, drive_minutes, great_circle_miles
from smartscheduler.timeslots import TimeSlot

# How far beyond the horizon the first free day is looked for.
LOOK_AHEAD_DAYS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Either a rank with score, breakdown and slots, or the rules that failed; and what would change it."""

    eligible: bool
    reasons: list[Reason]
    suggestion: str
    miles: float
    minutes: int
    rank: int | None = None
    score: Decimal | None = None
    breakdown: Breakdown | None = None
    slots: list[TimeSlot]
    source: str = STRAIGHT_LINE


def why_not(request: JobRequest, contractor: Contractor, *, horizon_days: int | None = None) -> Answer:
    """The place of `contractor` in the ranking for `request`, or every rule that keeps them out of it."""
    check_limits(1, horizon_days)
    search = Search.of(request, horizon_days)
    miles = great_circle_miles(contractor.point, request.point)
    far = day_at(search.first_day + timedelta(days=LOOK_AHEAD_DAYS), request.zone)
    span = TimeSlot(search.window.start, max(search.window.end, far.end))
    calendar = load_calendar(contractor, span, for_job=request.job_id)
    reasons = unmet_rules(contractor, request, miles=miles)
    if closed := _closed(search, calendar, contractor.name):
        reasons.append(closed)
    if reasons:
        advice = " ".join(_advice(search, contractor, calendar, reason.code, miles) for reason in reasons)
        return Answer(
            eligible=False, reasons=reasons, suggestion=advice, miles=miles, minutes=drive_minutes(miles), slots=[]
        )
    return _place(search, contractor, calendar, miles)


def _closed(search: Search, calendar: Calendar, name: str) -> Reason | None:
    """The first rule that leaves no slot in the horizon (hours, absences, bookings, drives); None when one is left."""
    site = search.request.point
    if _opens(search, calendar, site):
        return None
    span = "on the desired day" if search.horizon_days == 0 else f"within {search.horizon_days} days"
    shifts_alone = replace(calendar, absences=(), bookings=())
    if not _opens(search, shifts_alone, site):
        gone = _opens(replace(search, now=search.window.start), shifts_alone, site)
        lack = "too little working time left" if gone else "no shift long enough"
        return Reason(Rule.NOT_WORKING, f"{name} has {lack} for the job {span}.")
    if not _opens(search, replace(calendar, bookings=()), site):
        return Reason(Rule.ABSENT, f"{name} is absent {span}.")
    if not _opens(search, calendar, None):
        return Reason(Rule.FULLY_BOOKED, f"{name} is fully booked {span}.")
    return Reason(Rule.DRIVE_TOO_LONG, f"{name} has gaps {span}, but the drives to and from this site fill them.")


def _opens(search: Search, calendar: Calendar, site: Point | None, *, days: int | None = None) -> int | None:
    """How many days after the desired one the first slot is, plus one; None when there is none."""
    found = first_free_day(
        calendar,
        day=search.first_day,
        horizon_days=search.horizon_days if days is None else days,
        site_zone=search.request.zone,
        duration=search.request.duration,
        site=site,
        not_before=search.now,
    )
    return found.days + 1 if found else None


def _advice(search: Search, contractor: Contractor, calendar: Calendar, rule: Rule, miles: float) -> str:
    """What would make the failed rule pass."""
    match rule:
        case Rule.INACTIVE:
            return f"Activate {contractor.name} first."
        case Rule.WRONG_TYPE:
            return f"Needs a contractor of type {search.request.type} or multi."
        case Rule.MISSING_SKILL:
            return f"Would pass with: {', '.join(missing_skills(contractor.skills, search.request))}."
        case Rule.OUT_OF_RADIUS:
            return f"Would pass with a service radius {outside_radius(contractor, miles):.1f} miles larger."
        case _:
            return _next_opening(search, contractor, calendar)


def _next_opening(search: Search, contractor: Contractor, calendar: Calendar) -> str:
    opening = _opens(search, calendar, search.request.point, days=LOOK_AHEAD_DAYS)
    if opening is None:
        return f"{contractor.name} has no slot for this job in the next {LOOK_AHEAD_DAYS} days."
    day = search.first_day + timedelta(days=opening - 1)
    return f"{contractor.name} is free from {day:%A} {day.day} {day:%B}."


def _place(search: Search, contractor: Contractor, calendar: Calendar, miles: float) -> Answer:
    """The rank of someone who passes every rule."""
    contenders = search.contenders()
    own = search.candidate(Contender(contractor.pk, contractor.name, contractor.rating, miles, 0), calendar)
    assert own is not None, "someone with a slot in the horizon is a candidate"  # noqa: S101
    found = entry(search, own, rank_of(search, contenders, own), contractor)
    return Answer(
        eligible=True,
        reasons=[],
        suggestion=_behind(search, contenders, own, found),
        miles=miles,
        minutes=found.minutes,
        rank=found.rank,
        score=found.score,
        breakdown=found.breakdown,
        slots=found.slots,
    )


def _behind(search: Search, contenders: list[Contender], own: Candidate, found: Entry) -> str:
    """What separates the contractor from the first place, part by part."""
    if found.rank == 1:
        return f"{own.contender.name} is the first choice."
    leader = best_candidates(search, contenders, 1)[0]
    name = leader.contender.name
    gaps = [
        (weight * (theirs - ours), part)
        for weight, theirs, ours, part in zip(
            search.weights, parts_of(leader.score), parts_of(own.score), PARTS, strict=True
        )
        if theirs > ours
    ]
    if not gaps:
        return f"Ranked {ordinal(found.rank)}; the order among equal scores is by distance, rating and name."
    most = max(gaps)[1]
    difference = as_decimal(leader.score.total - own.score.total)
    return f"Ranked {ordinal(found.rank)}, {difference} behind {name}, most of it for {most}."
