"""When nobody can take a job: who comes closest, and what would help."""

from dataclasses import dataclass
from typing import NamedTuple

from assignments.eligibility import unmet_rules
from contractors.models import Contractor
from jobs.requests import JobRequest
from recommendations.why_not import Answer, why_not
from smartscheduler.places import Origin
from smartscheduler.rules.current import going_by

# Degrees around the site within which somebody is near enough to be talked to, and how many are looked at.
AROUND, MOST_LOOKED_AT = 2.0, 300
MOST_MISSES = 3


@dataclass(frozen=True)
class Miss:
    """Somebody who cannot take the job, the rules that fail, and what would change it."""

    contractor: Contractor
    miles: float
    answer: Answer


class _Distance(NamedTuple):
    rules: int
    miles: float


@going_by()
def nearest_misses(request: JobRequest, *, horizon_days: int | None = None, most: int = MOST_MISSES) -> list[Miss]:
    """Those around the site whom the fewest rules keep away, the nearest first; each with the answer to "why not?".

    Only active contractors of the job's type (or multi) are looked at, the best rated of those who live near.
    """
    site, origin = request.point, Origin(request.point)
    near = Contractor.objects.active().filter(
        type__in=[request.type, Contractor.Type.MULTI],
        latitude__range=(site.latitude - AROUND, site.latitude + AROUND),
        longitude__range=(site.longitude - AROUND, site.longitude + AROUND),
    )
    people = [(one, origin.miles_to(one.point)) for one in near.order_by("-rating", "pk")[:MOST_LOOKED_AT]]
    people.sort(key=lambda pair: (_Distance(len(unmet_rules(pair[0], request, miles=pair[1])), pair[1]), pair[0].pk))
    return [Miss(one, miles, why_not(request, one, horizon_days=horizon_days)) for one, miles in people[:most]]
