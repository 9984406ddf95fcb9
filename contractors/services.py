"""Services that create and change contractors."""

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext, ngettext

from contractors.events import ContractorCreated, ContractorRated, ContractorUpdated, ScheduleUpdated
from contractors.models import Absence, Contractor, Favorite, Rating, WorkingHours
from contractors.signals import leaving_service
from contractors.working_week import Shift, check_week
from smartscheduler.accounts.models import User
from smartscheduler.accounts.permissions import Permission
from smartscheduler.core.db.external_ids import check_external_id
from smartscheduler.core.db.inserts import insert, insert_many
from smartscheduler.core.db.transactions import domain_transaction
from smartscheduler.core.geo.postal_areas import PLACE_FIELDS, check_location
from smartscheduler.core.json_values import as_json
from smartscheduler.errors import AlreadyRated, DuplicateEmail, InvalidInput, NotAllowed, PersonErased
from smartscheduler.events.publishing import publish
from smartscheduler.rules.current import current_rules
from smartscheduler.timeslots import TimeSlot

LONGEST_ABSENCE = timedelta(days=5 * 366)
MOST_FAVORITES = 100


def usual_service_radius() -> Decimal:
    """Default service radius in miles: the maximum distance of the current scheduling rules."""
    return Decimal(str(current_rules().max_miles))


@domain_transaction
def create_contractor(
    *, working_hours: Sequence[Shift], actor: User | None, is_known_new: bool = False, **fields: Any
) -> Contractor:
    """Create an active contractor with at least one shift.

    `is_known_new`: the caller has looked, and no contractor has the email address or the external ID.
    Raises InvalidInput (by field) and DuplicateEmail.
    """
    if "service_radius_miles" not in fields:
        fields["service_radius_miles"] = usual_service_radius()
    contractor = Contractor(**fields)
    shifts = check_week(working_hours)
    _check(contractor, is_known_new=is_known_new)
    insert(contractor)
    _store_shifts(contractor, shifts)
    created = ContractorCreated(
        contractor_id=contractor.pk,
        contractor_name=contractor.name,
        contractor_type=contractor.type,
        contractor_status=contractor.status,
        city=contractor.city,
        state=contractor.state,
    )
    publish(created, actor=actor)
    return contractor


@domain_transaction
def update_contractor(*, contractor_id: UUID, actor: User | None, **changes: Any) -> Contractor:
    """Change the fields named in `changes`; `working_hours`, if given, is a list of shifts.

    New coordinates without a `time_zone` derive the time zone again. Publishes no event when no value differs.
    Raises InvalidInput (by field), DuplicateEmail and PersonErased.
    """
    contractor = _changeable(contractor_id)
    working_hours = changes.pop("working_hours", None)
    previous = {name: getattr(contractor, name) for name in (*changes, "time_zone")}
    for name, value in changes.items():
        setattr(contractor, name, value)
    moved = any(name in changes and changes[name] != previous[name] for name in ("latitude", "longitude"))
    if moved and not changes.get("time_zone"):
        contractor.time_zone = ""
    _check(contractor, place=any(name in PLACE_FIELDS and value != previous[name] for name, value in changes.items()))
    changed = {name: getattr(contractor, name) for name, was in previous.items() if getattr(contractor, name) != was}
    if changed:
        contractor.save()
        publish(
            ContractorUpdated(
                contractor_id=contractor.pk,
                contractor_name=contractor.name,
                changed={name: as_json(value) for name, value in changed.items()},
                previous={name: as_json(previous[name]) for name in changed},
            ),
            actor=actor,
        )
    if working_hours is not None:
        _replace_shifts(contractor, working_hours, actor=actor)
    return contractor


@domain_transaction
def update_schedule(*, contractor_id: UUID, working_hours: Sequence[Shift], actor: User | None) -> Contractor:
    """Replace all working hours. Raises InvalidInput for an empty or invalid week, and PersonErased."""
    contractor = _changeable(contractor_id)
    _replace_shifts(contractor, working_hours, actor=actor)
    return contractor


