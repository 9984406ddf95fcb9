"""Creation of contractors through the services, or in bulk for large numbers.

Bulk creation gives the same contractors under the same database constraints, but without events and history: a hundred
thousand `ContractorCreated` events would flood the activity feed.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from itertools import islice

from django.db import connection, transaction

from contractors import services
from contractors.models import Absence, Contractor, WorkingHours
from smartscheduler.accounts.models import User
from smartscheduler.history.suppress import without_history
from smartscheduler.ops.demo.contractors import Person, person
from smartscheduler.ops.demo.random import identity

Progress = Callable[[int], None]
Status = Contractor.Status

# From this number on, contractors are created in bulk.
BULK_FROM = 1_000
BATCH = 2_000
SERVICE_BATCH = 40
COPY_SHIFTS = f"COPY {WorkingHours._meta.db_table} (contractor_id, day_of_week, start_time, end_time) FROM STDIN"


def recruit(*, seed: int, count: int, today: date, actor: User | None, progress: Progress) -> int:
    """Create the missing contractors among the first `count` of `seed`. Returns their number."""
    missing = list(_missing(seed, count))
    in_bulk = len(missing) >= BULK_FROM
    write, size = (_write_in_bulk, BATCH) if in_bulk else (_write_by_services, SERVICE_BATCH)
    progress(count - len(missing))
    for indexes in _batches(missing, size):
        with transaction.atomic():
            write([person(seed, index, today) for index in indexes], actor)
        progress(len(indexes))
    if in_bulk:
        refresh_statistics(Contractor, WorkingHours, Absence)
    return len(missing)


def refresh_statistics(*models: type[Contractor | WorkingHours | Absence]) -> None:
    """Update the planner's statistics at once, without waiting for autovacuum."""
    with connection.cursor() as cursor:
        for model in models:
            cursor.execute(f"ANALYZE {connection.ops.quote_name(model._meta.db_table)}")


def _missing(seed: int, count: int) -> Iterator[int]:
    present = set(Contractor.objects.values_list("id", flat=True))
    return (index for index in range(count) if identity(seed, "contractor", index) not in present)


def _batches(indexes: Sequence[int], size: int) -> Iterator[list[int]]:
    rest = iter(indexes)
    while batch := list(islice(rest, size)):
        yield batch


def _write_by_services(people: Sequence[Person], actor: User | None) -> None:
    for draft in people:
        contractor = services.create_contractor(working_hours=draft.shifts, actor=actor, **draft.fields)
        for away in draft.absences:
            services.add_absence(
                contractor_id=contractor.pk, period=away.period, kind=away.kind, note=away.note, actor=actor
            )
        if draft.status == Status.INACTIVE:
            services.deactivate_contractor(contractor_id=contractor.pk, actor=actor)
        elif draft.status == Status.ON_LEAVE:
            services.mark_on_leave(contractor_id=contractor.pk, actor=actor)


@without_history()
def _write_in_bulk(people: Sequence[Person], actor: User | None) -> None:
    Contractor.objects.bulk_create(Contractor(status=draft.status, **draft.fields) for draft in people)
    _copy_shifts(people)
    Absence.objects.bulk_create(_absences(people))


def _copy_shifts(people: Sequence[Person]) -> None:
    """Insert the shifts, the most numerous rows, with COPY, which takes half the time of INSERT."""
    with connection.cursor() as cursor, cursor.copy(COPY_SHIFTS) as copy:
        for draft in people:
            for shift in draft.shifts:
                copy.write_row((draft.fields["id"], shift.day_of_week, shift.start_time, shift.end_time))


def _absences(people: Sequence[Person]) -> Iterator[Absence]:
    for draft in people:
        for away in draft.absences:
            absence = Absence(contractor_id=draft.fields["id"], kind=away.kind, note=away.note)
            absence.slot = away.period
            yield absence
