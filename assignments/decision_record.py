"""Why a contractor was chosen, as kept with the assignment.

Ranking builds on assignments, so it cannot be called from here by name: the setting
`DECISION_MAKER` holds the dotted path of the function that ranks (see docs/adr/).
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Protocol, cast

from django.conf import settings
from django.utils.module_loading import import_string

if TYPE_CHECKING:
    from contractors.models import Contractor
    from jobs.models import Job
    from smartscheduler.accounts.models import User
    from smartscheduler.rules.values import Rules
    from smartscheduler.timeslots import TimeSlot


@dataclass(frozen=True, kw_only=True)
class Decision:
    """Score (0–1), its breakdown, and the rank among all who could have been ranked; no rank when not a candidate.

    `candidates_considered` is their number, or at least so many unless `candidates_exact`. `rules` are those that the
    booking goes by to its end, whatever is published meanwhile.
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
    """How good a choice `contractor` is for `job` in `slot` by `rules`, as things stand now.

    With the token of a ranking, raises RankingStale when something that decided it has changed since, with the
    ranking of now as `reader` may see it.
    """
    maker = cast(DecisionMaker, import_string(settings.DECISION_MAKER))
    return maker(job=job, contractor=contractor, slot=slot, rules=rules, ranking_token=ranking_token, reader=reader)