@domain_transaction
def add_absence(
    *, contractor_id: UUID, period: TimeSlot, actor: User | None, kind: str = Absence.Kind.LEAVE, note: str = ""
) -> Absence:
    """Add a period in which the contractor does not work, at most five years long.

    Raises InvalidInput and PersonErased.
    """
    if period.duration > LONGEST_ABSENCE:
        raise InvalidInput.of("end", gettext("An absence can last at most five years."))
    contractor = _changeable(contractor_id)
    before = _schedule(contractor)
    absence = Absence(contractor=contractor, kind=kind, note=note)
    absence.slot = period
    absence.full_clean()
    absence.save()
    _touch(contractor)
    _publish_schedule(contractor, before, actor)
    return absence


@domain_transaction
def remove_absence(*, contractor_id: UUID, absence_id: int, actor: User | None) -> None:
    """Delete an absence. Raises Absence.DoesNotExist."""
    contractor = Contractor.objects.locked().get(pk=contractor_id)
    absence = Absence.objects.get(pk=absence_id, contractor=contractor)
    before = _schedule(contractor)
    absence.delete()
    _touch(contractor)
    _publish_schedule(contractor, before, actor)


@domain_transaction
def deactivate_contractor(*, contractor_id: UUID, actor: User | None) -> Contractor:
    """Deactivate a contractor.

    Raises InvalidTransition when already inactive, and LiveAssignments (which lists them) while there are any.
    """
    contractor = Contractor.objects.locked().get(pk=contractor_id)
    previous = contractor.status
    contractor.deactivate()
    check_can_leave(contractor)
    return _save_status(contractor, previous, actor)


def check_can_leave(contractor: Contractor) -> None:
    """Raise a domain error if the contractor, whose row is locked, cannot be deactivated or erased now.

    Apps that depend on contractors decide; `assignments` raises LiveAssignments, which lists them.
    """
    leaving_service.send(sender=Contractor, contractor=contractor)


@domain_transaction
def mark_on_leave(*, contractor_id: UUID, actor: User | None) -> Contractor:
    """Mark a contractor as on leave; existing assignments stay.

    Raises InvalidTransition when already on leave, and NotAllowed as `activate_contractor` does.
    """
    contractor = _changeable(contractor_id)
    previous = contractor.status
    _check_restoring(contractor, actor)
    contractor.mark_on_leave()
    return _save_status(contractor, previous, actor)


@domain_transaction
def activate_contractor(*, contractor_id: UUID, actor: User | None) -> Contractor:
    """Activate a contractor.

    Raises InvalidTransition when already active, and NotAllowed when an actor without RESTORE_CONTRACTORS activates an
    inactive contractor.
    """
    contractor = _changeable(contractor_id)
    previous = contractor.status
    _check_restoring(contractor, actor)
    contractor.activate()
    return _save_status(contractor, previous, actor)


@domain_transaction
def update_rating(
    *,
    contractor_id: UUID,
    rating: Decimal,
    actor: User | None,
    comment: str = "",
    job_id: UUID | None = None,
    by_customer: bool = False,
) -> Contractor:
    """Add a rating (0–5) to the contractor's mean.

    Raises InvalidInput outside 0–5, and AlreadyRated when the job `job_id` already has a rating.
    """
    contractor = Contractor.objects.locked().get(pk=contractor_id)
    if job_id and Rating.objects.filter(job_id=job_id).exists():
        raise AlreadyRated(gettext("This assignment already has a rating."))
    previous = contractor.rating
    contractor.add_rating(rating)
    Rating.objects.create(
        contractor=contractor,
        job_id=job_id,
        value=rating,
        comment=comment,
        given_by=actor,
        by_customer=by_customer,
    )
    contractor.save(update_fields=["rating", "rating_count", "rating_total"])
    publish(
        ContractorRated(
            contractor_id=contractor.pk,
            contractor_name=contractor.name,
            previous_rating=float(previous),
            new_rating=float(contractor.rating),
            rating_count=contractor.rating_count,
            job_id=job_id,
        ),
        actor=actor,
    )
    return contractor


def likely_duplicates(contractor: Contractor) -> list[Contractor]:
    """Up to ten other contractors with the same name and base."""
    same = Contractor.objects.same_place_and_name(
        name=contractor.name, latitude=contractor.latitude, longitude=contractor.longitude
    )
    return list(same.exclude(pk=contractor.pk)[:10])


def _changeable(contractor_id: UUID) -> Contractor:
    """Lock and return the contractor. Raises PersonErased: erased contractors are read-only."""
    contractor = Contractor.objects.locked().get(pk=contractor_id)
    if contractor.is_erased:
        message = gettext("The personal data of {contractor} was erased. Create a new contractor instead.")
        raise PersonErased(message.format(contractor=contractor.name))
    return contractor


