"""Erasure of a contractor: the record remains with its ratings, bookings and hours, but without personal data."""

from collections.abc import Sequence
from typing import Any

from django.db.models import Q
from django.db.models.functions import Round
from django.utils.translation import gettext

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

FIELDS = ("name", "phone_number", "email", "external_id", "address", "zip_code", "latitude", "longitude")
# Coordinates are rounded to a tenth of a degree, about seven miles.
DECIMALS = 1


def check(contractor: Contractor) -> None:
    """Raise PersonErased if already erased, LiveAssignments (with their list) if the contractor has live bookings."""
    if contractor.is_erased:
        raise PersonErased(gettext("{name} was already erased.").format(name=contractor.name))
    check_can_leave(contractor)


def erase(contractor: Contractor, erasure: Erasure, runs: Sequence[ImportRun], actor: User | None) -> None:
    """Erase the personal data of a locked contractor. `runs`: the imported files that name the contractor."""
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
        copy_erasure.redact_events(about, patterns, fields=FIELDS, contractor_name=erasure.pseudonym)
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
        "external_id": "",
        **coarse_place(),
    }


def coarse_place() -> dict[str, Any]:
    """Update values for a place: address and ZIP code replaced, coordinates rounded. City and state stay."""
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
    """Current and former addresses of the records: every combination of street and ZIP code, in the current city."""
    return [
        copy_erasure.address_of(record)._replace(address=street, zip_code=zip_code)
        for record in located
        for street in {record.address, *former["address"]}
        for zip_code in {record.zip_code, *former["zip_code"]}
    ]


def points_of(former: dict[str, set[str]]) -> list[Point]:
    """All combinations of former latitudes and longitudes. They are few and include every former place."""
    return [Point(float(lat), float(lon)) for lat in former["latitude"] for lon in former["longitude"]]


def _linked(contractor: Contractor) -> dict[Any, Q]:
    """Rows linked to the contractor. Only there, a name of a single word is safe to redact."""
    jobs = Q(pk__in=Assignment.objects.filter(contractor=contractor).values("job"))
    return {Assignment: Q(contractor=contractor), Job: jobs, Mail: Q(assignment__contractor=contractor)}
