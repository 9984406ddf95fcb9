"""Lateness of bookings: reported, past a time limit, and caused by the booking before. Pure.

The only place that decides which bookings are late and whose customer waits; `AssignmentQuerySet.late` is the same rule
for the database.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from django.utils.translation import gettext

from assignments.states import MOVABLE, Status
from smartscheduler.core.formatting import hours_and_minutes, local_clock
from smartscheduler.errors import InvalidInput
from smartscheduler.timeslots import TimeSlot

if TYPE_CHECKING:
    from assignments.models import Assignment

# Without a report, work counts as late if it has not started so long after its start, or is not completed so long after
# its end.
START_GRACE = timedelta(minutes=15)
END_GRACE = timedelta(minutes=30)
# A report is at most so long after the end of the slot.
LONGEST_DELAY = timedelta(hours=8)
NO_DELAY = timedelta()


def late_from(status: str, slot: TimeSlot) -> datetime | None:
    """When a booking counts as late if its state does not change until then; None for one that is over."""
    if status in MOVABLE:
        return slot.start + START_GRACE
    return slot.end + END_GRACE if status == Status.IN_PROGRESS else None


def waiting_from(status: str, slot: TimeSlot) -> datetime | None:
    """When the customer of a booking waits if the work does not start until then; None for work that has started."""
    return slot.start if status in MOVABLE else None


def reported_delay(booking: "Assignment") -> timedelta:
    return booking.late_until - booking.slot.end if booking.late_until else NO_DELAY


def expected_delays(day: Sequence["Assignment"], pauses: Sequence[timedelta]) -> list[timedelta]:
    """How late each booking of a contractor's day is: as reported, or because the one before it is late.

    `day` is in order of start; `pauses` are the times to reserve between its consecutive bookings, as the availability
    engine does. Work that has started is not moved by the booking before it.
    """
    delays: list[timedelta] = []
    for position, booking in enumerate(day):
        delay = reported_delay(booking)
        if position and delays[-1] and booking.status in MOVABLE:
            before_ends = day[position - 1].slot.end + delays[-1]
            delay = max(delay, before_ends + pauses[position - 1] - booking.slot.start)
        delays.append(max(delay, NO_DELAY))
    return delays


def late_sentence(booking: "Assignment", delay: timedelta, zone: ZoneInfo) -> str:
    """Why a booking is late, with times on the clock of `zone`. Without a delay, when it counts as late."""
    if booking.late_until and delay == reported_delay(booking):
        text = gettext("running late until {time}, {delay} late")
        return text.format(time=local_clock(booking.late_until, zone), delay=hours_and_minutes(delay))
    if delay:
        text = gettext("late by {delay}, because the booking before is late")
        return text.format(delay=hours_and_minutes(delay))
    if booking.status == Status.IN_PROGRESS:
        return gettext("late: not completed {minutes} min after its end").format(minutes=_minutes(END_GRACE))
    return gettext("late: not started {minutes} min after its start").format(minutes=_minutes(START_GRACE))


def check_late_until(until: datetime, slot: TimeSlot, zone: ZoneInfo, *, now: datetime) -> None:
    """Raise InvalidInput unless `until` is in the future, after the slot, and within LONGEST_DELAY of its end."""
    end = local_clock(slot.end, zone)
    if until <= slot.end:
        message = gettext("Enter a time after the booked end, {end}.").format(end=end)
    elif until > slot.end + LONGEST_DELAY:
        text = gettext("Enter a time at most {limit} after the booked end, {end}. For more, reschedule the booking.")
        message = text.format(limit=hours_and_minutes(LONGEST_DELAY), end=end)
    elif until <= now:
        message = gettext("Enter a time in the future: it is {now}.").format(now=local_clock(now, zone))
    else:
        return
    raise InvalidInput.of("until", message)


def _minutes(duration: timedelta) -> int:
    return duration // timedelta(minutes=1)
