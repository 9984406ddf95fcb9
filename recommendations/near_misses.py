"""When nobody can take a job: who comes closest, what keeps the others away, and what would help."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from assignments.eligibility import Reason, Rule, unmet_rules
from contractors.models import Contractor
from jobs.requirements import JobRequest
from recommendations.why_not import Answer, why_not
from smartscheduler.core.geo.bounding_boxes import Box, inside
from smartscheduler.rules.values import Rules
from smartscheduler.travel.estimates import known_site

# Degrees around the site within which somebody is near enough to be talked to, and how many are looked at.
AROUND, MOST_LOOKED_AT = 2.0, 300
MOST_NEAR_MISSES = 3


@dataclass(frozen=True)
class NearMiss:
    """Somebody who cannot take the job, the rules that fail, and what would change it."""

    contractor: Contractor
    miles: float
    answer: Answer


class NearbyContractor(NamedTuple):
    """Somebody of the right type around the site, and the rules without a calendar that fail."""

    contractor: Contractor
    miles: float
    reasons: list[Reason]


def nearby_contractors(request: JobRequest) -> list[NearbyContractor]:
    """Those around the site whom the fewest rules keep away come first, then the nearest. One query.

    Only active contractors of the job's type (or multi) are looked at, the best rated of those who live near.
    """
    point, site = request.point, known_site(request.point)
    around = Box(point.latitude - AROUND, point.latitude + AROUND, point.longitude - AROUND, point.longitude + AROUND)
    people = Contractor.objects.active().filter(type__in=[request.type, Contractor.Type.MULTI])
    near = inside(people, [around])
    found = []
    for one in near.order_by("-rating", "pk")[:MOST_LOOKED_AT]:
        miles = site.miles_from(one.point)
        found.append(NearbyContractor(one, miles, unmet_rules(one, request, miles=miles)))
    return sorted(found, key=lambda one: (len(one.reasons), one.miles, one.contractor.pk))


def nearest_misses(
    request: JobRequest,
    rules: Rules,
    *,
    horizon_days: int | None = None,
    most: int = MOST_NEAR_MISSES,
    around: Sequence[NearbyContractor] | None = None,
) -> list[NearMiss]:
    """The first of `nearby_contractors`, each with the answer to "why not?"."""
    people = nearby_contractors(request) if around is None else around
    return [
        NearMiss(person.contractor, person.miles, why_not(request, person.contractor, rules, horizon_days=horizon_days))
        for person in people[:most]
    ]


def barriers(request: JobRequest, around: Sequence[NearbyContractor]) -> list[str]:
    """What keeps the neighbours away, each rule with how many fail it, the most common first."""
    counts = Counter(reason.code for one in around for reason in one.reasons)
    suiting = sum(1 for one in around if not one.reasons)
    said = [_said(rule, count, request) for rule, count in counts.most_common()]
    if suiting:
        said.append(f"{suiting} would suit, but {'has' if suiting == 1 else 'have'} no time")
    return said


def _said(rule: Rule, count: int, request: JobRequest) -> str:
    if rule == Rule.MISSING_SKILL:
        return f"{count} lack{'s' if count == 1 else ''} a required skill ({', '.join(request.required_skills)})"
    if rule == Rule.OUT_OF_RADIUS:
        return f"{count} do{'es' if count == 1 else ''} not travel so far"
    return f"{count}: {rule.value.replace('_', ' ')}"
