"""What the customer wanted, and how a slot differs from it or from the booking that it would replace. Pure."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from assignments.availability import Calendar, is_free
from assignments.local_time import MINUTES_A_DAY, day_of, local_instant
from assignments.models import Assignment
from assignments.states import Status
from jobs.requirements import JobRequest
from smartscheduler.core.formatting import local_slot, local_time
from smartscheduler.rules.values import Rules
from smartscheduler.timeslots import TimeSlot, unchecked
from smartscheduler.travel.routes import Site


def suggested_slot(
    request: JobRequest, starts: Sequence[datetime], calendar: Calendar, rules: Rules, *, site: Site, now: datetime
) -> TimeSlot:
    """The slot to book: the wanted time where it is free, on the grid or not; else the nearest one on offer.

    `starts` are the starts on offer of one day at the site, at least one; `calendar` is without the booking of the job
    itself. Of two that are as near it is the earlier one.
    """
    wanted = unchecked((request.desired_date, request.desired_date + request.duration))
    day = day_of(starts[0], request.zone)
    if (
        day == request.desired_day
        and wanted.start > now
        and (wanted.start in starts or is_free(calendar, wanted, site, rules))
    ):
        return wanted
    aim = local_instant(day, timedelta(minutes=_minute(request.desired_date, request)), request.zone)
    start = min(starts, key=lambda one: (abs(one - aim), one))
    return unchecked((start, start + request.duration))


def differs_from_wanted(slot: TimeSlot, request: JobRequest) -> str:
    """A sentence that names every difference from what the customer wanted: day and time; empty when there is none."""
    days = (day_of(slot.start, request.zone) - request.desired_day).days
    minutes = _minute(slot.start, request) - _minute(request.desired_date, request)
    said = [
        *([f"{_count(abs(days), 'day')} {_later(days)}"] if days else []),
        *([f"{_hours(abs(minutes))} {_later(minutes)} in the day"] if minutes else []),
    ]
    if not said:
        return ""
    return f"The customer wanted {local_time(request.desired_date, request.zone)}: this is {' and '.join(said)}."


def differs_from_booking(slot: TimeSlot, booking: Assignment, *, other_contractor: bool) -> str:
    """What a move to `slot` changes about a booking: its time, and that a new contractor has to confirm."""
    said = []
    if slot.start != booking.slot.start:
        said.append(f"This moves the visit from {local_slot(booking.slot, booking.job.zone)}.")
    if other_contractor and booking.status == Status.CONFIRMED:
        said.append("The visit is confirmed now; the new contractor has to confirm it again.")
    return " ".join(said)


def _minute(moment: datetime, request: JobRequest) -> int:
    there = moment.astimezone(request.zone)
    return (there.hour * 60 + there.minute) % MINUTES_A_DAY


def _later(difference: int) -> str:
    return "later" if difference > 0 else "earlier"


def _hours(minutes: int) -> str:
    hours, rest = divmod(minutes, 60)
    return " ".join(filter(None, [f"{hours} h" if hours else "", f"{rest} min" if rest else ""]))


def _count(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"
