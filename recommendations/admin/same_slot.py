"""Who could take over a booking at the very time for which it is made."""

from collections.abc import Sequence
from uuid import UUID

from django.utils import timezone

from assignments.availability import is_free
from assignments.booking_checks import why_not_free
from assignments.calendars import load_calendars
from assignments.eligibility import Reason, Rule
from assignments.models import Assignment
from contractors.models import Contractor
from jobs.requirements import JobRequest
from smartscheduler.rules.values import Rules
from smartscheduler.travel.estimates import known_site


def not_free_then(booking: Assignment, contractors: Sequence[Contractor], rules: Rules) -> dict[UUID, Reason | None]:
    """For each contractor why the slot of `booking` is not free, by the engine that books; None when it is."""
    slot, request, site = booking.slot, JobRequest.of(booking.job), known_site(booking.job.point)
    if slot.start <= timezone.now():
        past = Reason(Rule.IN_THE_PAST, "The present time lies in the past.")
        return dict.fromkeys((contractor.pk for contractor in contractors), past)
    calendars = load_calendars([contractor.pk for contractor in contractors], slot, rules) if contractors else {}
    found: dict[UUID, Reason | None] = {}
    for one in contractors:
        calendar = calendars[one.pk].leaving_out(request.job_id)
        free = is_free(calendar, slot, site, rules)
        found[one.pk] = None if free else why_not_free(calendar, slot, site, rules, one.name)
    return found
