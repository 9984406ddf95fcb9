"""Drop targets of the board: the starts that each contractor offers for a dragged job on one day."""

from bisect import insort
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.translation import gettext

from assignments.availability import Calendar, Visit, is_free, offered_slots, shift_slots
from assignments.calendars import load_calendars
from assignments.eligibility import unmet_rules
from contractors.models import Contractor
from jobs.models import Job
from jobs.requirements import JobRequest
from smartscheduler.rules.values import Rules
from smartscheduler.timeslots import TimeSlot, clip
from smartscheduler.travel.estimates import known_site


@dataclass(frozen=True, slots=True)
class DropTarget:
    """Possible starts, sorted; without any, `reason` is a sentence that says why."""

    starts: list[datetime]
    reason: str = ""


# The longest day has 25 hours.
LONGEST_DAY = timedelta(hours=25)


def drop_targets_on(
    job: Job,
    contractors: Iterable[Contractor],
    window_in: Callable[[ZoneInfo], TimeSlot],
    rules: Rules,
    *,
    despite_window: bool = False,
) -> dict[UUID, DropTarget]:
    """Drop target of each contractor for `job`, by contractor id.

    `window_in` returns the day or days that count, given the time zone of the contractor. The job's own booking does
    not count. Uses the same check as a booking. Two queries: calendars and road distances. With `despite_window`,
    starts outside the arrival window of the job count too.
    """
    request, now, site = JobRequest.of(job), timezone.now(), known_site(job.point)
    if despite_window:
        request = replace(request, arrival=None)
    people = list(contractors)
    unmet = {person.pk: unmet_rules(person, request, miles=site.miles_from(person.point)) for person in people}
    able = {person.pk: person for person in people if not unmet[person.pk]}
    targets = {pk: DropTarget([], reasons[0].message) for pk, reasons in unmet.items() if reasons}
    windows = {pk: window_in(contractor.zone) for pk, contractor in able.items()}
    if not windows:
        return targets
    span = TimeSlot(min(window.start for window in windows.values()), max(window.end for window in windows.values()))
    calendars = load_calendars(able, span, rules)
    visit = Visit(request.duration, site, [], now, rules)
    return targets | {
        pk: drop_target_of(
            contractor,
            calendars[pk].for_job(job.pk, request.allowed),
            replace(visit, days=[windows[pk]]),
            desired=request.desired_date,
        )
        for pk, contractor in able.items()
    }


def drop_target_of(
    contractor: Contractor, calendar: Calendar, visit: Visit, *, desired: datetime | None = None
) -> DropTarget:
    """Possible starts in the single window of `visit`, a day or several, or the reason why there are none.

    They are on the grid of offered starts, and at the desired date if it is free.

    To find the reason, the obstacles are removed one kind after another until a start appears.
    """
    (window,), now = visit.days, visit.not_before
    offered = _starts(calendar, visit, now)
    if desired and desired > now and window.start <= desired < window.end and desired not in offered:
        slot = TimeSlot(desired, desired + visit.duration)
        if is_free(calendar, slot, visit.site, visit.rules):
            insort(offered, desired)
    if offered:
        return DropTarget(offered)
    return DropTarget([], _why_no_start(calendar, visit).format(contractor=contractor.name))


def _starts(calendar: Calendar, visit: Visit, not_before: datetime) -> list[datetime]:
    slots = offered_slots(calendar, visit.days[0], visit.duration, visit.rules, site=visit.site, not_before=not_before)
    return [slot.start for slot in slots if slot.start > not_before]


def _why_no_start(calendar: Calendar, visit: Visit) -> str:
    """A sentence with the placeholder `{contractor}`; the arrival window counts last."""
    (window,), now = visit.days, visit.not_before
    calendar = replace(calendar, allowed=None)
    if not clip(shift_slots(calendar, window), window):
        reason = (
            gettext("{contractor} does not work on these days. Choose another day.")
            if window.duration > LONGEST_DAY
            else gettext("{contractor} does not work on this day. Choose another day.")
        )
    elif not _starts(replace(calendar, absences=(), bookings=()), visit, now):
        past = window.start < now and bool(_starts(calendar, visit, window.start))
        reason = (
            gettext("This time is in the past. Choose a later one.")
            if past
            else gettext("The working hours of {contractor} are too short for this job. Choose another day.")
        )
    elif not _starts(replace(calendar, bookings=()), visit, now):
        reason = gettext("{contractor} is absent. Choose another day or contractor.")
    elif _starts(calendar, visit, now):
        reason = gettext(
            "{contractor} is not free in the arrival window that was promised to the customer. "
            "Choose another day or contractor."
        )
    else:
        reason = gettext(
            "{contractor} has no time left between other jobs and the drives to them. Choose another day or contractor."
        )
    return reason
