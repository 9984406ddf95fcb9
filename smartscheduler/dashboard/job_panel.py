"""The side panel of a job: the ranking of now, or where it is booked, and the answer to "why not?"."""

from typing import Any
from uuid import UUID

from assignments.models import Assignment
from assignments.states import MOVABLE
from jobs.models import Job
from jobs.states import Status
from recommendations.admin.candidate_cards import asked_about, facts, ranking
from smartscheduler.accounts.models import User
from smartscheduler.accounts.visibility import redact_record
from smartscheduler.core.formatting import local_slot
from smartscheduler.rules.values import Rules

MOST_CARDS = 10


def context(job: Job, rules: Rules, *, q: str, contractor: UUID | None, reader: User) -> dict[str, Any]:
    """What the template needs, as far as `reader` may see it.

    A job that is booked and may still be moved is ranked as if it were free.
    """
    booking = Assignment.objects.live().filter(job=job).select_related("contractor").first()
    if booking:
        booking.job = job
    rankable = job.status == Status.OPEN or (booking is not None and booking.status in MOVABLE)
    horizon = rules.horizon_days
    found = (
        ranking(job, rules, horizon_days=horizon, max_results=MOST_CARDS, booking=booking, with_present=True)
        if rankable
        else {}
    )
    asked = (
        asked_about(
            job,
            rules,
            q=q.strip()[:100],
            reader=reader,
            contractor=contractor,
            horizon_days=horizon,
            booking=booking,
        )
        if rankable
        else {}
    )
    told = facts(job, reader)
    for shown in (job, *(one["contractor"] for one in found.get("cards", ()))):
        redact_record(shown, reader)
    if "answer" in asked:
        redact_record(asked["answer"]["contractor"], reader)
    return {
        "job": job,
        "facts": told,
        "booking": booking,
        "booked_for": local_slot(booking.slot, job.zone) if booking else "",
        "rankable": rankable,
        "horizon": horizon,
        "q": q,
        **found,
        **asked,
    }
