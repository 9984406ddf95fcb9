"""Targets that a file needs, by kind of record. Pure."""

from collections.abc import Collection
from typing import NamedTuple

from smartscheduler.imports.targets import PHONE_PARTS

NAME_PARTS = ("first_name", "last_name", "company")
PLACE_NEEDS = tuple((name, "full_address") for name in ("address", "city", "state", "zip_code"))
# Each need is met by any of its targets; the first one is named if none is there.
NEEDS: dict[str, tuple[tuple[str, ...], ...]] = {
    "contractors": (("email",), ("name", *NAME_PARTS), ("type",), ("phone_number", *PHONE_PARTS), *PLACE_NEEDS),
    "jobs": (("type",), ("desired_date", "start"), ("duration", "end", "end_clock"), *PLACE_NEEDS),
    "customers": (("name", *NAME_PARTS, "phones", *PHONE_PARTS),),
}
# Any of these targets finds the record that a row changes.
IDENTITY: dict[str, tuple[str, ...]] = {
    "contractors": ("email", "external_id"),
    "jobs": ("job_number", "external_id"),
    "customers": ("id", "external_id"),
}


class Missing(NamedTuple):
    """Targets that rows with new records need and the file lacks. `is_final`: no row of the file can be imported."""

    targets: list[str]
    is_final: bool


def missing(kind: str, targets: Collection[str], defaults: Collection[str] = ()) -> Missing:
    """What a match lacks. `defaults`: the targets for which the user has chosen a value for all rows."""
    present = {*filter(None, targets), *defaults}
    lacking = [need[0] for need in NEEDS[kind] if not present & set(need)]
    return Missing(lacking, bool(lacking) and not present & set(IDENTITY[kind]))
