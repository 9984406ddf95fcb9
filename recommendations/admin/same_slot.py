"""Which contractors could take over a booking at its current time."""

from collections.abc import Sequence
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext

from assignments.availability import is_free
from assignments.booking_checks import why_not_free
from assignments.calendars import load_calendars
from assignments.eligibility import Reason, Rule
from assignments.models import Assignment
from contractors.models import Contractor
from jobs.requirements import JobRequest
from smartscheduler.rules.values import Rules
from smartscheduler.travel.estimates import known_site


def not_free_then(
    booking: Assignment, contractors: Sequence[Contractor], rules: Rules, *, outside_window: bool = False
) -> dict[UUID, Reason | None]:
    """For each contractor the reason why the slot of `booking` is not free, or None. Uses the checks of a booking.

    With `outside_window`, the arrival window is no reason.
    """
    slot, request, site = booking.slot, JobRequest.of(booking.job), known_site(booking.job.point)
    if outside_window:
        request = request.despite_window()
    if slot.start <= timezone.now():
        past = Reason(Rule.IN_THE_PAST, gettext("The current time of the booking is in the past."))
        return dict.fromkeys((contractor.pk for contractor in contractors), past)
    calendars = load_calendars([contractor.pk for contractor in contractors], slot, rules) if contractors else {}
    reasons: dict[UUID, Reason | None] = {}
    for contractor in contractors:
        calendar = calendars[contractor.pk].for_job(request.job_id, request.allowed)
        free = is_free(calendar, slot, site, rules)
        reasons[contractor.pk] = None if free else why_not_free(calendar, slot, site, rules, contractor.name)
    return reasons
