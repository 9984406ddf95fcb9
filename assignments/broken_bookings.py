"""Conflicts: live assignments that the rules would reject today, because something changed after the booking.

A change of working hours, absences, base, time zone, radius, type, skills or status does not change existing bookings.
Instead, the contractor's bookings are checked again in the same transaction, and the failed rules are stored. The home
page and the lists can then count conflicts without reading calendars.
"""

import math
import time
from collections.abc import Collection, Sequence
from dataclasses import replace
from functools import partial
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction
from django.utils import timezone

from assignments.booking_checks import booking_obstacles
from assignments.calendars import load_calendars, longest_block
from assignments.eligibility import DECIDED_BY_PLACES, Reason
from assignments.models import Assignment, Conflict
from contractors.models import Contractor
from jobs.requirements import JobRequest
from smartscheduler.accounts.visibility import sees_everything
from smartscheduler.core.db.transactions import domain_transaction
from smartscheduler.rules.current import current_rules
from smartscheduler.rules.values import Rules
from smartscheduler.timeslots import TimeSlot
from smartscheduler.travel.estimates import known_sites

# Responses and pages list this many conflicts, earliest first, and give the total number.
MOST_LISTED = 50
# Contractors that the recheck locks at a time. Few, because bookings of a locked contractor wait.
BATCH = 10
FIRST_ID, LAST_ID = UUID(int=0), UUID(int=2**128 - 1)


def unmet_reasons(bookings: Sequence[Assignment], rules: Rules, *, reader: Any = None) -> dict[UUID, list[Reason]]:
    """Rules that each booking fails today, by id of the assignment; the same check as before booking.

    Expects `job` and `contractor` selected. Two queries: calendars and road distances. Rules that depend on exact
    places are left out for a `reader` who must not see these.
    """
    if not bookings:
        return {}
    unmet = _unmet_reasons(bookings, rules)
    if reader is None or sees_everything(reader):
        return unmet
    return {pk: [reason for reason in reasons if reason.code not in DECIDED_BY_PLACES] for pk, reasons in unmet.items()}


def _unmet_reasons(bookings: Sequence[Assignment], rules: Rules) -> dict[UUID, list[Reason]]:
    span = TimeSlot(min(booking.slot.start for booking in bookings), max(booking.slot.end for booking in bookings))
    calendars = load_calendars({booking.contractor_id for booking in bookings}, span, rules)
    reach = longest_block(rules)
    sites = known_sites([booking.job.point for booking in bookings])
    unmet = {}
    for booking, site in zip(bookings, sites, strict=True):
        # Only the bookings near the slot: with full calendars, checking all bookings of a year would take quadratic
        # time.
        request = request_of(booking)
        calendar = calendars[booking.contractor_id].near(booking.slot.widened(reach))
        calendar = calendar.for_job(request.job_id, request.allowed)
        unmet[booking.pk] = booking_obstacles(booking.contractor, request, booking.slot, calendar, site, rules)
    return unmet


def request_of(booking: Assignment) -> JobRequest:
    """The requirements that a booking has to meet: without the arrival window if that was broken with a reason."""
    request = JobRequest.of(booking.job)
    return replace(request, arrival=None) if booking.window_break_reason else request


def conflicts_of(contractor_id: UUID) -> tuple[list[Assignment], int]:
    """Conflicts of a contractor, earliest first and at most MOST_LISTED, and their total number."""
    standing = Assignment.objects.in_conflict(timezone.now()).filter(contractor_id=contractor_id)
    listed = list(standing.select_related("job", "contractor").order_by("time_slot", "pk")[: MOST_LISTED + 1])
    if len(listed) <= MOST_LISTED:
        return listed, len(listed)
    return listed[:MOST_LISTED], standing.count()


def reasons_of(assignment_id: UUID, *, reader: Any) -> list[Reason]:
    """Rules that a booking fails today; empty, after a single query, if it is not in conflict."""
    standing = Assignment.objects.in_conflict(timezone.now()).filter(pk=assignment_id)
    bookings = list(standing.select_related("job", "contractor"))
    return unmet_reasons(bookings, current_rules(), reader=reader)[assignment_id] if bookings else []


def recheck_contractor(contractor_id: UUID) -> None:
    """Check the bookings of a contractor, whose row is locked, and store the conflicts."""
    recheck_contractors([contractor_id])


def recheck_contractors(contractor_ids: Collection[UUID]) -> None:
    """Check the bookings of several contractors, with the same number of queries as for one."""
    standing = Assignment.objects.live().upcoming(timezone.now()).filter(contractor__in=contractor_ids)
    bookings = list(standing.select_related("job", "contractor"))
    if not bookings:
        return
    unmet = unmet_reasons(bookings, current_rules())
    failed = {pk: [reason.code.value for reason in reasons] for pk, reasons in unmet.items() if reasons}
    stored = dict(Conflict.objects.filter(assignment__contractor__in=contractor_ids).values_list("pk", "rules"))
    if resolved := stored.keys() - failed.keys():
        Conflict.objects.filter(pk__in=resolved).delete()
    now = timezone.now()
    Conflict.objects.bulk_create(
        [
            Conflict(assignment_id=pk, rules=rules, found_at=now)
            for pk, rules in failed.items()
            if stored.get(pk) != rules
        ],
        update_conflicts=True,
        unique_fields=["assignment"],
        update_fields=["rules"],
    )


def recheck_all(*, seconds: float = math.inf) -> int:
    """Check live bookings contractor by contractor for at most `seconds`; return the number of checked contractors.

    Finds conflicts from changes without an event of the contractor: scheduling rules, road distances, hand-written SQL.
    Each run starts at a random contractor, so that many short runs cover all of them without a stored position.
    """
    Conflict.objects.exclude(assignment__in=Assignment.objects.live().upcoming(timezone.now())).delete()
    until, start, checked = time.monotonic() + seconds, uuid4(), 0
    for after, last in [(start, LAST_ID), (FIRST_ID, start)]:
        while time.monotonic() < until and (batch := _next_batch(after, last)):
            _recheck_batch(batch)
            after, checked = batch[-1], checked + len(batch)
    return checked


def _next_batch(after: UUID, last: UUID) -> list[UUID]:
    """Next contractors with live bookings and ids in (`after`, `last`], sorted by id."""
    booked = Assignment.objects.live().upcoming(timezone.now())
    booked = booked.filter(contractor_id__gt=after, contractor_id__lte=last).order_by("contractor_id")
    return list(booked.values_list("contractor_id", flat=True).distinct()[:BATCH])


def recheck_after_commit(contractor_ids: Collection[UUID]) -> None:
    """Check the bookings of these contractors in transactions of their own, after the present one.

    For changes of a job or customer: they hold locks that come after the lock of the contractor. If it fails, the next
    run of `recheck_all` finds the conflicts.
    """
    ids = sorted(contractor_ids)
    for start in range(0, len(ids), BATCH):
        transaction.on_commit(partial(_recheck_batch, ids[start : start + BATCH]), robust=True)


@domain_transaction
def _recheck_batch(contractor_ids: list[UUID]) -> None:
    # A list, so that the query runs: locks the contractors until the end of the transaction.
    list(Contractor.objects.locked().filter(pk__in=contractor_ids).values_list("pk"))
    recheck_contractors(contractor_ids)
