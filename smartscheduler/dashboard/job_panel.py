"""Side panel of a job: current ranking or booking, and the reasons why a chosen contractor is not eligible."""

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
from smartscheduler.notifications.message_log import log_of_job
from smartscheduler.rules.values import Rules

MOST_CARDS = 10


def context(
    job: Job, rules: Rules, *, q: str, contractor: UUID | None, free_that_day: bool, reader: User
) -> dict[str, Any]:
    """Context of the template, redacted for `reader`.

    A job with a movable booking is ranked as if it were open. With `free_that_day`, only contractors who are free on
    the desired day are ranked.
    """
    booking = Assignment.objects.live().filter(job=job).select_related("contractor").first()
    if booking:
        booking.job = job
    rankable = job.status == Status.OPEN or (booking is not None and booking.status in MOVABLE)
    horizon = 0 if free_that_day else rules.horizon_days
    ranked = (
        ranking(job, rules, horizon_days=horizon, max_results=MOST_CARDS, booking=booking, with_present=True)
        if rankable
        else {}
    )
    answer = (
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
    # Computed before the redaction: the facts use the stored values and apply the permissions themselves.
    job_facts, log = facts(job, reader), log_of_job(job, reader)
    for record in (job, *(card["contractor"] for card in ranked.get("cards", ()))):
        redact_record(record, reader)
    if "answer" in answer:
        redact_record(answer["answer"]["contractor"], reader)
    return {
        "job": job,
        "facts": job_facts,
        "log": log,
        "booking": booking,
        "booked_for": local_slot(booking.slot, job.zone) if booking else "",
        "rankable": rankable,
        "horizon": horizon,
        "free_that_day": free_that_day,
        "q": q,
        **ranked,
        **answer,
    }
