"""Import of one row: validated as in the API and written by the services. The check uses the same code."""

from collections.abc import Iterable
from typing import Any, NamedTuple

import structlog
from django.db import InterfaceError, OperationalError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import ValidationError

from smartscheduler.accounts.models import User
from smartscheduler.core.db.inserts import NotInserted, savepoint
from smartscheduler.core.geo.postal_areas import check_place
from smartscheduler.errors import Busy, DomainError, InvalidInput
from smartscheduler.geocoding.addresses import GeocodingResult
from smartscheduler.imports.assembly import SECOND_LINE
from smartscheduler.imports.columns import EXAMPLE, NOTES, OPTIONAL, OPTIONAL_IN_CHANGES, PLACE, TOGETHER
from smartscheduler.imports.file_reader import Row
from smartscheduler.imports.importers import Context, Importer, Written, check_cells
from smartscheduler.imports.models import ImportedRow
from smartscheduler.imports.row_to_payload import (
    COORDINATES,
    LONGEST_SHOWN,
    Body,
    keep_as_notes,
    lacks_point,
    suggestion_of,
)

logger = structlog.get_logger(__name__)
Errors = dict[str, list[str]]
Outcome = ImportedRow.Outcome
UNKNOWN_ZIP = _("The location of this ZIP code is unknown. Enter latitude and longitude, or set up a geocoder.")
PLACE_AND_ZONE = {*PLACE, "time_zone"}
UNEXPECTED = _("This row could not be processed. The log of the worker has the reason.")


class Done(NamedTuple):
    """Result of a row. `key`: key of the record. `remarks`: sentences for the user."""

    outcome: str
    errors: Errors
    key: str = ""
    remarks: str = ""


def work_on(
    importer: Importer,
    row: Row,
    *,
    present: Any,
    geocoded: GeocodingResult | None,
    actor: User | None,
    context: Context | None = None,
) -> Done:
    """Import a row in the current transaction. A refusal leaves no changes.

    Raises Busy if another transaction locks the record for too long, NotInserted in a batch, and database errors if
    the connection is lost.
    """
    try:
        with savepoint():
            return _work_on(importer, row, present, geocoded, actor, context or Context())
    except (Busy, NotInserted, OperationalError, InterfaceError, MemoryError):
        raise
    except DomainError as refusal:
        return _refused(row, by_column(refusal.errors) or {"": [refusal.detail]})
    except Exception:  # an unexpected error in one row must not block the other rows
        # The page of the import shows the row. The log must not contain personal data.
        logger.exception("import_row_failed", kind=importer.columns.kind)
        return Done(Outcome.REFUSED, {"": [str(UNEXPECTED)]})


def _refused(row: Row, errors: Errors) -> Done:
    return Done(Outcome.REFUSED, errors, remarks=suggestion_of(row) if "zip_code" in errors else "")


def _work_on(
    importer: Importer,
    row: Row,
    present: Any,
    geocoded: GeocodingResult | None,
    actor: User | None,
    context: Context,
) -> Done:
    if row.get(importer.columns.name, "").startswith(f"{EXAMPLE} "):
        return Done(Outcome.UNCHANGED, {}, remarks=gettext("The example row of a template is not imported."))
    row, second_line = _without_second_line(row)
    check_cells(row)
    if present is not None:
        _check_same_record(row, present)
    row, remarks = importer.interpreted(row, present, context)
    body, written = _written(importer, row, present, geocoded, actor, context)
    written = written._replace(remarks=[*second_line, *remarks, *written.remarks])
    after = written.record
    if after is None:
        return Done(Outcome.UNCHANGED, {}, "", " ".join(written.remarks))
    if present is None:
        context.records |= dict.fromkeys(importer.keys_of_record(after), after)
        return Done(Outcome.CREATED, {}, _key(importer, after), " ".join([*body.notes, *written.remarks]))
    if importer.repeats:
        # The next row about the record adds to what is stored now.
        stale = [key for key, record in context.records.items() if record.pk == after.pk]
        context.records |= dict.fromkeys([*stale, *importer.keys_of_record(after)], after)
    if after.version == present.version and not written.is_changed:
        return Done(Outcome.UNCHANGED, {}, _key(importer, present), " ".join(written.remarks))
    changed = _changed(present, after, written.fields)
    booking = [gettext("Changes the booking.")] if written.is_changed else []
    fields = [gettext("Changes {fields}.").format(fields=", ".join(changed))] if changed else []
    remarks = [*fields, *booking, *body.notes, *written.remarks, *importer.consequences(after)]
    return Done(Outcome.UPDATED, {}, _key(importer, present), " ".join(remarks))


def _without_second_line(row: Row) -> tuple[Row, list[str]]:
    """The row without the second line of an address that has no street, and the remark on it."""
    if SECOND_LINE not in row:
        return row, []
    text = gettext("“{text}” was left out: it is the second line of an address without a street.")
    others = {name: cell for name, cell in row.items() if name != SECOND_LINE}
    return others, [text.format(text=row[SECOND_LINE][:LONGEST_SHOWN])] if row[SECOND_LINE] else []


def _check_same_record(row: Row, present: Any) -> None:
    """Raise InvalidInput if the record of the row has another number of the same source."""
    known = present.external_id
    if known and row.get("external_id", known) not in {known, ""} and row.get("source", "") == present.source:
        text = gettext("This record has the external ID {known}. Change it on its page if it is wrong.")
        raise InvalidInput.of("external_id", text.format(known=known))