def _check(contractor: Contractor, *, place: bool = True, is_known_new: bool = False) -> None:
    """Validate all fields; skip the check of the location when `place` is False.

    An edit that leaves the location alone must not fail because the location was stored before that check existed.
    """
    contractor.clean_fields()
    if place:
        check_location(contractor)
    contractor.derive_time_zone()
    check_external_id(contractor, gettext("Another contractor has this external ID."), is_known_new=is_known_new)
    if not is_known_new and Contractor.objects.with_email(contractor.email).exclude(pk=contractor.pk).exists():
        message = gettext("Another contractor has this email address.")
        raise DuplicateEmail(message, errors={"email": [message]})


def _store_shifts(contractor: Contractor, shifts: Sequence[Shift]) -> None:
    insert_many(
        WorkingHours(
            contractor=contractor,
            day_of_week=shift.day_of_week,
            start_time=shift.start_time,
            end_time=shift.end_time,
        )
        for shift in shifts
    )


def _replace_shifts(contractor: Contractor, working_hours: Sequence[Shift], *, actor: User | None) -> None:
    shifts = check_week(working_hours)
    if shifts == contractor.shifts:
        return
    before = _schedule(contractor)
    contractor.working_hours.all().delete()
    _store_shifts(contractor, shifts)
    _touch(contractor)
    _publish_schedule(contractor, before, actor)


def _touch(contractor: Contractor) -> None:
    """Save a new version of the contractor, so that clients with an ETag notice the changed schedule."""
    contractor.save(update_fields=["updated_at"])


@domain_transaction
def add_favorite(*, owner: User, contractor_id: UUID) -> Favorite:
    """Star a contractor for `owner`; a starred one stays starred.

    Raises Contractor.DoesNotExist, and InvalidInput for more than MOST_FAVORITES favorites.
    """
    # The lock keeps two requests of one user from exceeding the limit together.
    User.objects.select_for_update(no_key=True).get(pk=owner.pk)
    contractor = Contractor.objects.get(pk=contractor_id)
    favorites = Favorite.objects.filter(owner=owner)
    if existing := favorites.filter(contractor=contractor).first():
        return existing
    if favorites.count() >= MOST_FAVORITES:
        text = ngettext(
            "You can have at most {count} favorite. Remove one first.",
            "You can have at most {count} favorites. Remove one first.",
            MOST_FAVORITES,
        )
        raise InvalidInput.of("contractor", text.format(count=MOST_FAVORITES))
    return Favorite.objects.create(owner=owner, contractor=contractor)


@domain_transaction
def remove_favorite(*, owner: User, contractor_id: UUID) -> None:
    """Unstar a contractor for `owner`; nothing happens if the contractor is no favorite."""
    Favorite.objects.filter(owner=owner, contractor=contractor_id).delete()


def _schedule(contractor: Contractor) -> dict[str, Any]:
    upcoming = contractor.absences.filter(period__endswith__gt=timezone.now())
    return {
        "working_hours": [hours.shift.as_json() for hours in contractor.working_hours.all()],
        "absences": [{**as_json(absence.slot), "id": absence.pk, "kind": absence.kind} for absence in upcoming],
    }


def _publish_schedule(contractor: Contractor, before: dict[str, Any], actor: User | None) -> None:
    publish(
        ScheduleUpdated(
            contractor_id=contractor.pk,
            contractor_name=contractor.name,
            previous=before,
            current=_schedule(contractor),
        ),
        actor=actor,
    )


def _check_restoring(contractor: Contractor, actor: User | None) -> None:
    inactive = contractor.status == Contractor.Status.INACTIVE
    if inactive and actor and not actor.allows(Permission.RESTORE_CONTRACTORS):
        raise NotAllowed(gettext("Only an administrator can restore an inactive contractor."))


def _save_status(contractor: Contractor, previous: str, actor: User | None) -> Contractor:
    contractor.save(update_fields=["status"])
    publish(
        ContractorUpdated(
            contractor_id=contractor.pk,
            contractor_name=contractor.name,
            changed={"status": contractor.status},
            previous={"status": previous},
        ),
        actor=actor,
    )
    return contractor
