"""One row of a file: checked as the API would check it, and written by the services. One path for both."""

from collections.abc import Iterable
from typing import Any, NamedTuple

import structlog
from django.db import InterfaceError, OperationalError
from rest_framework.exceptions import ValidationError

from smartscheduler.accounts.models import User
from smartscheduler.errors import Busy, DomainError
from smartscheduler.geocoding.addresses import Found
from smartscheduler.imports.file_reader import Row
from smartscheduler.imports.importers import Importer, check_surplus
from smartscheduler.imports.models import ImportedRow
from smartscheduler.imports.row_to_payload import COORDINATES, lacks_point

logger = structlog.get_logger(__name__)
Errors = dict[str, list[str]]
Outcome = ImportedRow.Outcome
UNKNOWN_ZIP = "It is not known where this ZIP code is: give latitude and longitude as well."
UNEXPECTED = "This row could not be worked on; the worker's log says why."


class Done(NamedTuple):
    """What became of a row; `key` is that of the record, `remarks` are sentences."""

    outcome: str
    errors: Errors
    key: str = ""
    remarks: str = ""


def work_on(importer: Importer, row: Row, *, present: Any, found: Found | None, actor: User | None) -> Done:
    """Do what a row asks for, inside an open transaction; the one service that it calls leaves nothing when it refuses.

    Raises Busy when the record is held by somebody for too long, and what says that the database is gone.
    """
    try:
        return _work_on(importer, row, present, found, actor)
    except (Busy, OperationalError, InterfaceError, MemoryError):
        raise
    except ValidationError as refusal:
        return Done(Outcome.REFUSED, _without_a_point(row, by_column(flat(refusal.detail))))
    except DomainError as refusal:
        return Done(Outcome.REFUSED, by_column(refusal.errors) or {"": [refusal.detail]})
    except Exception:  # one odd row must not keep the others waiting for ever
        # Which row it was stands on the page of the import; the log tells of no person.
        logger.exception("import_row_failed", kind=importer.columns.kind)
        return Done(Outcome.REFUSED, {"": [UNEXPECTED]})


def _work_on(importer: Importer, row: Row, present: Any, found: Found | None, actor: User | None) -> Done:
    check_surplus(row)
    body = importer.body(row, present, found)
    values = importer.values(body.values, present)
    if present is None:
        made = importer.create(actor, values)
        return Done(Outcome.CREATED, {}, _key(importer, made), " ".join(body.notes))
    values.pop(importer.columns.key, None)  # it is the same, give or take its case
    after = importer.update(present, actor, values)
    if after.version == present.version:
        return Done(Outcome.UNCHANGED, {}, _key(importer, present))
    changed = f"Changes {', '.join(_changed(present, after, values))}."
    return Done(Outcome.UPDATED, {}, _key(importer, present), " ".join([changed, *body.notes]))


def _without_a_point(row: Row, errors: Errors) -> Errors:
    """Without coordinates a row is told of its ZIP code, where they would have come from, not of numbers it lacks."""
    if not lacks_point(row) or not errors.keys() & set(COORDINATES):
        return errors
    others = {name: found for name, found in errors.items() if name not in COORDINATES}
    return others if "zip_code" in others else others | {"zip_code": [UNKNOWN_ZIP]}


def _key(importer: Importer, record: Any) -> str:
    return str(getattr(record, importer.columns.key))


def _changed(before: Any, after: Any, values: Iterable[str]) -> list[str]:
    """The columns that differ; a working week is the only thing that is no field of the record itself."""
    names = [name for name in values if name != "working_hours" and getattr(before, name) != getattr(after, name)]
    week = "working_hours" in values and before.shifts != after.shifts
    return [*names, *(["working_hours"] if week else [])]


def flat(errors: Any, path: str = "") -> Errors:
    """DRF's nested errors by dotted path."""
    pairs: Iterable[tuple[Any, Any]]
    if isinstance(errors, dict):
        pairs = errors.items()
    elif errors and isinstance(errors[0], dict):
        pairs = ((str(index), one) for index, one in enumerate(errors) if one)
    else:
        return {path: [str(error) for error in errors]}
    found: Errors = {}
    for name, one in pairs:
        found |= flat(one, f"{path}.{name}" if path else str(name))
    return found


def by_column(errors: Errors) -> Errors:
    """The errors by the column that they came from: `location.city` is `city`."""
    found: Errors = {}
    for path, messages in errors.items():
        parts = [part for part in path.split(".") if part not in {"location", "non_field_errors"}]
        found.setdefault(parts[0] if parts else "", []).extend(messages)
    return found
