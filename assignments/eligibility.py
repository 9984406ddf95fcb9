"""The hard rules that need no calendar, and the words for every rule that can fail. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

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


# Whether these hold depends on where contractor and site are.
DECIDED_BY_PLACES = frozenset({Rule.OUT_OF_RADIUS, Rule.DRIVE_TOO_LONG})


@dataclass(frozen=True, slots=True)
class Reason:
    """A rule that failed, and a sentence for people."""

    code: Rule
    message: str

    def as_json(self) -> dict[str, str]:
        return {"code": self.code.value, "message": self.message}


def unmet_rules(contractor: Contractor, request: JobRequest, *, miles: float) -> list[Reason]:
    """The rules of status, type, skills and radius that `contractor` fails for `request`; empty when none.

    `miles` is what counts against the radius: those of the road where it is known (`Site.miles_from`).
    """
    found = [
        _status(contractor),
        _type(contractor, request),
        _skills(contractor, request),
        _radius(contractor, miles),
    ]
    return [reason for reason in found if reason]


def _status(contractor: Contractor) -> Reason | None:
    if contractor.status == Contractor.Status.ACTIVE:
        return None
    return Reason(Rule.INACTIVE, f"{contractor.name} is {contractor.get_status_display().lower()}.")


def _type(contractor: Contractor, request: JobRequest) -> Reason | None:
    if contractor.type in {request.type, Contractor.Type.MULTI}:
        return None
    return Reason(Rule.WRONG_TYPE, f"{contractor.name} does {contractor.type}; the job is {request.type}.")


def missing_skills(skills: Iterable[str], request: JobRequest) -> list[str]:
    """The required skills that are not among `skills`, however these are written (smartscheduler.core.text.fold)."""
    has = set(map(fold, skills))
    return [skill for skill in request.required_skills if fold(skill) not in has]


def _skills(contractor: Contractor, request: JobRequest) -> Reason | None:
    missing = missing_skills(contractor.skills, request)
    return Reason(Rule.MISSING_SKILL, f"{contractor.name} lacks: {', '.join(missing)}.") if missing else None


def outside_radius(contractor: Contractor, miles: float) -> float:
    """How many miles the site lies outside the service radius; 0 when inside or when there is none."""
    if contractor.service_radius_miles is None:
        return 0.0
    return max(0.0, miles - float(contractor.service_radius_miles))


def _radius(contractor: Contractor, miles: float) -> Reason | None:
    excess = outside_radius(contractor, miles)
    if not excess:
        return None
    return Reason(
        Rule.OUT_OF_RADIUS,
        f"The site is {miles:.1f} miles away, {excess:.1f} miles outside the service radius of "
        f"{float(contractor.service_radius_miles or 0):g} miles.",
    )
