"""The check before booking, and why a slot is refused: the engine's answer in words."""

from dataclasses import replace
from datetime import datetime, timedelta

from assignments.availability import Calendar, is_free, offered_slots, working_time
from assignments.calendars import load_calendar
from assignments.eligibility import Reason, Rule, unmet_rules
from assignments.models import Assignment
from contractors.models import Contractor
from jobs.requirements import JobRequest
from smartscheduler.core.json_values import as_json
from smartscheduler.errors import ContractorUnsuitable, SlotUnavailable
from smartscheduler.rules.values import Rules
from smartscheduler.timeslots import TimeSlot, containing
from smartscheduler.travel.estimates import known_site
from smartscheduler.travel.routes import Site

# How far from the wanted slot others are looked for, and how many are offered.
AROUND = timedelta(days=7)
MOST_SLOTS = 3


def check_booking(contractor: Contractor, request: JobRequest, slot: TimeSlot, rules: Rules, *, now: datetime) -> None:
    """Whether `contractor` may be booked for `request` in `slot`; what the job itself has booked is no obstacle.

    Raises ContractorUnsuitable with the rules that failed, or SlotUnavailable with the reason and the
    assignment that is in the way. Call it with the contractor locked.
    """
    site = known_site(request.point)
    if reasons := unmet_rules(contractor, request, miles=site.miles_from(contractor.point)):
        raise ContractorUnsuitable(
            " ".join(reason.message for reason in reasons), extra={"reasons": [reason.as_json() for reason in reasons]}
        )
    if slot.start <= now:
        past = Reason(Rule.IN_THE_PAST, "The slot does not lie in the future.")
        raise _unavailable(contractor, request, slot, past, now, site, rules)
    calendar = load_calendar(contractor, slot, rules, for_job=request.job_id)
    if not is_free(calendar, slot, site, rules):
        reason = why_not_free(calendar, slot, site, rules, contractor.name)
        raise _unavailable(contractor, request, slot, reason, now, site, rules)


def booking_obstacles(
    contractor: Contractor, request: JobRequest, slot: TimeSlot, calendar: Calendar, site: Site, rules: Rules
) -> list[Reason]:
    """The rules that a booking in `slot` fails, whether the slot is past or not; empty when it holds.

    `calendar` is without the booking of the job itself.
    """
    reasons = unmet_rules(contractor, request, miles=site.miles_from(contractor.point))
    if not is_free(calendar, slot, site, rules):
        reasons.append(why_not_free(calendar, slot, site, rules, contractor.name))
    return reasons


def why_not_free(calendar: Calendar, slot: TimeSlot, site: Site, rules: Rules, name: str) -> Reason:
    """The first rule that keeps a slot out of free time: working hours, absences, bookings, then drives."""
    if containing(working_time(calendar, slot), slot) is None:
        return Reason(Rule.NOT_WORKING, f"The slot is not inside the working hours of {name}.")
    if not is_free(replace(calendar, bookings=()), slot, site, rules):
        return Reason(Rule.ABSENT, f"{name} is absent then.")
    if not is_free(calendar, slot, None, rules):
        return Reason(Rule.FULLY_BOOKED, f"{name} has another assignment then.")
    return Reason(
        Rule.DRIVE_TOO_LONG, f"The drive between this site and that of a neighbouring assignment leaves {name} no time."
    )


def nearest_slots(
    contractor: Contractor, request: JobRequest, wanted: TimeSlot, rules: Rules, *, now: datetime, site: Site
) -> list[TimeSlot]:
    """Up to three slots of the contractor that can be booked instead, within a week of the wanted one, in order."""
    window = TimeSlot(max(now, wanted.start - AROUND), max(now, wanted.start) + AROUND)
    calendar = load_calendar(contractor, window, rules, for_job=request.job_id)
    free = offered_slots(calendar, window, wanted.duration, rules, site=site, not_before=now)
    nearest = sorted((abs(slot.start - wanted.start), slot) for slot in free if slot.start > now)
    return sorted(slot for _, slot in nearest[:MOST_SLOTS])


def _unavailable(
    contractor: Contractor,
    request: JobRequest,
    slot: TimeSlot,
    reason: Reason,
    now: datetime,
    site: Site,
    rules: Rules,
) -> SlotUnavailable:
    others = Assignment.objects.live().overlapping(slot).filter(contractor=contractor)
    clash = (others.exclude(job_id=request.job_id) if request.job_id else others).first()
    nearest = nearest_slots(contractor, request, slot, rules, now=now, site=site)
    extra: dict[str, object] = {
        "reasons": [reason.as_json()],
        "nearest_slots": [as_json(free) for free in nearest],
    }
    if clash:
        extra["conflicting_assignment"] = {"id": str(clash.pk), "time_slot": as_json(clash.slot)}
    return SlotUnavailable(reason.message, errors={"start": [reason.message]}, extra=extra)
