"""Check of a contractor and a time slot before booking, with the reasons for a refusal."""

from dataclasses import replace
from datetime import datetime, timedelta

from django.utils.translation import gettext

from assignments.availability import Calendar, is_free, offered_slots, working_time
from assignments.calendars import load_calendar
from assignments.eligibility import Reason, Rule, unmet_rules, unmet_status
from assignments.models import Assignment
from contractors.models import Contractor
from jobs.requirements import JobRequest
from smartscheduler.core.formatting import local_slot
from smartscheduler.core.json_values import as_json
from smartscheduler.errors import ContractorUnsuitable, OutsideWindow, SlotUnavailable
from smartscheduler.rules.values import Rules
from smartscheduler.timeslots import TimeSlot, containing
from smartscheduler.travel.estimates import known_site
from smartscheduler.travel.routes import Site

# Alternatives for a refused slot: search range around the requested start, and maximum number.
AROUND = timedelta(days=7)
MOST_SLOTS = 3


def check_booking(
    contractor: Contractor,
    request: JobRequest,
    slot: TimeSlot,
    rules: Rules,
    *,
    now: datetime,
    despite_window: bool = False,
) -> None:
    """Check that `contractor` can be booked for `request` in `slot`; the job's own booking does not count.

    Raises ContractorUnsuitable with the failed rules, SlotUnavailable with the reason, the nearest free slots and the
    conflicting assignment, or OutsideWindow (unless `despite_window`) with the arrival window and the nearest free
    slots in it. The caller holds the lock of the contractor, so that the answer stays true until the insert.
    """
    if despite_window:
        request = replace(request, arrival=None)
    site = known_site(request.point)
    if reasons := unmet_rules(contractor, request, miles=site.miles_from(contractor.point)):
        raise ContractorUnsuitable(
            " ".join(reason.message for reason in reasons), extra={"reasons": [reason.as_json() for reason in reasons]}
        )
    if slot.start <= now:
        past = Reason(Rule.IN_THE_PAST, gettext("This time is in the past. Choose a later one."))
        raise _unavailable(contractor, request, slot, past, now, site, rules)
    if not request.allows(slot.start):
        raise _outside_window(contractor, request, slot, now, site, rules)
    calendar = load_calendar(contractor, slot, rules, request=request)
    if not is_free(calendar, slot, site, rules):
        reason = why_not_free(calendar, slot, site, rules, contractor.name)
        raise _unavailable(contractor, request, slot, reason, now, site, rules)


def check_restored(contractor: Contractor, request: JobRequest, slot: TimeSlot, rules: Rules, *, now: datetime) -> None:
    """Check that a booking can have its earlier place again, also if hours, absences or requirements forbid it by now.

    A conflict with other bookings or their drives, a start in the past, and a contractor who is not active are refused
    as by `check_booking`.
    """
    request = replace(request, arrival=None)
    site = known_site(request.point)
    if reason := unmet_status(contractor):
        raise ContractorUnsuitable(reason.message, extra={"reasons": [reason.as_json()]})
    if slot.start <= now:
        past = Reason(Rule.IN_THE_PAST, gettext("This time is in the past. Choose a later one."))
        raise _unavailable(contractor, request, slot, past, now, site, rules)
    calendar = replace(load_calendar(contractor, slot, rules, request=request), absences=())
    if not is_free(calendar, slot, site, rules):
        reason = why_not_free(calendar, slot, site, rules, contractor.name)
        if reason.code != Rule.NOT_WORKING:
            raise _unavailable(contractor, request, slot, reason, now, site, rules)


def booking_obstacles(
    contractor: Contractor, request: JobRequest, slot: TimeSlot, calendar: Calendar, site: Site, rules: Rules
) -> list[Reason]:
    """Rules that a booking in `slot` fails, whether the slot is past or not; empty if there are none.

    `calendar` must not contain the booking of the job itself.
    """
    reasons = unmet_rules(contractor, request, miles=site.miles_from(contractor.point))
    if not request.allows(slot.start):
        reasons.append(outside_window(request))
        calendar = replace(calendar, allowed=None)
    if not is_free(calendar, slot, site, rules):
        reasons.append(why_not_free(calendar, slot, site, rules, contractor.name))
    return reasons


def outside_window(request: JobRequest) -> Reason:
    """The reason for a start outside the arrival window of `request`."""
    assert request.arrival, "without a window no start is outside it"  # noqa: S101
    message = gettext("The customer was promised an arrival on {window}. Choose a start in this window.")
    return Reason(Rule.OUTSIDE_WINDOW, message.format(window=local_slot(request.arrival, request.zone)))


def why_not_free(calendar: Calendar, slot: TimeSlot, site: Site, rules: Rules, name: str) -> Reason:
    """First rule that makes a slot unavailable: arrival window, working hours, absences, bookings, drives."""
    if calendar.allowed and not calendar.allowed.contains(slot):
        rule = Rule.OUTSIDE_WINDOW
        message = gettext("The time is outside the arrival window that was promised to the customer.")
    elif containing(working_time(calendar, slot), slot) is None:
        rule = Rule.NOT_WORKING
        message = gettext(
            "The time is not within the working hours of {contractor}. "
            "Choose another time, or change the working hours."
        )
    elif not is_free(replace(calendar, bookings=()), slot, site, rules):
        rule = Rule.ABSENT
        message = gettext("{contractor} is absent at that time. Choose another time or contractor.")
    elif not is_free(calendar, slot, None, rules):
        rule = Rule.FULLY_BOOKED
        message = gettext("{contractor} has another assignment at that time. Choose another time or contractor.")
    else:
        # The slot itself is free, so only the widened bookings can overlap it.
        rule = Rule.DRIVE_TOO_LONG
        message = gettext(
            "{contractor} has too little time for the drive from the previous or to the next assignment. "
            "Choose another time or contractor."
        )
    return Reason(rule, message.format(contractor=name))


def nearest_slots(
    contractor: Contractor, request: JobRequest, requested: TimeSlot, rules: Rules, *, now: datetime, site: Site
) -> list[TimeSlot]:
    """Up to three free slots of the contractor within a week of the requested slot, sorted by start."""
    aim = requested.start
    if request.arrival:  # the nearest starts are in the window, however far away that is
        aim = min(max(aim, request.arrival.start), request.arrival.end)
    window = TimeSlot(max(now, aim - AROUND), max(now, aim) + AROUND)
    calendar = load_calendar(contractor, window, rules, request=request)
    free = offered_slots(calendar, window, requested.duration, rules, site=site, not_before=now)
    nearest = sorted((abs(slot.start - requested.start), slot) for slot in free if slot.start > now)
    return sorted(slot for _, slot in nearest[:MOST_SLOTS])


def _outside_window(
    contractor: Contractor, request: JobRequest, slot: TimeSlot, now: datetime, site: Site, rules: Rules
) -> OutsideWindow:
    reason = outside_window(request)
    nearest = nearest_slots(contractor, request, slot, rules, now=now, site=site)
    return OutsideWindow(
        reason.message,
        errors={"start": [reason.message]},
        extra={
            "reasons": [reason.as_json()],
            "window": as_json(request.arrival),
            "nearest_slots": [as_json(free) for free in nearest],
        },
    )


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
