"""Suggested start for a job, and sentences about how a slot differs from the desired date or the booking. Pure."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.utils.translation import gettext, ngettext

from assignments.availability import Calendar, is_free
from assignments.local_time import MINUTES_A_DAY, day_of, local_instant
from assignments.models import Assignment
from assignments.states import Status
from jobs.requirements import JobRequest
from smartscheduler.core.formatting import hours_and_minutes, local_slot, local_time
from smartscheduler.rules.values import Rules
from smartscheduler.timeslots import TimeSlot, unchecked
from smartscheduler.travel.routes import Site


def suggested_slot(
    request: JobRequest, starts: Sequence[datetime], calendar: Calendar, rules: Rules, *, site: Site, now: datetime
) -> TimeSlot:
    """Slot at the desired date if that is free, even off the grid; otherwise at the nearest possible start.

    `starts` are the possible starts on one day at the site and must not be empty. `calendar` must not contain the job's
    own booking. Of two equally near starts, the earlier one is taken.
    """
    desired = unchecked((request.desired_date, request.desired_date + request.duration))
    day = day_of(starts[0], request.zone)
    if (
        day == request.desired_day
        and desired.start > now
        and (desired.start in starts or is_free(calendar, desired, site, rules))
    ):
        return desired
    aim = local_instant(day, timedelta(minutes=_minute(request.desired_date, request)), request.zone)
    start = min(starts, key=lambda moment: (abs(moment - aim), moment))
    return unchecked((start, start + request.duration))


def differs_from_wanted(slot: TimeSlot, request: JobRequest) -> str:
    """Text about the difference from the desired date in days and time of day; empty without a difference."""
    days, minutes = _apart(slot, request)
    if days and minutes:
        message = gettext("The customer asked for {desired}. This slot is {days} and {time}.")
    elif days:
        message = gettext("The customer asked for {desired}. This slot is {days}.")
    elif minutes:
        message = gettext("The customer asked for {desired}. This slot is {time}.")
    else:
        return ""
    desired = local_time(request.desired_date, request.zone)
    return message.format(desired=desired, days=_days_apart(days), time=_time_apart(minutes))


def apart_from_desired(slot: TimeSlot, request: JobRequest) -> str:
    """The same difference in a few words: `3 h 30 min earlier than desired`; empty without a difference."""
    days, minutes = _apart(slot, request)
    if days and minutes:
        message = gettext("{days} than desired, {time}")
        return message.format(days=_days_apart(days), time=_time_apart(minutes))
    if days:
        return gettext("{days} than desired").format(days=_days_apart(days))
    if minutes:
        message = (
            gettext("{duration} later than desired") if minutes > 0 else gettext("{duration} earlier than desired")
        )
        return message.format(duration=hours_and_minutes(timedelta(minutes=abs(minutes))))
    return ""


def start_and_difference(slot: TimeSlot, request: JobRequest) -> str:
    """The start with its difference from the desired date: `Mon, Nov 30, 7:30 AM EST (8 days earlier than desired)`."""
    start = local_time(slot.start, request.zone)
    apart = apart_from_desired(slot, request)
    return gettext("{start} ({difference})").format(start=start, difference=apart) if apart else start


def differs_from_booking(slot: TimeSlot, booking: Assignment, *, other_contractor: bool) -> str:
    """Text about what a move to `slot` changes: the time, and that a new contractor has to confirm the new time."""
    if slot.start == booking.slot.start:
        return ""
    message = gettext("This moves the visit from {slot}.")
    sentences = [message.format(slot=local_slot(booking.slot, booking.job.zone))]
    if other_contractor and booking.status == Status.CONFIRMED:
        sentences.append(gettext("The visit is confirmed now; at the new time, it has to be confirmed again."))
    return " ".join(sentences)


def moved_by(slot: TimeSlot, booking: Assignment) -> str:
    """`2 days later than booked`, `3 h 30 min earlier than booked`, or both; empty at the booked time."""
    zone = booking.job.zone
    days = (day_of(slot.start, zone) - day_of(booking.slot.start, zone)).days
    there, booked = slot.start.astimezone(zone), booking.slot.start.astimezone(zone)
    minutes = (there.hour - booked.hour) * 60 + there.minute - booked.minute
    if days and minutes:
        return gettext("{days} than booked and {time}").format(days=_days_apart(days), time=_time_apart(minutes))
    if days:
        return gettext("{days} than booked").format(days=_days_apart(days))
    if minutes:
        message = gettext("{duration} later than booked") if minutes > 0 else gettext("{duration} earlier than booked")
        return message.format(duration=hours_and_minutes(timedelta(minutes=abs(minutes))))
    return ""


def _apart(slot: TimeSlot, request: JobRequest) -> tuple[int, int]:
    """Days and minutes of the day from the desired date to the start of `slot`, by the clock at the site."""
    days = (day_of(slot.start, request.zone) - request.desired_day).days
    return days, _minute(slot.start, request) - _minute(request.desired_date, request)


def _minute(moment: datetime, request: JobRequest) -> int:
    there = moment.astimezone(request.zone)
    return (there.hour * 60 + there.minute) % MINUTES_A_DAY


def _days_apart(days: int) -> str:
    """`2 days later`."""
    number = abs(days)
    message = (
        ngettext("{number} day later", "{number} days later", number)
        if days > 0
        else ngettext("{number} day earlier", "{number} days earlier", number)
    )
    return message.format(number=number)


def _time_apart(minutes: int) -> str:
    """`3 h 30 min earlier in the day`."""
    message = gettext("{duration} later in the day") if minutes > 0 else gettext("{duration} earlier in the day")
    return message.format(duration=hours_and_minutes(timedelta(minutes=abs(minutes))))
