"""Requirements that need no calendar, and the reasons for failing one. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from django.utils.translation import gettext

from contractors.models import Contractor
from jobs.requirements import JobRequest
from smartscheduler.core.text import fold


class Rule(StrEnum):
    INACTIVE = "inactive"
    WRONG_TYPE = "wrong_type"
    MISSING_SKILL = "missing_skill"
    OUT_OF_RADIUS = "out_of_radius"
    NOT_WORKING = "not_working"
    ABSENT = "absent"
    FULLY_BOOKED = "fully_booked"
    DRIVE_TOO_LONG = "drive_too_long"
    IN_THE_PAST = "in_the_past"
    OUTSIDE_WINDOW = "outside_window"
    REFUSED_BY_CUSTOMER = "refused_by_customer"


# Rules that depend on exact places; hidden from users who must not see these.
DECIDED_BY_PLACES = frozenset({Rule.OUT_OF_RADIUS, Rule.DRIVE_TOO_LONG})
WHOLE_MILES_FROM = 100


@dataclass(frozen=True, slots=True)
class Reason:
    """Failed rule, with a text that says why and what would help."""

    code: Rule
    message: str

    def as_json(self) -> dict[str, str]:
        return {"code": self.code.value, "message": self.message}


def unmet_rules(contractor: Contractor, request: JobRequest, *, miles: float) -> list[Reason]:
    """Rules of status, customer, type, skills and radius that `contractor` fails for `request`; empty without any.

    `miles` is the distance that is compared with the radius: by road if that is known (`Site.miles_from`).
    """
    reasons = [
        unmet_status(contractor),
        _customer(contractor, request),
        _type(contractor, request),
        _skills(contractor, request),
        _radius(contractor, miles),
    ]
    return [reason for reason in reasons if reason]


def unmet_status(contractor: Contractor) -> Reason | None:
    """Reason why the contractor's status prevents new assignments; None for an active contractor."""
    if contractor.status == Contractor.Status.ACTIVE:
        return None
    if contractor.status == Contractor.Status.ON_LEAVE:
        message = gettext("{contractor} is on leave. Choose another contractor, or activate this one.")
    else:
        message = gettext(
            "{contractor} is inactive. Choose another contractor, or ask an administrator to restore this one."
        )
    return Reason(Rule.INACTIVE, message.format(contractor=contractor.name))


def _customer(contractor: Contractor, request: JobRequest) -> Reason | None:
    if contractor.pk not in request.refused:
        return None
    message = gettext(
        "The customer has refused {contractor}. "
        "Choose another contractor, or remove this one from the customer's refused contractors."
    )
    return Reason(Rule.REFUSED_BY_CUSTOMER, message.format(contractor=contractor.name))


def _type(contractor: Contractor, request: JobRequest) -> Reason | None:
    if contractor.type in {request.type, Contractor.Type.MULTI}:
        return None
    message = gettext("{contractor} does {type} jobs, but this is a {job_type} job. Choose another contractor.")
    types = {"type": Contractor.Type(contractor.type).label, "job_type": Contractor.Type(request.type).label}
    return Reason(
        Rule.WRONG_TYPE,
        message.format(contractor=contractor.name, **{name: label.lower() for name, label in types.items()}),
    )


def missing_skills(skills: Iterable[str], request: JobRequest) -> list[str]:
    """Required skills that are not among `skills`; spellings are compared by `fold` (smartscheduler.core.text)."""
    has = set(map(fold, skills))
    return [skill for skill in request.required_skills if fold(skill) not in has]


def _skills(contractor: Contractor, request: JobRequest) -> Reason | None:
    missing = missing_skills(contractor.skills, request)
    if not missing:
        return None
    message = gettext("{contractor} lacks required skills: {skills}. Choose another contractor, or add the skills.")
    return Reason(Rule.MISSING_SKILL, message.format(contractor=contractor.name, skills=", ".join(missing)))


def outside_radius(contractor: Contractor, miles: float) -> float:
    """Distance in miles from the site to the service radius; 0 inside the radius or without one."""
    if contractor.service_radius_miles is None:
        return 0.0
    return max(0.0, miles - float(contractor.service_radius_miles))


def _radius(contractor: Contractor, miles: float) -> Reason | None:
    excess = outside_radius(contractor, miles)
    if not excess:
        return None
    message = gettext(
        "The site is {miles} miles away, {excess} miles outside the service radius of {radius} miles. "
        "Choose another contractor, or increase the radius."
    )
    radius = f"{float(contractor.service_radius_miles or 0):g}"
    return Reason(Rule.OUT_OF_RADIUS, message.format(miles=_rounded(miles), excess=_rounded(excess), radius=radius))


def _rounded(miles: float) -> str:
    """Tenths of a mile, from 100 miles on whole miles: `1,720`."""
    return f"{miles:,.0f}" if miles >= WHOLE_MILES_FROM else f"{miles:.1f}"
