"""What the Recommend page of a job shows: the job, the ranked candidates, and the answer to "why not this one?"."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from django.db.models import Case, IntegerField, Q, QuerySet, Value, When
from django.utils.duration import duration_string

from assignments.eligibility import unmet_rules
from assignments.models import Assignment
from assignments.wanted_time import differs_from_booking, differs_from_wanted
from contractors.models import SEARCH_TEXT, Contractor
from jobs.models import Job
from jobs.requirements import JobRequest
from recommendations.admin.same_slot import not_free_then
from recommendations.explanations import Breakdown
from recommendations.job_routes import age
from recommendations.near_misses import barriers, nearby_contractors, nearest_misses
from recommendations.ranking import MOST_RESULTS, rank_candidates
from recommendations.results import RankedCandidate
from recommendations.why_not import Answer, why_not
from smartscheduler.accounts.models import User
from smartscheduler.accounts.visibility import CONTACTS, can_see, visible_values
from smartscheduler.adminsite.html import bars, stars
from smartscheduler.core.formatting import local_slot, local_time
from smartscheduler.core.geo.blur import places_are_blurred
from smartscheduler.rules.values import Rules
from smartscheduler.timeslots import TimeSlot
from smartscheduler.travel.config import NAMES
from smartscheduler.travel.estimates import known_site
from smartscheduler.travel.routes import ROAD, RouteEstimate

MOST_NAMES = 8
OF_CUSTOMERS = ("address", "customer_name", "customer_phone", "special_requirements")


@dataclass(frozen=True)
class Offer:
    """One slot as a radio button: its value, its hours, and both in full.

    `preset` is chosen first; `note` names what is different from what was wanted or is booked.
    """

    value: str
    hours: str
    full: str
    preset: bool = False
    note: str = ""


def facts(job: Job, reader: User) -> list[tuple[str, str]]:
    """The job in words, each with its heading, as far as `reader` may see it."""
    seen = visible_values(job._meta.label_lower, {name: getattr(job, name) for name in OF_CUSTOMERS}, reader)
    address = f"{seen['address']}, " if seen["address"] else ""
    found = [
        ("Type", job.get_type_display()),
        ("Wanted", local_time(job.desired_date, job.zone)),
        ("Duration", duration_string(job.duration)),
        ("Priority", job.get_priority_display()),
        ("Site", f"{address}{job.city}, {job.state} {job.zip_code}"),
        ("Skills", ", ".join(job.required_skills) or "none required"),
        ("Customer", " ".join(filter(None, [seen["customer_name"], seen["customer_phone"]]))),
        ("Notes", seen["special_requirements"]),
    ]
    return [(heading, text) for heading, text in found if text]


def ranking(
    job: Job,
    rules: Rules,
    *,
    horizon_days: int,
    max_results: int,
    day: date | None = None,
    booking: Assignment | None = None,
    with_present: bool = False,
) -> dict[str, Any]:
    """The candidates by `rules` as cards, and how many were considered; for `day` as if the job were wanted then.

    The contractor of `booking` is left out unless `with_present`, and the others are offered its time where they are
    free then: those who are come first.
    """
    request = JobRequest.of(job).wanted_on(day)
    wanted = max_results + (1 if booking and not with_present else 0)
    found = rank_candidates(request, rules, max_results=min(wanted, MOST_RESULTS), horizon_days=horizon_days)
    present = booking.contractor_id if booking else None
    shown = [one for one in found.entries if with_present or one.contractor.pk != present]
    cards = [card(entry, JobRequest.of(job), booking) for entry in shown[:max_results]]
    if booking:
        offer_the_same_time(booking, [one for one in cards if one["contractor"].pk != present], rules)
        # Who keeps the customer's time comes first; among these, and among the others, the best.
        cards.sort(key=lambda one: not one.get("same"))
    return {
        "cards": cards,
        "candidates": found.candidates_considered,
        "candidates_exact": found.candidates_exact,
        # Who pass the rules that need no calendar: where nobody is free, all of them were looked into.
        "considered": found.calendars_opened,
        "approximate": places_are_blurred(),
        "all_shown": len(found.entries) < wanted,
        "present_rank": next((one.rank for one in found.entries if one.contractor.pk == present), None),
        "generated_at": local_time(found.generated_at, job.zone),
        **({} if cards else _nobody(request, rules, horizon_days, found.calendars_opened)),
    }


def _nobody(request: JobRequest, rules: Rules, horizon_days: int, considered: int) -> dict[str, Any]:
    """Who comes closest, and what keeps away the others around."""
    around = nearby_contractors(request)
    return {
        # Whoever has no shift that is long enough is not looked into at all.
        "suiting": max(considered, sum(1 for one in around if not one.reasons)),
        "misses": nearest_misses(request, rules, horizon_days=horizon_days, around=around),
        "around": len(around),
        "barriers": barriers(request, around),
    }


def offer_the_same_time(booking: Assignment, cards: Sequence[dict[str, Any]], rules: Rules) -> None:
    """Put the slot of `booking` first among what each card offers, and preset it; or say why it is not free."""
    reasons = not_free_then(booking, [one["contractor"] for one in cards], rules)
    for one in cards:
        reason = reasons[one["contractor"].pk]
        one["same"], one["same_reason"] = None, reason.message if reason else ""
        if not reason:
            offer = Offers(JobRequest.of(booking.job), booking, one["contractor"])
            one["same"] = same = offer.of(booking.slot, preset=True)
            others = [replace(other, preset=False) for other in one["offers"] if other.value != same.value]
            one["offers"] = others


class Offers:
    """Slots of one contractor as radio buttons, each with how it differs from what the customer wanted (`request`)."""

    def __init__(self, request: JobRequest, booking: Assignment | None, contractor: Contractor) -> None:
        self.request, self.booking = request, booking
        self.is_other = booking is not None and booking.contractor_id != contractor.pk

    def of(self, slot: TimeSlot, *, preset: bool = False) -> Offer:
        zone = self.request.zone
        start, end = slot.start.astimezone(zone), slot.end.astimezone(zone)
        hours = f"{start:%H:%M}–{end:%H:%M}"
        return Offer(slot.start.isoformat(), hours, local_slot(slot, zone), preset, self.note(slot))

    def note(self, slot: TimeSlot) -> str:
        """What a booking in `slot` would change, as sentences."""
        moved = differs_from_booking(slot, self.booking, other_contractor=self.is_other) if self.booking else ""
        return " ".join(filter(None, [moved, differs_from_wanted(slot, self.request)]))

    def choice(self, slots: Sequence[TimeSlot], suggested: TimeSlot | None) -> dict[str, Any]:
        """The slots of a day in order, with the suggested one preset; it may lie between those of the grid."""
        if not slots:
            return {"offers": [], "day": ""}
        shown = sorted({*slots, *([suggested] if suggested else [])})
        first = shown[0].start.astimezone(self.request.zone)
        return {
            "offers": [self.of(slot, preset=slot == suggested) for slot in shown],
            "day": f"{first:%A} {first.day} {first:%B} ({first:%Z})",
        }


def card(entry: RankedCandidate, request: JobRequest, booking: Assignment | None = None) -> dict[str, Any]:
    return {
        "rank": entry.rank,
        "score": entry.score,
        **_person(entry.contractor),
        **_numbers(entry.breakdown, entry.route),
        **Offers(request, booking, entry.contractor).choice(entry.slots, entry.suggested),
    }


def _person(contractor: Contractor) -> dict[str, Any]:
    return {
        "contractor": contractor,
        "stars": stars(contractor.rating, contractor.rating_count),
        "skills": ", ".join(contractor.skills),
    }


def _numbers(breakdown: Breakdown | None, route: RouteEstimate) -> dict[str, Any]:
    return {
        "bars": bars(breakdown.as_json()) if breakdown else [],
        "explanation": breakdown.shown if breakdown else "",
        "by_model": bool(breakdown and breakdown.wording),
        "distance": f"{route.miles:.1f} miles, {route.minutes} min ({source_of(route)})",
    }


def source_of(route: RouteEstimate) -> str:
    """Where a distance comes from, and how old it is."""
    if route.source != ROAD or route.fetched_at is None:
        return "straight line, approximate" if places_are_blurred() else "straight line"
    return f"by road, {NAMES.get(route.provider, route.provider)}, {age(route.fetched_at)}"


def named(q: str, reader: User) -> QuerySet[Contractor]:
    """The contractors whose name or e-mail address has `q` in it; names that begin with it come first.

    By the address only for a `reader` who may see it.
    """
    first = Case(When(name__istartswith=q, then=Value(0)), default=Value(1), output_field=IntegerField())
    # The words have an index; that it is the name or the address, and not the city, is looked at afterwards.
    people = Contractor.objects.alias(search_text=SEARCH_TEXT, first=first).filter(search_text__icontains=q)
    wanted = Q(name__icontains=q)
    if can_see(reader, CONTACTS):
        wanted |= Q(email__icontains=q)
    return people.filter(wanted).order_by("first", "name", "pk")


def suggestions(job: Job, q: str, reader: User) -> list[dict[str, Any]]:
    """Whom somebody who types `q` may mean, each with the first rule that keeps them away, if any. One query."""
    request, site = JobRequest.of(job), known_site(job.point)
    return [
        {
            "contractor": one,
            "hint": next(
                (reason.message for reason in unmet_rules(one, request, miles=site.miles_from(one.point))), ""
            ),
        }
        for one in (named(q, reader)[:MOST_NAMES] if q else [])
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
) -> dict[str, Any]:
    """The contractors whose name or e-mail has `q`; when it is one alone, or `contractor` is given, why (not)."""
    if contractor:
        people = list(Contractor.objects.filter(pk=contractor))
    elif q:
        people = list(named(q, reader)[: MOST_NAMES + 1])
    else:
        return {}
    if len(people) != 1:
        return {"people": people[:MOST_NAMES], "more": len(people) > MOST_NAMES, "asked": True}
    (person,) = people
    if booking and person.pk == booking.contractor_id:
        return {"asked": True, "has_it": booking}
    request = JobRequest.of(job)
    answer = why_not(request.wanted_on(day), person, rules, horizon_days=horizon_days)
    shown = answer_card(person, answer, request, booking)
    if booking and shown["offers"]:
        offer_the_same_time(booking, [shown], rules)
    return {"asked": True, "answer": shown}


def answer_card(
    contractor: Contractor, answer: Answer, request: JobRequest, booking: Assignment | None = None
) -> dict[str, Any]:
    return {
        "rank": answer.rank,
        "score": answer.score,
        "reasons": answer.reasons,
        "suggestion": answer.suggestion,
        **_person(contractor),
        **_numbers(answer.breakdown, answer.route),
        **Offers(request, booking, contractor).choice(answer.slots, answer.suggested),
    }
