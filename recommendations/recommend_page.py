"""What the Recommend page of a job shows: the job, the ranked candidates, and the answer to "why not this one?"."""

from dataclasses import dataclass
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Q
from django.utils.duration import duration_string

from contractors.models import Contractor
from jobs.models import Job
from jobs.requests import JobRequest
from recommendations.explanations import Breakdown
from recommendations.misses import nearest_misses
from recommendations.ranking import STRAIGHT_LINE, Entry, rank_candidates
from recommendations.why_not import Answer, why_not
from smartscheduler.backoffice.display import bars, local_time, stars
from smartscheduler.timeslots import TimeSlot

MOST_NAMES = 8
SOURCES = {STRAIGHT_LINE: "straight line", "road": "by road"}


@dataclass(frozen=True)
class Offer:
    """One slot as a radio button: its value, its hours, and both in full."""

    value: str
    hours: str
    full: str


def facts(job: Job) -> list[tuple[str, str]]:
    """The job in words, each with its heading."""
    found = [
        ("Type", job.get_type_display()),
        ("Wanted", local_time(job.desired_date, job.zone)),
        ("Duration", duration_string(job.duration)),
        ("Priority", job.get_priority_display()),
        ("Site", f"{job.address}, {job.city}, {job.state} {job.zip_code}"),
        ("Skills", ", ".join(job.required_skills) or "none required"),
        ("Customer", " ".join(filter(None, [job.customer_name, job.customer_phone]))),
        ("Notes", job.special_requirements),
    ]
    return [(heading, text) for heading, text in found if text]


def ranking(job: Job, *, horizon_days: int, max_results: int, day: date | None = None) -> dict[str, Any]:
    """The candidates as cards, and how many were considered; for `day` as if the job were wanted then."""
    request = JobRequest.of(job).wanted_on(day)
    found = rank_candidates(request, max_results=max_results, horizon_days=horizon_days)
    return {
        "cards": [card(entry, job.zone) for entry in found.entries],
        "considered": found.candidates_considered,
        "generated_at": local_time(found.generated_at, job.zone),
        "misses": [] if found.entries else nearest_misses(request, horizon_days=horizon_days),
    }


def card(entry: Entry, zone: ZoneInfo) -> dict[str, Any]:
    return {
        "rank": entry.rank,
        "score": entry.score,
        **_person(entry.contractor),
        **_numbers(entry.breakdown, entry.miles, entry.minutes, entry.source),
        **_offers(entry.slots, zone),
    }


def _person(contractor: Contractor) -> dict[str, Any]:
    return {
        "contractor": contractor,
        "stars": stars(contractor.rating, contractor.rating_count),
        "skills": ", ".join(contractor.skills),
    }


def _numbers(breakdown: Breakdown | None, miles: float, minutes: int, source: str) -> dict[str, Any]:
    return {
        "bars": bars(breakdown.as_json()) if breakdown else [],
        "explanation": breakdown.explanation if breakdown else "",
        "distance": f"{miles:.1f} miles, {minutes} min ({SOURCES.get(source, source)})",
    }


def _offers(slots: list[TimeSlot], zone: ZoneInfo) -> dict[str, Any]:
    if not slots:
        return {"offers": [], "day": ""}
    first = slots[0].start.astimezone(zone)
    return {"offers": [_offer(slot, zone) for slot in slots], "day": f"{first:%A} {first.day} {first:%B} ({first:%Z})"}


def _offer(slot: TimeSlot, zone: ZoneInfo) -> Offer:
    start, end = slot.start.astimezone(zone), slot.end.astimezone(zone)
    return Offer(slot.start.isoformat(), f"{start:%H:%M}–{end:%H:%M}", local_time(slot.start, zone))


def asked_about(job: Job, *, q: str, contractor: Any, horizon_days: int, day: date | None = None) -> dict[str, Any]:
    """The contractors whose name or e-mail has `q`; when it is one alone, or `contractor` is given, why (not)."""
    if contractor:
        people = list(Contractor.objects.filter(pk=contractor))
    elif q:
        named = Contractor.objects.filter(Q(name__icontains=q) | Q(email__iexact=q))
        people = list(named[: MOST_NAMES + 1])
    else:
        return {}
    if len(people) != 1:
        return {"people": people[:MOST_NAMES], "more": len(people) > MOST_NAMES, "asked": True}
    answer = why_not(JobRequest.of(job).wanted_on(day), people[0], horizon_days=horizon_days)
    return {"asked": True, "answer": answer_card(people[0], answer, job.zone)}


def answer_card(contractor: Contractor, answer: Answer, zone: ZoneInfo) -> dict[str, Any]:
    return {
        "rank": answer.rank,
        "score": answer.score,
        "reasons": answer.reasons,
        "suggestion": answer.suggestion,
        **_person(contractor),
        **_numbers(answer.breakdown, answer.miles, answer.minutes, answer.source),
        **_offers(answer.slots, zone),
    }
