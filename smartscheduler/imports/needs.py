"""Columns that a file needs, by kind of record. Pure."""

from collections.abc import Collection
from typing import NamedTuple

from smartscheduler.imports.columns import POSTAL
from smartscheduler.imports.targets import targets_of

PLACE_NEEDS = tuple((name,) for name in POSTAL)
# Each need is met by any of its columns; the first one is named if none is there.
NEEDS: dict[str, tuple[tuple[str, ...], ...]] = {
    "contractors": (("email",), ("name",), ("type",), ("phone_number",), *PLACE_NEEDS),
    "jobs": (("type",), ("desired_date", "start"), ("duration", "end"), *PLACE_NEEDS),
    "customers": (("name", "company", "phones"),),
}
# Any of these columns finds the record that a row changes.
IDENTITY: dict[str, tuple[str, ...]] = {
    "contractors": ("email", "external_id"),
    "jobs": ("job_number", "external_id"),
    "customers": ("id", "external_id"),
}


class Missing(NamedTuple):
    """Columns that rows with new records need and the file lacks. `is_final`: no row of the file can be imported."""

    columns: list[str]
    is_final: bool


def missing(kind: str, targets: Collection[str], defaults: Collection[str] = ()) -> Missing:
    """What a match lacks. `defaults`: the columns for which the user has chosen a value for all rows."""
    known = targets_of(kind)
    present = {column for target in targets if target in known.names for column in known.columns_of(target)}
    present.update(defaults)
    lacking = [need[0] for need in NEEDS[kind] if not present & set(need)]
    return Missing(lacking, bool(lacking) and not present & set(IDENTITY[kind]))
