"""Erasing a contractor: the record stays, with its ratings, bookings and hours, and is nobody's any more."""

from collections.abc import Sequence
from typing import Any

from django.db.models import Q
from django.db.models.functions import Round

from assignments.models import Assignment
from contractors.events import ContractorUpdated
from contractors.models import Absence, Contractor, Rating
from contractors.services import check_can_leave
from jobs.models import Job
from smartscheduler.accounts.models import User
from smartscheduler.core import pseudonyms
from smartscheduler.errors import PersonErased
from smartscheduler.events.models import OutboxEvent
from smartscheduler.events.publishing import publish
from smartscheduler.geocoding.addresses import Address
from smartscheduler.imports.models import ImportRun
from smartscheduler.notifications.models import Mail
from smartscheduler.places import Point
from smartscheduler.privacy import copy_erasure
from smartscheduler.privacy.free_text import sweep
from smartscheduler.privacy.history_rewrite import deliberately, former_values, rewrite, rewrite_history
from smartscheduler.privacy.models import Erasure
from smartscheduler.privacy.pii_matcher import PersonPatterns

FIELDS = ("name", "phone_number", "email", "address", "zip_code", "latitude", "longitude")
# A tenth of a degree: seven miles.
DECIMALS = 1


def check(contractor: Contractor) -> None:
    """Raise PersonErased when it is done, LiveAssignments (with the list of them) while it cannot be."""
    if contractor.is_erased:
        raise PersonErased(f"{contractor.name} has been erased before.")
    check_can_leave(contractor)


def erase(contractor: Contractor, erasure: Erasure, runs: Sequence[ImportRun], actor: User | None) -> None:
    """Everything that says who it was; the contractor is locked, `runs` are the imports that name them."""
    former = former_values(Contractor, [contractor.pk], *FIELDS)
    patterns, was = patterns_of(contractor, former, erasure.pseudonym), contractor.status
    values = _values(erasure)
    with deliberately():
        _forget_places(contractor, former)
        _of_the_record(contractor, values)
        _of_history(contractor, values)
        mine = Assignment.objects.filter(contractor=contractor)
        copy_erasure.forget_mails(Mail.objects.filter(assignment__in=mine), patterns)
        copy_erasure.rename_log(Contractor, [contractor.pk], erasure.pseudonym)
        copy_erasure.remove_imports(runs)
        copy_erasure.remove_views(patterns.wide)
        copy_erasure.forget_answers(patterns.wide, [contractor.pk])
        sweep(patterns.wide)
        sweep(patterns, _linked(contractor))
        about = OutboxEvent.objects.filter(data__contains={"contractor_id": str(contractor.pk)})
        copy_erasure.blot_events(about, patterns, fields=FIELDS, contractor_name=erasure.pseudonym)
    now = Contractor.Status.INACTIVE
    changed = dict.fromkeys(FIELDS) | ({} if was == now else {"status": now.value})
    publish(
        ContractorUpdated(contractor_id=contractor.pk, contractor_name=erasure.pseudonym, changed=changed, previous={}),
        actor=actor,
    )


def patterns_of(contractor: Contractor, former: dict[str, set[str]], instead: str) -> PersonPatterns:
    return PersonPatterns.of(
        names={contractor.name, *former["name"]},
        phones={contractor.phone_number, *former["phone_number"]},
        emails={contractor.email, *former["email"]},
        instead=instead,
    )


def _values(erasure: Erasure) -> dict[str, Any]:
    return {
        "name": erasure.pseudonym,
        "phone_number": pseudonyms.PHONE_NUMBER,
        "email": pseudonyms.address_of(erasure.pseudonym),
        **coarse_place(),
    }


def coarse_place() -> dict[str, Any]:
    """City, state and time zone stay; the rest of a place, as values for an update."""
    rough = {name: Round(name, precision=DECIMALS) for name in ("latitude", "longitude")}
    return {"address": pseudonyms.ADDRESS, "zip_code": pseudonyms.ZIP_CODE, **rough}


def _of_the_record(contractor: Contractor, values: dict[str, Any]) -> None:
    rows = Contractor.objects.filter(pk=contractor.pk)
    rewrite(rows, **values, status=Contractor.Status.INACTIVE)
    Absence.objects.filter(contractor=contractor).update(kind=Absence.Kind.OTHER, note="")
    Rating.objects.filter(contractor=contractor).update(comment="")


def _of_history(contractor: Contractor, values: dict[str, Any]) -> None:
    key = [contractor.pk]
    rewrite_history(Contractor, key, values)
    rewrite_history(Absence, key, {"kind": Absence.Kind.OTHER.value, "note": ""}, column="contractor_id")
    rewrite_history(Rating, key, {"comment": ""}, column="contractor_id")


def _forget_places(contractor: Contractor, former: dict[str, set[str]]) -> None:
    copy_erasure.forget_places(addresses_of([contractor], former), [contractor.point, *points_of(former)])


def addresses_of(located: list[Any], former: dict[str, set[str]]) -> list[Address]:
    """The addresses of the records, and every street that they had before, at the place where they are."""
    return [
        copy_erasure.address_of(one)._replace(address=street, zip_code=zip_code)
        for one in located
        for street in {one.address, *former["address"]}
        for zip_code in {one.zip_code, *former["zip_code"]}
    ]


def points_of(former: dict[str, set[str]]) -> list[Point]:
    """Every combination of what coordinates have been: few, and each that was a place is among them."""
    return [Point(float(lat), float(lon)) for lat in former["latitude"] for lon in former["longitude"]]


def _linked(contractor: Contractor) -> dict[Any, Q]:
    """Rows in which a name of one word can only be this one's."""
    jobs = Q(pk__in=Assignment.objects.filter(contractor=contractor).values("job"))
    return {Assignment: Q(contractor=contractor), Job: jobs, Mail: Q(assignment__contractor=contractor)}
