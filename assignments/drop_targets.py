"""Who of many could take one job on one day, and when: for a board on which it is dragged about."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID

from django.utils import timezone

from assignments.availability import Calendar, Visit, offered_slots, shift_slots
from assignments.calendars import load_calendars
from assignments.eligibility import unmet_rules
from assignments.local_time import day_at
from contractors.models import Contractor
from jobs.models import Job
from jobs.requirements import JobRequest
from smartscheduler.rules.values import Rules
from smartscheduler.timeslots import TimeSlot, clip
from smartscheduler.travel.estimates import known_site


@dataclass(frozen=True, slots=True)
class DropTarget:
    """When the work could start, in order; when it could not, the sentence that says why."""

    starts: list[datetime]
    reason: str = ""


def drop_targets_on(job: Job, contractors: Iterable[Contractor], day: date, rules: Rules) -> dict[UUID, DropTarget]:
    """For each contractor the slots on `day`, in the contractor's zone, that `job` could be booked or moved to.

    The job's own booking is no obstacle. The engine is the one that checks a booking. One query, and one for roads.
    """
    request, now, site = JobRequest.of(job), timezone.now(), known_site(job.point)
    people = list(contractors)
    unmet = {person.pk: unmet_rules(person, request, miles=site.miles_from(person.point)) for person in people}
    able = {person.pk: person for person in people if not unmet[person.pk]}
    found = {pk: DropTarget([], reasons[0].message) for pk, reasons in unmet.items() if reasons}
    windows = {pk: day_at(day, one.zone) for pk, one in able.items()}
    if not windows:
        return found
    span = TimeSlot(min(window.start for window in windows.values()), max(window.end for window in windows.values()))
    calendars = load_calendars(able, span, rules)
    visit = Visit(request.duration, site, [], now, rules)
    return found | {
        pk: drop_target_of(one, calendars[pk].leaving_out(job.pk), replace(visit, days=[windows[pk]]))
        for pk, one in able.items()
    }


def drop_target_of(contractor: Contractor, calendar: Calendar, visit: Visit) -> DropTarget:
    """When the work could start on the one day of `visit`, by the contractor's calendar, or why it could not."""
    (window,), now = visit.days, visit.not_before

    def starts(of: Calendar, not_before: datetime) -> list[datetime]:
        found = offered_slots(of, window, visit.duration, visit.rules, site=visit.site, not_before=not_before)
        return [slot.start for slot in found if slot.start > not_before]

    if found := starts(calendar, now):
        return DropTarget(found)
    name = contractor.name
    if not clip(shift_slots(calendar, window), window):
        return DropTarget([], f"{name} does not work that day.")
    if not starts(replace(calendar, absences=(), bookings=()), now):
        past = window.start < now and bool(starts(calendar, window.start))
        return DropTarget([], "That is in the past." if past else f"The working hours of {name} are too short for it.")
    if not starts(replace(calendar, bookings=()), now):
        return DropTarget([], f"{name} is absent.")
    return DropTarget([], f"{name} has no time left between other jobs and the drives to them.")
