"""Template context of the Recommend page: the job, the ranked candidates, and the answer about one contractor."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from django.db.models import Case, IntegerField, Q, QuerySet, Value, When
from django.utils import timezone
from django.utils.translation import gettext

from assignments.eligibility import unmet_rules
from assignments.local_time import day_of
from assignments.models import Assignment
from assignments.wanted_time import apart_from_desired, differs_from_booking, differs_from_wanted
from contractors.models import SEARCH_TEXT, Contractor
from jobs.models import Job
from jobs.requirements import JobRequest
from recommendations.admin.same_slot import not_free_then
from recommendations.explanations import Breakdown, summary
from recommendations.near_misses import barriers, nearby_contractors, nearest_misses
from recommendations.ranking import MOST_RESULTS, rank_candidates
from recommendations.ranking_tokens import token_of
from recommendations.results import RankedCandidate
from recommendations.why_not import Answer, why_not
from smartscheduler.accounts.models import User
from smartscheduler.accounts.visibility import CONTACTS, can_see, visible_values
from smartscheduler.adminsite.html import bars, stars
from smartscheduler.core.db.text_search import folded
from smartscheduler.core.formatting import (
    hours_and_minutes,
    local_hours,
    local_slot,
    local_time,
    long_day,
    relative,
    short_day,
    zone_name,
)
from smartscheduler.core.geo.blur import places_are_blurred
from smartscheduler.rules.values import Rules
from smartscheduler.timeslots import TimeSlot
from smartscheduler.travel.config import NAMES
from smartscheduler.travel.estimates import known_site
from smartscheduler.travel.routes import ROAD, RouteEstimate

MOST_NAMES = 8
# Arrival windows to promise on each card.
SHOWN_WINDOWS = 3
OF_CUSTOMERS = ("address", "customer_name", "customer_phone", "special_requirements")


@dataclass(frozen=True)
class Offer:
    """One slot as a radio button: its value, its hours, and its date and hours in full.

    `preset` is selected at first; `note` names the differences from the desired date and from the booking, `apart` the
    first of them in a few words. `breaks_window`: outside the promised arrival window.
    """

    value: str
    hours: str
    full: str
    preset: bool = False
    note: str = ""
    apart: str = ""
    breaks_window: bool = False


def facts(job: Job, reader: User) -> list[tuple[str, str]]:
    """Labels and values of the job that `reader` may see."""
    visible = visible_values(job._meta.label_lower, {name: getattr(job, name) for name in OF_CUSTOMERS}, reader)
    address = f"{visible['address']}, " if visible["address"] else ""
    values = [
        (gettext("Type"), job.get_type_display()),
        (gettext("Desired date"), local_time(job.desired_date, job.zone)),
        (gettext("Arrival window"), local_slot(job.window, job.zone) if job.window else ""),
        (gettext("Duration"), hours_and_minutes(job.duration)),
        (gettext("Priority"), job.get_priority_display()),
        (gettext("Site"), f"{address}{job.city}, {job.state} {job.zip_code}"),
        (gettext("Required skills"), ", ".join(job.required_skills) or gettext("none")),
        (gettext("Customer"), " ".join(filter(None, [visible["customer_name"], visible["customer_phone"]]))),
        (gettext("Notes"), visible["special_requirements"]),
    ]
    return [(label, text) for label, text in values if text]


def ranking(
    job: Job,
    rules: Rules,
    *,
    horizon_days: int,
    max_results: int,
    day: date | None = None,
    booking: Assignment | None = None,
    with_present: bool = False,
    outside_window: bool = False,
) -> dict[str, Any]:
    """The candidates as cards, and how many were considered. With `day`, it replaces the desired date.

    With `booking`, its contractor is left out unless `with_present`, and contractors who are free at the time of the
    booking come first. With `outside_window`, starts outside the arrival window are offered too.
    """
    request = _asked(job, day, outside_window=outside_window)
    most = min(max_results + (1 if booking and not with_present else 0), MOST_RESULTS)
    windows = 0 if job.window else SHOWN_WINDOWS
    ranked = rank_candidates(request, rules, max_results=most, horizon_days=horizon_days, windows=windows)
    present = booking.contractor_id if booking else None
    shown = [entry for entry in ranked.entries if with_present or entry.contractor.pk != present]
    first = next((entry.rank for entry in ranked.entries if entry.contractor.pk != present), 1)
    cards = [
        {
            **card(entry, JobRequest.of(job), booking),
            "not_that_day": _not_that_day(job, request, entry.suggested),
            "is_override": entry.contractor.pk != present and entry.rank != first,
        }
        for entry in shown[:max_results]
    ]
    if booking:
        others = [shown for shown in cards if shown["contractor"].pk != present]
        offer_the_same_time(booking, others, rules, outside_window=outside_window)
        # A stable sort: contractors who are free at the booked time first, each group in the order of the ranking.
        cards.sort(key=lambda shown: not shown.get("same"))
    return {
        "cards": cards,
        "ranking_token": token_of(
            ranked, job, max_results=most, horizon_days=horizon_days, day=day, outside_window=outside_window
        ),
        "candidates": ranked.candidates_considered,
        "candidates_exact": ranked.candidates_exact,
        # The contractors who meet the requirements that need no calendar: without a result, all calendars were read.
        "considered": ranked.calendars_opened,
        "approximate": places_are_blurred(),
        "all_shown": len(ranked.entries) < most,
        "present_rank": next((entry.rank for entry in ranked.entries if entry.contractor.pk == present), None),
        "generated_at": local_time(ranked.generated_at, job.zone),
        **({} if cards else _near_misses(request, rules, horizon_days, ranked.calendars_opened)),
    }


def _asked(job: Job, day: date | None, *, outside_window: bool) -> JobRequest:
    """The requirements that the page ranks by."""
    request = JobRequest.of(job).wanted_on(day)
    return request.despite_window() if outside_window else request


def _near_misses(request: JobRequest, rules: Rules, horizon_days: int, considered: int) -> dict[str, Any]:
    """The nearest misses, and the requirements that other contractors nearby fail."""
    around = nearby_contractors(request)
    return {
        # The search does not read the calendars of contractors without a shift that is long enough.
        "suiting": max(considered, sum(1 for near in around if not near.reasons)),
        "misses": nearest_misses(request, rules, horizon_days=horizon_days, around=around),
        "around": len(around),
        "barriers": barriers(request, around),
    }


def offer_the_same_time(
    booking: Assignment, cards: Sequence[dict[str, Any]], rules: Rules, *, outside_window: bool = False
) -> None:
    """Offer the slot of `booking` on each card as the preset, or give the reason why it is not free."""
    contractors = [shown["contractor"] for shown in cards]
    reasons = not_free_then(booking, contractors, rules, outside_window=outside_window)
    for shown in cards:
        reason = reasons[shown["contractor"].pk]
        shown["same"], shown["same_reason"] = None, reason.message if reason else ""
        if not reason:
            request, contractor = JobRequest.of(booking.job), shown["contractor"]
            offers = Offers(request, booking, contractor)
            shown["summary"] = _summary(contractor, shown["route"], booking.slot, request)
            shown["not_that_day"] = ""
            shown["same"] = same = offers.of(booking.slot, preset=True)
            shown["offers"] = [replace(other, preset=False) for other in shown["offers"] if other.value != same.value]


class Offers:
    """Slots of one contractor as radio buttons, each with its differences from the request and the booking."""

    def __init__(self, request: JobRequest, booking: Assignment | None, contractor: Contractor) -> None:
        self.request, self.booking = request, booking
        self.is_other = booking is not None and booking.contractor_id != contractor.pk

    def of(self, slot: TimeSlot, *, preset: bool = False) -> Offer:
        zone = self.request.zone
        return Offer(
            value=slot.start.isoformat(),
            hours=local_hours(slot, zone),
            full=local_slot(slot, zone),
            preset=preset,
            note=self.note(slot),
            apart=apart_from_desired(slot, self.request),
            breaks_window=not self.request.allows(slot.start),
        )

    def note(self, slot: TimeSlot) -> str:
        """Sentences about what a booking in `slot` would change."""
        moved = differs_from_booking(slot, self.booking, other_contractor=self.is_other) if self.booking else ""
        return " ".join(filter(None, [moved, differs_from_wanted(slot, self.request)]))

    def choice(self, slots: Sequence[TimeSlot], suggested: TimeSlot | None) -> dict[str, Any]:
        """The slots of a day in order, with the suggested one preset. It may lie between the grid of start times."""
        if not slots:
            return {"offers": [], "day": ""}
        shown = sorted({*slots, *([suggested] if suggested else [])})
        first = shown[0].start.astimezone(self.request.zone)
        return {
            "offers": [self.of(slot, preset=slot == suggested) for slot in shown],
            "day": f"{long_day(first)} ({zone_name(first, self.request.zone)})",
        }


def card(entry: RankedCandidate, request: JobRequest, booking: Assignment | None = None) -> dict[str, Any]:
    return {
        "rank": entry.rank,
        "score": entry.score,
        "preferred": entry.preferred,
        **_contractor(entry.contractor),
        **_numbers(entry.breakdown, entry.route),
        "summary": _summary(entry.contractor, entry.route, entry.suggested, request),
        "windows": [_window(window, request) for window in entry.windows],
        **Offers(request, booking, entry.contractor).choice(entry.slots, entry.suggested),
    }


def _window(window: TimeSlot, request: JobRequest) -> dict[str, str]:
    bounds = {"start": window.start.isoformat(), "end": window.end.isoformat()}
    return {**bounds, "hours": local_hours(window, request.zone)}


def _contractor(contractor: Contractor) -> dict[str, Any]:
    return {
        "contractor": contractor,
        "stars": stars(contractor.rating, contractor.rating_count),
        "skills": ", ".join(contractor.skills),
    }


def _summary(contractor: Contractor, route: RouteEstimate, slot: TimeSlot, request: JobRequest) -> str:
    """The summary of a card. `request` is the job's own, also where the ranking is for another date."""
    return summary(request, slot, route.miles, contractor.rating, contractor.rating_count)


