"""Decision stored with an assignment: score, breakdown and rank of the chosen contractor.

The ranking is in an app above this one, which must not be imported here. The setting `DECISION_MAKER` has the dotted
path of the function that ranks (see docs/adr/).
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Protocol, cast

from django.conf import settings
from django.utils.module_loading import import_string
from django.utils.translation import gettext

from assignments import scoring
from jobs.requirements import JobRequest
from smartscheduler.travel.estimates import known_site

if TYPE_CHECKING:
    from contractors.models import Contractor
    from jobs.models import Job
    from smartscheduler.accounts.models import User
    from smartscheduler.rules.values import Rules
    from smartscheduler.timeslots import TimeSlot


@dataclass(frozen=True, kw_only=True)
class Decision:
    """Score (0–1) with breakdown, and the rank among all candidates; `rank` is None for a contractor who is not one.

    `candidates_considered` is the number of candidates, or a lower limit unless `candidates_exact`. `rules` are used
    until the booking is saved, even if other rules are published in the meantime.
    """

    rules: "Rules"
    score: Decimal
    score_breakdown: dict[str, Any]
    rank: int | None
    candidates_considered: int
    candidates_exact: bool = False


class DecisionMaker(Protocol):
    def __call__(
        self,
        *,
        job: "Job",
        contractor: "Contractor",
        slot: "TimeSlot",
        rules: "Rules",
        ranking_token: str = "",
        reader: "User | None" = None,
    ) -> Decision: ...


def decide(
    *,
    job: "Job",
    contractor: "Contractor",
    slot: "TimeSlot",
    rules: "Rules",
    ranking_token: str = "",
    reader: "User | None" = None,
) -> Decision:
    """Score and rank of `contractor` for `job` in `slot`, computed now by `rules`.

    With the token of a ranking, raises RankingStale if that ranking is out of date. The error contains the current
    ranking as far as `reader` is allowed to see it.
    """
    maker = cast(DecisionMaker, import_string(settings.DECISION_MAKER))
    return maker(job=job, contractor=contractor, slot=slot, rules=rules, ranking_token=ranking_token, reader=reader)


def imported_decision(*, job: "Job", contractor: "Contractor", slot: "TimeSlot", rules: "Rules") -> Decision:
    """The decision of a booking that was made elsewhere: the score of the contractor, and no rank.

    Nothing is ranked, because the contractor was chosen earlier, and for other reasons.
    """
    request = JobRequest.of(job)
    days = (slot.start.astimezone(request.zone).date() - request.desired_day).days
    miles = known_site(request.point).miles_from(contractor.point)
    weights = scoring.Weights.of(rules)
    score = scoring.score(
        availability=scoring.availability_part(days),
        rating=scoring.rating_part(scoring.hundredths(contractor.rating)),
        distance=scoring.distance_part(miles, rules.max_miles),
        weights=weights,
    )
    parts = zip(scoring.PARTS, scoring.parts_of(score), weights, strict=True)
    numbers = {
        name: float(scoring.as_decimal(units))
        for part, points, weight in parts
        for name, units in ((f"{part}_score", points), (f"{part}_weight", weight))
    }
    explanation = gettext("Imported: the contractor was chosen before the import, without a ranking.")
    return Decision(
        rules=rules,
        score=scoring.as_decimal(score.total),
        score_breakdown={**numbers, "explanation": explanation},
        rank=None,
        candidates_considered=0,
        candidates_exact=False,
    )
