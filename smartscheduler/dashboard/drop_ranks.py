"""Where a job can be dropped on the board, in JSON: the starts in each row, and how the ranking sees its contractor."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from assignments.drop_targets import drop_targets_on
from assignments.models import Assignment
from assignments.wanted_time import apart_from_desired, differs_from_wanted
from contractors.models import Contractor
from jobs.models import Job
from jobs.requirements import JobRequest
from recommendations.ranking import rank_candidates
from smartscheduler.core.formatting import local_slot
from smartscheduler.dashboard.axis import Axis
from smartscheduler.rules.values import Rules
from smartscheduler.timeslots import TimeSlot


def drop_targets_json(
    job: Job, contractors: Sequence[Contractor], axis: Axis, rules: Rules, *, despite_window: bool = False
) -> dict[str, Any]:
    """The drop targets of a job by contractor id.

    `window` has the position and the text of the job's arrival window. With `despite_window`, for readers who can break
    it, starts outside it are among the starts, and `breaks` is true for them.

    Each start has its position on the axis, and its difference from the desired date as a sentence (`note`) and in a
    few words (`apart`). `aim` is the position of the desired time, by the clock of the site where the axis does not
    reach the desired date. `rank` is null behind the first of the ranking. `isOverride` is true if another contractor
    ranks first; the one who has the job does not count.
    """
    request = JobRequest.of(job)
    fits = drop_targets_on(job, contractors, axis.window, rules, despite_window=despite_window)
    slots = {start: TimeSlot(start, start + job.duration) for fit in fits.values() for start in fit.starts}
    notes = {start: differs_from_wanted(slot, request) for start, slot in slots.items()}
    apart = {start: apart_from_desired(slot, request) for start, slot in slots.items()}
    ranks, first, present = _ranks(job, rules)
    return {
        str(person.pk): {
            "reason": fits[person.pk].reason,
            "starts": [
                {
                    "minute": axis.minute(start, person.zone),
                    "start": start,
                    "note": notes[start],
                    "apart": apart[start],
                    "breaks": not request.allows(start),
                }
                for start in fits[person.pk].starts
            ],
            "window": _window(request, axis, person),
            "aim": _aim(request, axis, person),
            "rank": ranks.get(person.pk),
            "isOverride": first is not None and person.pk not in (first, present),
        }
        for person in contractors
    }


def _window(request: JobRequest, axis: Axis, contractor: Contractor) -> dict[str, Any] | None:
    if request.arrival is None:
        return None
    first, last = (axis.minute(moment, contractor.zone) for moment in request.arrival)
    return {"from": first, "to": last, "text": local_slot(request.arrival, request.zone)}


def _ranks(job: Job, rules: Rules) -> tuple[dict[UUID, int], UUID | None, UUID | None]:
    """Ranks by contractor, the first contractor of the ranking, and the one who has the job."""
    present = Assignment.objects.live().filter(job=job).values_list("contractor_id", flat=True).first()
    ranks = {entry.contractor.pk: entry.rank for entry in rank_candidates(JobRequest.of(job), rules).entries}
    return ranks, next((contractor for contractor in ranks if contractor != present), None), present


def _aim(request: JobRequest, axis: Axis, contractor: Contractor) -> int:
    window = axis.window(contractor.zone)
    is_shown = window.start <= request.desired_date < window.end
    moment = request.desired_date if is_shown else request.wanted_on(axis.first).desired_date
    return axis.minute(moment, contractor.zone)