def _not_that_day(job: Job, asked: JobRequest, suggested: TimeSlot | None) -> str:
    """The warning of an urgent job's card: the contractor is not free on the day that was asked for."""
    if job.priority != Job.Priority.URGENT or suggested is None:
        return ""
    if day_of(suggested.start, asked.zone) == asked.desired_day:
        return ""
    is_desired = asked.desired_day == JobRequest.of(job).desired_day
    text = gettext("Not free on the desired day, {day}") if is_desired else gettext("Not free on {day}")
    return text.format(day=short_day(asked.desired_day))


def _numbers(breakdown: Breakdown | None, route: RouteEstimate) -> dict[str, Any]:
    drive = hours_and_minutes(timedelta(minutes=route.minutes))
    return {
        "route": route,
        "bars": bars(breakdown.as_json()) if breakdown else [],
        "explanation": breakdown.shown if breakdown else "",
        "by_model": bool(breakdown and breakdown.wording),
        "distance": gettext("{miles} miles, {duration} ({source})").format(
            miles=f"{route.miles:.1f}", duration=drive, source=source_of(route)
        ),
    }


def source_of(route: RouteEstimate) -> str:
    """The source and age of a distance."""
    if route.source != ROAD or route.fetched_at is None:
        return gettext("straight line, approximate") if places_are_blurred() else gettext("straight line")
    provider = NAMES.get(route.provider, route.provider)
    age = relative(route.fetched_at, timezone.now())
    return gettext("by road, {provider}, {age}").format(provider=provider, age=age)


