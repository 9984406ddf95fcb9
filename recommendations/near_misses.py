"""Near misses: contractors who fail the fewest requirements of a job that no contractor can take."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from django.utils.translation import gettext, ngettext

from assignments.eligibility import Reason, Rule, unmet_rules
from contractors.models import Contractor
from jobs.requirements import JobRequest
from recommendations.why_not import Answer, why_not
from smartscheduler.core.geo.bounding_boxes import Box, inside
from smartscheduler.rules.values import Rules
from smartscheduler.travel.estimates import known_site

# Half the side of the searched square, in degrees (about 140 miles north to south), and the limit on its contractors.
AROUND_DEGREES, MOST_LOOKED_AT = 2.0, 300
MOST_NEAR_MISSES = 3


@dataclass(frozen=True)
class NearMiss:
    """A contractor who cannot take the job, with the failed requirements and what would change them."""

    contractor: Contractor
    miles: float
    answer: Answer


class NearbyContractor(NamedTuple):
    """A contractor of the right type near the site, and the failed requirements that need no calendar."""

    contractor: Contractor
    miles: float
    reasons: list[Reason]


def nearby_contractors(request: JobRequest) -> list[NearbyContractor]:
    """Contractors near the site, ordered by the number of failed requirements, then by distance. One query.

    Only active contractors of the job's type (or multi) count; if there are many, the best rated ones.
    """
    (latitude, longitude), site = request.point, known_site(request.point)
    around = Box(
        latitude - AROUND_DEGREES, latitude + AROUND_DEGREES, longitude - AROUND_DEGREES, longitude + AROUND_DEGREES
    )
    of_type = Contractor.objects.active().filter(type__in=[request.type, Contractor.Type.MULTI])
    nearby = []
    for contractor in inside(of_type, [around]).order_by("-rating", "pk")[:MOST_LOOKED_AT]:
        miles = site.miles_from(contractor.point)
        nearby.append(NearbyContractor(contractor, miles, unmet_rules(contractor, request, miles=miles)))
    return sorted(nearby, key=lambda near: (len(near.reasons), near.miles, near.contractor.pk))


def nearest_misses(
    request: JobRequest,
    rules: Rules,
    *,
    horizon_days: int | None = None,
    most: int = MOST_NEAR_MISSES,
    around: Sequence[NearbyContractor] | None = None,
) -> list[NearMiss]:
    """The first `most` of `nearby_contractors`, each with the reasons and suggestions of `why_not`."""
    nearby = nearby_contractors(request) if around is None else around
    return [
        NearMiss(near.contractor, near.miles, why_not(request, near.contractor, rules, horizon_days=horizon_days))
        for near in nearby[:most]
    ]


def barriers(request: JobRequest, around: Sequence[NearbyContractor]) -> list[str]:
    """The failed requirements of the nearby contractors with their counts, the most common first."""
    counts = Counter(reason.code for near in around for reason in near.reasons)
    suitable = sum(1 for near in around if not near.reasons)
    texts = [_barrier(rule, count, request) for rule, count in counts.most_common()]
    if suitable:
        texts.append(
            ngettext(
                "{count} meets all requirements but is not free",
                "{count} meet all requirements but are not free",
                suitable,
            ).format(count=suitable)
        )
    return texts


def _barrier(rule: Rule, count: int, request: JobRequest) -> str:
    match rule:
        case Rule.MISSING_SKILL:
            text = ngettext(
                "{count} lacks a required skill ({skills})", "{count} lack a required skill ({skills})", count
            )
            return text.format(count=count, skills=", ".join(request.required_skills))
        case Rule.REFUSED_BY_CUSTOMER:
            return ngettext("{count} is refused by the customer", "{count} are refused by the customer", count).format(
                count=count
            )
        case Rule.OUT_OF_RADIUS:
            return ngettext("{count} does not travel that far", "{count} do not travel that far", count).format(
                count=count
            )
        case _:  # `nearby_contractors` leaves no other requirement that needs no calendar
            return gettext("{count}: {rule}").format(count=count, rule=rule.value.replace("_", " "))
