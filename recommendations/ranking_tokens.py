"""Ranking tokens: an assignment that is sent with one fails if the ranking has changed since.

A token is signed, not encrypted. It contains the job, the limits of the ranking, and the contractors with their scores.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.core import signing
from django.utils.translation import gettext

from jobs.models import Job
from jobs.requirements import JobRequest
from recommendations.ranking import rank_candidates
from recommendations.results import Ranking
from recommendations.serializers import ranking_as_json
from smartscheduler.errors import InvalidInput, RankingStale
from smartscheduler.rules.values import UNIT, Rules

SALT = "smartscheduler.ranking"
VALID_FOR = timedelta(days=1)

# Contractor → rank from 1 and score in ten-thousandths.
Places = dict[UUID, tuple[int, int]]


def places_of(ranking: Ranking) -> Places:
    return {entry.contractor.pk: (entry.rank, int(entry.score * UNIT)) for entry in ranking.entries}


def token_of(
    ranking: Ranking,
    job: Job,
    *,
    max_results: int,
    horizon_days: int | None,
    day: date | None = None,
    outside_window: bool = False,
) -> str:
    """The token of a ranking for `job` that was requested with these limits.

    `day` replaced the desired date; `outside_window` ranked without the arrival window.
    """
    scores = [[contractor.hex, score] for contractor, (_, score) in places_of(ranking).items()]
    content: list[Any] = [job.pk.hex, max_results, horizon_days, scores]
    if day or outside_window:
        content.append(day.isoformat() if day else None)
    if outside_window:
        content.append(True)
    return signing.dumps(content, salt=SALT, compress=True)


def answer_with_token(
    ranking: Ranking, job: Job, *, reader: Any, max_results: int, horizon_days: int | None = None
) -> dict[str, Any]:
    """The response body of a ranking, with its token."""
    token = token_of(ranking, job, max_results=max_results, horizon_days=horizon_days)
    return {**ranking_as_json(ranking, job, reader=reader), "ranking_token": token}


def check_token(token: str, job: Job, rules: Rules, *, reader: Any) -> None:
    """Check that the ranking of the token is still current.

    Raises RankingStale, with the current ranking and the changes; InvalidInput for an invalid or expired token, or one
    of another job.
    """
    try:
        job_id, max_results, horizon_days, scores, *further = signing.loads(token, salt=SALT, max_age=VALID_FOR)
    except signing.SignatureExpired:
        message = gettext("This ranking token has expired. Request the ranking again.")
        raise InvalidInput.of("ranking_token", message) from None
    except signing.BadSignature:
        raise InvalidInput.of("ranking_token", gettext("This is not a valid ranking token.")) from None
    if job_id != job.pk.hex:
        raise InvalidInput.of("ranking_token", gettext("This token belongs to the ranking of another job."))
    was = {UUID(contractor): (rank, score) for rank, (contractor, score) in enumerate(scores, start=1)}
    day, outside_window = (*further, None, None)[:2]
    request = JobRequest.of(job).wanted_on(date.fromisoformat(day) if day else None)
    if outside_window:
        request = request.despite_window()
    ranking = rank_candidates(request, rules, max_results=max_results, horizon_days=horizon_days)
    now = places_of(ranking)
    if list(was.items()) == list(now.items()):
        return
    fresh = answer_with_token(ranking, job, reader=reader, max_results=max_results, horizon_days=horizon_days)
    message = gettext("The ranking of {job} has changed since you saw it. Check the new ranking, then choose again.")
    raise RankingStale(
        message.format(job=job.job_number),
        errors={"ranking_token": [gettext("The ranking has changed.")]},
        extra={"changes": list(_changes(was, now)), "ranking": fresh},
    )


def _changes(was: Places, now: Places) -> Iterator[dict[str, Any]]:
    """The contractors whose rank or score changed, including those who are new or no longer in the ranking."""
    for contractor in [*now, *(gone for gone in was if gone not in now)]:
        if was.get(contractor) != now.get(contractor):
            yield {
                "contractor": str(contractor),
                "was": _place(was.get(contractor)),
                "now": _place(now.get(contractor)),
            }


def _place(place: tuple[int, int] | None) -> dict[str, Any] | None:
    return None if place is None else {"rank": place[0], "score": place[1] / UNIT}
