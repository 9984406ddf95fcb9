"""Targets of columns of a file: the columns of this product, and parts that `assembly` puts together to columns."""

from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

from django.utils.translation import gettext_lazy as _

from smartscheduler.core.text import LazyText
from smartscheduler.imports.columns import COLUMNS, POSTAL, READ_ONLY

# Several columns of a file can have this target: their cells become lines of the notes.
NOTE = "note"
MOST_PHONES = 4
PHONE_PARTS = tuple(f"phone_{number}" for number in range(2, MOST_PHONES + 1))
# Parts with a kind of phone number, and the word that the import reads for it.
PHONE_KINDS = {"mobile_phone": "mobile", "home_phone": "home", "work_phone": "work"}
BILLING = {name: f"billing_{name}" for name in (*POSTAL, "address_2", "full_address")}

# The column that a part of all kinds belongs to.
NAMES = {kind: columns.name for kind, columns in COLUMNS.items()}
PHONES = {"contractors": "phone_number", "customers": "phones", "jobs": "customer_phone"}
NOTES = {"customers": "notes", "jobs": "special_requirements"}


class Target(NamedTuple):
    """A choice for a column of a file. `group`: its heading in the list of choices."""

    name: str
    label: LazyText
    group: LazyText


OWN, PLACE, PARTS = _("Fields"), _("Address"), _("Parts of a field")
LABELS: dict[str, LazyText] = {
    "accepts_emails": _("Accepts emails"),
    "accepts_texts": _("Accepts text messages"),
    "address": _("Street and number"),
    "city": _("City"),
    "company": _("Company"),
    "contractor": _("Contractor of the booking"),
    "customer_external_id": _("Number of the customer in the other system"),
    "customer_name": _("Name of the customer"),
    "customer_phone": _("Phone number of the customer"),
    "desired_date": _("Desired date"),
    "duration": _("Duration"),
    "email": _("Email address"),
    "end": _("End of the booking"),
    "external_id": _("Number in the other system"),
    "id": _("Customer ID in SmartScheduler"),
    "job_number": _("Job number of SmartScheduler"),
    "language": _("Language"),
    "latitude": _("Latitude"),
    "longitude": _("Longitude"),
    "name": _("Name"),
    "notes": _("Notes"),
    "phone_number": _("Phone number"),
    "phones": _("Phone numbers"),
    "priority": _("Priority"),
    "rating": _("Rating"),
    "required_skills": _("Required skills"),
    "service_radius_miles": _("Service radius in miles"),
    "skills": _("Skills"),
    "source": _("Name of the other system"),
    "special_requirements": _("Special requirements"),
    "start": _("Start of the booking"),
    "state": _("State"),
    "status": _("Status"),
    "time_zone": _("Time zone"),
    "type": _("Type of work"),
    "window_end": _("End of the arrival window"),
    "window_start": _("Start of the arrival window"),
    "working_hours": _("Working hours"),
    "zip_code": _("ZIP code"),
}
PART_LABELS: dict[str, LazyText] = {
    "first_name": _("First name"),
    "middle_name": _("Middle name"),
    "last_name": _("Last name"),
    "company": _("Company, where there is no name"),
    "display_name": _("Display name, where there is no other name"),
    "full_address": _("Whole address in one cell"),
    "address_2": _("Apartment, suite, second line"),
    "billing_full_address": _("Whole billing address, where there is no other address"),
    "billing_address": _("Billing street, where there is no other address"),
    "billing_address_2": _("Billing apartment, suite, second line"),
    "billing_city": _("Billing city"),
    "billing_state": _("Billing state"),
    "billing_zip_code": _("Billing ZIP code"),
    "mobile_phone": _("Mobile phone number"),
    "home_phone": _("Home phone number"),
    "work_phone": _("Work phone number"),
    "phone_2": _("Second phone number"),
    "phone_3": _("Third phone number"),
    "phone_4": _("Fourth phone number"),
    "clock": _("Start time, next to a date"),
    "end_clock": _("End time, next to a date"),
    "closed_date": _("Day of completion: the job is completed"),
    "property_number": _("Number in the other system, with the number of the property behind (123_456)"),
    NOTE: _("Add to the notes"),
}
# Parts that only some kinds of records have.
PARTS_OF_KINDS: dict[str, tuple[str, ...]] = {
    "customers": (*BILLING.values(), *PHONE_KINDS, "property_number"),
    "jobs": ("clock", "end_clock", "closed_date"),
}
PLACE_NAMES = ("address", "address_2", "full_address", *POSTAL[1:], "latitude", "longitude", "time_zone")


@dataclass(frozen=True)
class Targets:
    """Targets of one kind of record. `columns` are standard columns, `parts` the names that `assembly` reads."""

    kind: str
    columns: tuple[str, ...]
    parts: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        return (*self.columns, *self.parts)

    @property
    def read_only(self) -> set[str]:
        """Headings of exports that are left out without a question."""
        return set(READ_ONLY[self.kind]) - set(self.columns)

    @property
    def choices(self) -> list[Target]:
        """The targets in the order and the groups of the page."""
        parts = {name: PART_LABELS[name] for name in self.parts}
        places = [name for name in (*PLACE_NAMES, *BILLING.values()) if name in self.names]
        return [
            *(Target(name, label_of(name), OWN) for name in self.columns if name not in places),
            *(Target(name, parts.get(name, label_of(name)), PLACE) for name in places),
            *(Target(name, label, PARTS) for name, label in parts.items() if name not in places),
        ]

    def columns_of(self, target: str) -> tuple[str, ...]:
        """The standard columns to which a target adds."""
        if target in self.columns:
            return (target,)
        if target in {"first_name", "middle_name", "last_name", "display_name", "company"}:
            return (NAMES[self.kind],)
        if target in PHONE_PARTS or target in PHONE_KINDS:
            return (PHONES[self.kind],)
        return COLUMNS_OF_PARTS.get(target) or (NOTES.get(self.kind, ""),)


COLUMNS_OF_PARTS: dict[str, tuple[str, ...]] = {
    "full_address": POSTAL,
    "address_2": ("address",),
    "billing_full_address": POSTAL,
    "billing_address_2": ("address",),
    **{BILLING[name]: (name,) for name in POSTAL},
    "clock": ("desired_date",),
    "end_clock": ("end",),
    "closed_date": ("status",),
    "property_number": ("external_id",),
}


def label_of(name: str) -> LazyText:
    """The name of a target for users."""
    return LABELS.get(name) or PART_LABELS.get(name) or name.replace("_", " ").capitalize()


@cache
def targets_of(kind: str) -> Targets:
    """The targets of a kind of record."""
    columns = COLUMNS[kind].names
    of_others = {name for other, names in PARTS_OF_KINDS.items() if other != kind for name in names}
    parts = [name for name in PART_LABELS if name not in {*columns, *of_others}]
    if kind not in NOTES:
        parts.remove(NOTE)
    return Targets(kind, columns, tuple(parts))