def named(q: str, reader: User) -> QuerySet[Contractor]:
    """The contractors whose name contains `q`, or whose email address does if `reader` may see it.

    Names that start with `q` come first.
    """
    first = Case(When(folded_name__istartswith=q, then=Value(0)), default=Value(1), output_field=IntegerField())
    # The search text has a trigram index but also contains the city, so name and address are checked as well.
    texts = {"search_text": SEARCH_TEXT, "folded_name": folded("name"), "folded_email": folded("email")}
    matches = Contractor.objects.alias(**texts).alias(first=first).filter(search_text__icontains=q)
    in_name_or_email = Q(folded_name__icontains=q)
    if can_see(reader, CONTACTS):
        in_name_or_email |= Q(folded_email__icontains=q)
    return matches.filter(in_name_or_email).order_by("first", "name", "pk")


def suggestions(job: Job, q: str, reader: User) -> list[dict[str, Any]]:
    """The contractors that match `q`, each with the first requirement that fails, if any. One query."""
    request, site = JobRequest.of(job), known_site(job.point)
    matches = named(q, reader)[:MOST_NAMES] if q else []
    return [
        {
            "contractor": contractor,
            "hint": next(
                (
                    reason.message
                    for reason in unmet_rules(contractor, request, miles=site.miles_from(contractor.point))
                ),
                "",
            ),
        }
        for contractor in matches
    ]


def asked_about(
    job: Job,
    rules: Rules,
    *,
    q: str,
    reader: User,
    contractor: Any,
    horizon_days: int,
    day: date | None = None,
    booking: Assignment | None = None,
    outside_window: bool = False,
) -> dict[str, Any]:
    """The answer about the contractor that matches `q` or has the id `contractor`; a list if several match."""
    if contractor:
        matches = list(Contractor.objects.filter(pk=contractor))
    elif q:
        matches = list(named(q, reader)[: MOST_NAMES + 1])
    else:
        return {}
    if len(matches) != 1:
        return {"people": matches[:MOST_NAMES], "more": len(matches) > MOST_NAMES, "asked": True}
    (match,) = matches
    if booking and match.pk == booking.contractor_id:
        return {"asked": True, "has_it": booking}
    asked = _asked(job, day, outside_window=outside_window)
    answer = why_not(asked, match, rules, horizon_days=horizon_days)
    shown = answer_card(match, answer, JobRequest.of(job), booking)
    shown["not_that_day"] = _not_that_day(job, asked, answer.suggested)
    shown["is_override"] = answer.rank != 1
    if booking and shown["offers"]:
        offer_the_same_time(booking, [shown], rules, outside_window=outside_window)
    return {"asked": True, "answer": shown}


def answer_card(
    contractor: Contractor, answer: Answer, request: JobRequest, booking: Assignment | None = None
) -> dict[str, Any]:
    return {
        "rank": answer.rank,
        "score": answer.score,
        "preferred": answer.preferred,
        "reasons": answer.reasons,
        "suggestion": answer.suggestion,
        **_contractor(contractor),
        **_numbers(answer.breakdown, answer.route),
        "summary": _summary(contractor, answer.route, answer.suggested, request) if answer.suggested else "",
        **Offers(request, booking, contractor).choice(answer.slots, answer.suggested),
    }
