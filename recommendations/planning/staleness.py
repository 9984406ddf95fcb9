"""Items of a plan that no longer hold: why, who was faster, and what could be booked instead.

`explain_refusal` explains the refusal of a bundle by a service. `watch` finds such items before anyone accepts them, by
the same engine, without locks and without writing.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext

from assignments.availability import Booking, Calendar
from assignments.booking_checks import booking_obstacles, nearest_slots
from assignments.calendars import load_calendars
from assignments.conflict_details import latest_sentence
from assignments.eligibility import DECIDED_BY_PLACES, Reason, Rule, unmet_rules
from assignments.local_time import day_of
from assignments.models import Assignment
from jobs.models import Job
from jobs.requirements import JobRequest
from recommendations.planning.models import Plan, PlanItem
from recommendations.planning.states import ItemState
from recommendations.ranking import rank_plainly
from smartscheduler.accounts.models import User
from smartscheduler.core.geo.blur import places_are_blurred
from smartscheduler.core.json_values import as_json
from smartscheduler.errors import (
    BookingChanged,
    ContractorUnsuitable,
    DomainError,
    JobNotOpen,
    OutsideWindow,
    SlotUnavailable,
)
from smartscheduler.rules.current import current_rules
from smartscheduler.rules.values import Rules
from smartscheduler.timeslots import TimeSlot
from smartscheduler.travel.estimates import known_site, known_sites
from smartscheduler.travel.routes import Site

# Stale items for which `watch` also asks the event log who was faster; the others have the reason alone.
MOST_EXPLAINED = 20
# Candidates that are asked for when the contractor of an item has no time left.
NEXT_CANDIDATES = 2


@dataclass(frozen=True)
class Stale:
    """Item that cannot be booked: the code and the sentence of the refusal, and what could be booked instead."""

    item_id: int
    code: str
    reason: str
    suggestion: dict[str, Any] | None = None

    def as_json(self) -> dict[str, Any]:
        return {"item": self.item_id, "code": self.code, "reason": self.reason, "suggestion": self.suggestion}


def explain_refusal(plan: Plan, bundle: Sequence[PlanItem], refusal: DomainError, actor: User | None) -> list[Stale]:
    """Why each item of a refused bundle is stale: the refused item itself, and those that depend on it."""
    blamed = next((item for item in bundle if str(item.job_id) == refusal.extra.get("job_id")), bundle[0])
    reason = " ".join(filter(None, [refusal.detail, _who_was_faster(refusal, blamed, actor)]))
    suggestion = _suggestion(blamed) if _can_suggest(refusal) else None
    return [Stale(blamed.pk, refusal.code, reason, suggestion), *_dependent(bundle, blamed, refusal.code, reason)]


def _dependent(bundle: Iterable[PlanItem], blamed: PlanItem, code: str, reason: str) -> Iterator[Stale]:
    sentence = gettext("It is possible only together with {job}. {reason}")
    for item in bundle:
        if item.pk != blamed.pk:
            yield Stale(item.pk, code, sentence.format(job=blamed.job.job_number, reason=reason))


def _who_was_faster(refusal: DomainError, item: PlanItem, actor: User | None) -> str:
    """Who took the time; the services add it themselves to refusals that are about the job."""
    if not isinstance(refusal, SlotUnavailable) or item.contractor_id is None or item.slot is None:
        return ""
    clash = _clash(item.contractor_id, item.slot, item.job_id)
    return latest_sentence(clash.job, actor) if clash else ""


def _clash(contractor_id: UUID, slot: TimeSlot, job_id: UUID) -> Assignment | None:
    """The live booking of another job that overlaps the slot of an item."""
    others = Assignment.objects.live().overlapping(slot).filter(contractor_id=contractor_id).exclude(job_id=job_id)
    return others.select_related("job").order_by("-created_at").first()


def _can_suggest(refusal: DomainError) -> bool:
    return isinstance(refusal, SlotUnavailable | OutsideWindow | ContractorUnsuitable)


def _suggestion(item: PlanItem) -> dict[str, Any] | None:
    """The nearest slot of the same contractor that day, else the next contractor, else a later slot of the same one."""
    contractor, slot, rules, now = item.contractor, item.slot, current_rules(), timezone.now()
    if contractor is None or slot is None:
        return None
    request, own = JobRequest.of(item.job), list[TimeSlot]()
    site = known_site(request.point)
    if not unmet_rules(contractor, request, miles=site.miles_from(contractor.point)):
        own = nearest_slots(contractor, request, slot, rules, now=now, site=site)
        own.sort(key=lambda free: abs(free.start - slot.start))
    same_day = [free for free in own if _day(free, request) == _day(slot, request)]
    if not same_day and (following := _next_contractor(item, request, slot, rules)):
        return following
    free = next(iter([*same_day, *own]), None)
    return free and _offer(contractor.pk, contractor.name, free, same_contractor=True)


def _day(slot: TimeSlot, request: JobRequest) -> object:
    return day_of(slot.start, request.zone)


def _next_contractor(item: PlanItem, request: JobRequest, slot: TimeSlot, rules: Rules) -> dict[str, Any] | None:
    on_the_day = replace(request, desired_date=max(slot.start, timezone.now()))
    (ranking,) = rank_plainly([on_the_day], rules, max_results=NEXT_CANDIDATES)
    entry = next((entry for entry in ranking.entries if entry.contractor.pk != item.contractor_id), None)
    if entry is None:
        return None
    return _offer(entry.contractor.pk, entry.contractor.name, entry.suggested, same_contractor=False)


def _offer(contractor_id: UUID, name: str, slot: TimeSlot, *, same_contractor: bool) -> dict[str, Any]:
    return {
        "contractor": str(contractor_id),
        "contractor_name": name,
        "time_slot": as_json(slot),
        "same_contractor": same_contractor,
    }


def watch(plan: Plan) -> list[Stale]:
    """Proposed items that could not be accepted now, without suggestions. The number of queries does not grow.

    Rules that depend on exact places do not count while places are blurred.
    """
    items = list(
        plan.items.changes()
        .filter(state=ItemState.PROPOSED)
        .select_related("job", "contractor", "previous_assignment", "previous_assignment__contractor")
        .order_by("bundle", "position")
    )
    if not items:
        return []
    bundles = [list(members) for _, members in groupby(items, key=lambda item: item.bundle)]
    check = _Check.of(items)
    refused = [(bundle, *refusal) for bundle in bundles if (refusal := check.refusal(bundle))]
    stale: list[Stale] = []
    for number, (bundle, blamed, code, sentence) in enumerate(refused):
        faster = check.who_was_faster(blamed, code) if number < MOST_EXPLAINED else ""
        reason = f"{sentence} {faster}".strip()
        stale += [Stale(blamed.pk, code, reason), *_dependent(bundle, blamed, code, reason)]
    return stale


@dataclass(frozen=True)
class _Check:
    """The engine's check of bundles against calendars that were loaded together."""

    calendars: Mapping[UUID, Calendar]
    sites: Mapping[UUID, Site]
    rules: Rules
    now: datetime

    @classmethod
    def of(cls, items: Sequence[PlanItem]) -> "_Check":
        rules, booked = current_rules(), [item for item in items if item.slot]
        slots = [item.slot for item in booked if item.slot]
        window = TimeSlot(min(slot.start for slot in slots), max(slot.end for slot in slots)) if slots else None
        ids = {item.contractor_id for item in booked if item.contractor_id}
        sites = known_sites([item.job.point for item in booked])
        return cls(
            load_calendars(ids, window, rules) if window else {},
            {item.job_id: site for item, site in zip(booked, sites, strict=True)},
            rules,
            timezone.now(),
        )

    def refusal(self, bundle: Sequence[PlanItem]) -> tuple[PlanItem, str, str] | None:
        """The first item of a bundle that is refused, with the code and the sentence; None if the bundle holds."""
        freed = {item.job_id for item in bundle}
        booked: dict[UUID, list[Booking]] = defaultdict(list)
        for item in bundle:
            if item.slot and item.contractor_id:
                booked[item.contractor_id].append(Booking(item.slot, item.job.point, item.job_id))
        for item in bundle:
            if refusal := self._of_records(item) or self._of_engine(item, freed, booked):
                return (item, *refusal)
        return None

    def _of_records(self, item: PlanItem) -> tuple[str, str] | None:
        """Refusal because the job or its booking is not as the plan has seen it."""
        if item.previous_slot is None:
            if item.job.status == Job.Status.OPEN:
                return None
            message = gettext("{job} is {status}; only an open job can be assigned.")
            status = item.job.get_status_display().lower()
            return JobNotOpen.code, message.format(job=item.job.job_number, status=status)
        before = item.previous_assignment
        if before and before.version == item.previous_version:
            return None
        message = gettext("The booking of {job} has changed in the meantime.")
        return BookingChanged.code, message.format(job=item.job.job_number)

    def _of_engine(
        self, item: PlanItem, freed: set[UUID], booked: Mapping[UUID, list[Booking]]
    ) -> tuple[str, str] | None:
        contractor, slot = item.contractor, item.slot
        if contractor is None or slot is None:
            return None
        if slot.start <= self.now:
            return SlotUnavailable.code, gettext("This time is in the past. Choose a later one.")
        request, calendar = JobRequest.of(item.job), self.calendars[contractor.pk]
        stays = [booking for booking in calendar.bookings if booking.job_id not in freed]
        siblings = [booking for booking in booked[contractor.pk] if booking.job_id != item.job_id]
        calendar = replace(calendar, bookings=[*stays, *siblings], allowed=request.allowed)
        reasons = booking_obstacles(contractor, request, slot, calendar, self.sites[item.job_id], self.rules)
        if places_are_blurred():
            reasons = [reason for reason in reasons if reason.code not in DECIDED_BY_PLACES]
        return (_code(reasons), " ".join(reason.message for reason in reasons)) if reasons else None

    def who_was_faster(self, item: PlanItem, code: str) -> str:
        if code in {JobNotOpen.code, BookingChanged.code}:
            return latest_sentence(item.job, None)
        if code != SlotUnavailable.code or item.contractor_id is None or item.slot is None:
            return ""
        clash = _clash(item.contractor_id, item.slot, item.job_id)
        return latest_sentence(clash.job, None) if clash else ""


# Rules about the calendar; all others are about the contractor.
TIME_RULES = frozenset({Rule.NOT_WORKING, Rule.ABSENT, Rule.FULLY_BOOKED, Rule.DRIVE_TOO_LONG, Rule.OUTSIDE_WINDOW})


def _code(reasons: Sequence[Reason]) -> str:
    """The code with which the service would refuse a booking that fails these rules."""
    codes = {reason.code for reason in reasons}
    if codes - TIME_RULES:
        return ContractorUnsuitable.code
    return OutsideWindow.code if Rule.OUTSIDE_WINDOW in codes else SlotUnavailable.code
