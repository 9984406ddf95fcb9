"""Troubles of the demo's day: an ill crew with bookings, and a booking in an absence. Both are ordinary changes.

The product allows an absence over bookings and then shows them as conflicts, with replacements.
"""

from datetime import datetime, timedelta

from django.utils import timezone

from assignments.local_time import day_at
from assignments.models import Assignment
from contractors.models import Absence, Contractor
from contractors.services import add_absence
from smartscheduler.accounts.models import User
from smartscheduler.ops.demo.jobs import opening_day
from smartscheduler.timeslots import TimeSlot

ILL, WORKSHOP = "Called in sick", "Truck in the workshop"


def add_troubles(actor: User | None) -> None:
    """Make the crew with the most bookings of the opening day ill, and another contractor absent during a booking.

    Does nothing when the demo has had its troubles, or without bookings ahead.
    """
    if Absence.objects.filter(kind=Absence.Kind.SICKNESS, note=ILL).exists():
        return
    now = timezone.now()
    crews = busiest_first(now)
    if not crews:
        return
    ill, others = crews[0], crews[1:]
    contractor = ill[0].contractor
    day = day_at(opening_day(now), contractor.zone)
    # From now on: what has begun is not undone.
    _absent(contractor, TimeSlot(max(day.start, now), day.end), Absence.Kind.SICKNESS, ILL, actor)
    if others:
        slot = others[0][0].slot
        period = TimeSlot(slot.end - timedelta(minutes=30), slot.end + timedelta(hours=1))
        _absent(others[0][0].contractor, period, Absence.Kind.OTHER, WORKSHOP, actor)


def busiest_first(now: datetime) -> list[list[Assignment]]:
    """Confirmed bookings ahead on the opening day, by contractor, those with the most bookings first."""
    confirmed = Assignment.objects.filter(status=Assignment.Status.CONFIRMED, time_slot__startswith__gt=now)
    bookings: dict[Contractor, list[Assignment]] = {}
    for booking in confirmed.select_related("contractor", "job").order_by("time_slot", "pk"):
        contractor = booking.contractor
        if booking.slot.start.astimezone(contractor.zone).date() == opening_day(now):
            bookings.setdefault(contractor, []).append(booking)
    return sorted(bookings.values(), key=len, reverse=True)


def _absent(contractor: Contractor, period: TimeSlot, kind: str, note: str, actor: User | None) -> None:
    add_absence(contractor_id=contractor.pk, period=period, kind=kind, note=note, actor=actor)