def _written(
    importer: Importer,
    row: Row,
    present: Any,
    geocoded: GeocodingResult | None,
    actor: User | None,
    context: Context,
    *,
    again: bool = False,
) -> tuple[Body, Written]:
    """The payload of a row, and the record that was written. Raises InvalidInput with all faults, each by its column.

    The text of an optional cell that is at fault is kept in the notes of the record, and a remark says so.
    """
    kind = importer.columns.kind
    body = importer.body(row, present, geocoded, context.options)
    try:
        if not body.faults:
            return body, importer.write(row, body, present, actor, context)
        importer.check(row, body, present)
        faults = body.faults
    except ValidationError as refusal:  # nothing is written before the validation
        faults = _all_faults(row, body, by_column(flat(refusal.detail)))
    except InvalidInput as refusal:
        if not body.faults:
            raise
        faults = body.faults | by_column(refusal.errors)
    unfit = {name for name in faults.keys() & _optional(kind, present) if row.get(name)}
    if not unfit or again:
        faults = _place_faults(body, faults) | importer.further_faults(row, context) | faults
        raise InvalidInput(next(iter(faults.values()))[0], errors=faults)
    remarks = [_left_out(kind, name, row[name], faults[name][0], present) for name in sorted(unfit)]
    fit, of_notes = _without(kind, row, unfit, present)
    body, written = _written(importer, fit, present, geocoded, actor, context, again=True)
    return body._replace(notes=list(dict.fromkeys([*body.notes, *remarks, *of_notes]))), written


def _all_faults(row: Row, body: Body, faults: Errors) -> Errors:
    """The faults of cells, and those of the validation, for which a cell that could not be read is not missing."""
    faults = _without_a_point(row, faults)
    others = {name: messages for name, messages in faults.items() if not (row.get(name) and name in body.skipped)}
    return body.faults | (others if body.faults or others else faults)


def _without(kind: str, row: Row, unfit: set[str], present: Any) -> tuple[Row, list[str]]:
    """The row without unfit cells and those that mean nothing without them, and a remark if its notes were cut."""
    names = unfit.union(*(group for group in TOGETHER if group & unfit))
    kept = {name: row[name] for name in sorted(unfit) if name not in PLACE_AND_ZONE}
    fit, remarks = keep_as_notes(row, kept, NOTES[kind], present) if kept and kind in NOTES else (row, [])
    return {name: cell for name, cell in fit.items() if name not in names}, remarks


def _optional(kind: str, present: Any) -> frozenset[str]:
    """The columns without which a new record, or a change to the `present` one, makes sense."""
    return OPTIONAL.get(kind, frozenset()) | (OPTIONAL_IN_CHANGES.get(kind, frozenset()) if present else frozenset())


def _left_out(kind: str, name: str, text: str, message: str, present: Any) -> str:
    remark = gettext("{column} “{text}” was left out: {message}")
    if present is not None:
        remark = gettext("{column} “{text}” was left out, the value of the record stays: {message}")
    if kind in NOTES and name not in PLACE_AND_ZONE:
        remark = gettext("{column} “{text}” was added to the notes instead: {message}")
    return remark.format(column=name, text=text[:LONGEST_SHOWN], message=message)


def _place_faults(body: Body, faults: Errors) -> Errors:
    """Contradictions of a readable place, which a service would report only after all other faults are corrected."""
    place = body.values.get("location", {})
    if faults.keys() & set(PLACE) or not {"latitude", "longitude"} <= place.keys():
        return {}
    try:
        point = float(place["latitude"]), float(place["longitude"])
        check_place(*point, state=place.get("state", ""), zip_code=place.get("zip_code", ""))
    except InvalidInput as refusal:
        return by_column(refusal.errors)
    return {}


def _without_a_point(row: Row, errors: Errors) -> Errors:
    """Replace errors of missing coordinates with an error of the ZIP code, which would have provided them."""
    if not lacks_point(row) or not errors.keys() & set(COORDINATES):
        return errors
    others = {name: messages for name, messages in errors.items() if name not in COORDINATES}
    return others if "zip_code" in others else others | {"zip_code": [str(UNKNOWN_ZIP)]}


def _key(importer: Importer, record: Any) -> str:
    return str(getattr(record, importer.columns.key))


def _changed(before: Any, after: Any, values: Iterable[str]) -> list[str]:
    """The columns that differ. The working hours are the only column that is not a field of the record."""
    names = [name for name in values if name != "working_hours" and getattr(before, name) != getattr(after, name)]
    week = "working_hours" in values and before.shifts != after.shifts
    return [*names, *(["working_hours"] if week else [])]


def flat(errors: Any, path: str = "") -> Errors:
    """Flatten DRF's nested errors to dotted paths."""
    pairs: Iterable[tuple[Any, Any]]
    if isinstance(errors, dict):
        pairs = errors.items()
    elif errors and isinstance(errors[0], dict):
        pairs = ((str(index), nested) for index, nested in enumerate(errors) if nested)
    else:
        return {path: [str(error) for error in errors]}
    flattened: Errors = {}
    for name, nested in pairs:
        flattened |= flat(nested, f"{path}.{name}" if path else str(name))
    return flattened


def by_column(errors: Errors) -> Errors:
    """Group errors by column: `location.city` becomes `city`."""
    columns: Errors = {}
    for path, messages in errors.items():
        parts = [part for part in path.split(".") if part not in {"location", "non_field_errors"}]
        columns.setdefault(parts[0] if parts else "", []).extend(messages)
    return columns
