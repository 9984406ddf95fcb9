"""Columns of the files: names, descriptions, examples, and alternative headings."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import NamedTuple

from django.utils.translation import gettext_lazy as _

from smartscheduler.core.text import LazyText


class Column(NamedTuple):
    """A column: its name, its description, and an example cell."""

    name: str
    help: LazyText
    example: str


POSTAL = ("address", "city", "state", "zip_code")
PLACE = (*POSTAL, "latitude", "longitude")
PLACE_COLUMNS = (
    Column("address", _("Street and number, at least 5 characters."), "100 Congress Avenue"),
    Column("city", _("At least 2 characters."), "Austin"),
    Column("state", _("The code of the state (TX) or its name."), "TX"),
    Column("zip_code", _("Five digits. ZIP+4 is shortened."), "78701"),
    Column(
        "latitude",
        _("Degrees. Leave latitude and longitude empty to derive them from the address or the ZIP code."),
        "30.2672",
    ),
    Column("longitude", _("Degrees; west is negative."), "-97.7431"),
    Column("time_zone", _("IANA name. If empty, the time zone at the coordinates."), "America/Chicago"),
)
IDENTITY = (
    Column(
        "external_id",
        _("The number in another system. A known number changes that record, a new number adds one."),
        "",
    ),
    Column("source", _("The other system, for example jobber. Leave it empty if there is only one."), ""),
)
CONTRACTORS = (
    Column(
        "email",
        _("Identifies the contractor. A known address changes that contractor, a new address adds one."),
        "ada@example.com",
    ),
    Column("name", _("2 to 100 characters."), "Ada Tiles"),
    Column("type", _("flooring, tile, carpet or multi."), "tile"),
    Column("phone_number", _("(512) 555-0143, or ten digits in any grouping."), "(512) 555-0143"),
    Column("skills", _("Separated by semicolons. Put names with a comma or semicolon in quotes."), "Mosaic; Stairs"),
    Column("service_radius_miles", _("More than 0. If empty, there is no limit."), "40"),
    *PLACE_COLUMNS,
    Column(
        "working_hours",
        _(
            "Mon-Fri 08:00-12:00, 13:00-17:00; Sat 09:00-13:00. If empty, a new contractor gets Mon-Fri 08:00-17:00. "
            "Enter a night as two shifts: Mon 20:00-24:00; Tue 00:00-04:00."
        ),
        "Mon-Fri 08:00-12:00, 13:00-17:00; Sat 09:00-13:00",
    ),
    *IDENTITY,
)
JOBS = (
    Column("job_number", _("Identifies the job to change. Leave it empty to add a job."), ""),
    Column("type", _("flooring, tile or carpet."), "tile"),
    Column("priority", _("low, medium, high or urgent. If empty, medium."), "high"),
    Column(
        "desired_date",
        _(
            "2030-03-05 09:00 or 03/05/2030 9:00 AM in local time at the site, or with an offset. A date without a "
            "time means noon."
        ),
        "2030-03-05 09:00",
    ),
    Column("duration", _("Hours and minutes (2:30) or hours (2.5), at most 8 hours."), "2:30"),
    Column("required_skills", _("Separated by semicolons, as for contractors."), "Mosaic"),
    Column("special_requirements", _("Notes for the contractor."), "Mind the dog"),
    *PLACE_COLUMNS,
    Column("customer_name", _("Up to 100 characters."), "Grace Hill"),
    Column(
        "customer_phone",
        _("(512) 555-0143, ten digits in any grouping, or + and the country code."),
        "(512) 555-0199",
    ),
    Column(
        "window_start",
        _(
            "Start of the arrival window that the customer was promised, like desired_date. For new jobs; the window "
            "of an existing job is changed on its page."
        ),
        "2030-03-05 08:00",
    ),
    Column("window_end", _("End of the arrival window, 1 to 4 hours later."), "2030-03-05 10:00"),
    *IDENTITY,
    Column(
        "customer_external_id",
        _("The number of the customer in the other system. A known number finds the customer."),
        "",
    ),
    Column(
        "contractor",
        _("Email address, external ID or name of the contractor who is booked, or who did the work."),
        "",
    ),
    Column("start", _("Start of the visit, like desired_date. If empty, the desired date."), ""),
    Column("end", _("End of the visit. If the duration is empty, it is the time from start to end."), ""),
    Column(
        "status",
        _(
            "open, scheduled, confirmed, in progress, completed or canceled. Completed work is recorded for reports, "
            "without messages."
        ),
        "",
    ),
    Column("rating", _("Rating of the completed work, 0 to 5."), ""),
)
CUSTOMERS = (
    Column("id", _("Identifies the customer to change. Leave it empty to add a customer."), ""),
    Column("name", _("Up to 100 characters. A customer has a name, a company, or a phone number."), "Grace Hill"),
    Column("company", _("Up to 100 characters."), "Hill & Sons"),
    Column(
        "phones",
        _("Up to 10 numbers, separated by semicolons, each with its kind: (512) 555-0143 mobile."),
        "(512) 555-0143 mobile; (512) 555-0199 x12 work",
    ),
    Column("email", _("One address."), "grace@example.com"),
    Column("language", _("Language of messages: en or es."), "en"),
    Column("accepts_texts", _("yes if the customer has agreed to receive text messages."), "no"),
    Column("accepts_emails", _("no if the customer does not want emails about appointments."), "yes"),
    Column("notes", _("Up to 4,000 characters."), ""),
    *PLACE_COLUMNS,
    *IDENTITY,
)
CONTRACTOR_COLUMNS = tuple(column.name for column in CONTRACTORS)
JOB_COLUMNS = tuple(column.name for column in JOBS)
CUSTOMER_COLUMNS = tuple(column.name for column in CUSTOMERS)
# The form of the job numbers that the product makes.
JOB_NUMBER = re.compile(r"JOB-\d{8}-[0-9A-F]{8}", re.IGNORECASE | re.ASCII)
# The example row of a template has this word before its name, and is not imported.
EXAMPLE = "EXAMPLE"
# Columns that the result file adds; ignored on import.
RESULTS = ("result", "errors", "remarks")
# Their names beside a column of the user with one of these names.
OTHER_RESULTS = ("import_result", "import_errors", "import_remarks")
# Columns that are exported but ignored on import.
READ_ONLY: dict[str, tuple[str, ...]] = {
    "contractors": ("status", "rating", "rating_count"),
    "jobs": (),
    "customers": (),
}
# Columns that are left out of a record when they cannot be read. Their text goes to the column of NOTES, if any.
OPTIONAL = {
    "contractors": frozenset({"skills", "service_radius_miles", "latitude", "longitude", "time_zone"}),
    "jobs": frozenset(
        {
            "priority",
            "required_skills",
            "customer_name",
            "customer_phone",
            "window_start",
            "window_end",
            "latitude",
            "longitude",
            "time_zone",
            "rating",
        }
    ),
    "customers": frozenset({"email", "language", "accepts_texts", "accepts_emails"}),
}
# Columns that are left out of changes to a record when they cannot be read, but are needed for a new record.
OPTIONAL_IN_CHANGES = {"contractors": frozenset({"working_hours"})}
NOTES = {"jobs": "special_requirements", "customers": "notes"}
# Columns that have a meaning only together.
TOGETHER = ({"latitude", "longitude"}, {"window_start", "window_end"})


@dataclass(frozen=True)
class Columns:
    """Columns of one kind of record. `key`: the column that identifies the record; `name`: that of its name."""

    kind: str
    key: str
    name: str
    all: tuple[Column, ...]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.all)

    @property
    def example(self) -> list[str]:
        """The example row of a template."""
        return [f"{EXAMPLE} {column.example}" if column.name == self.name else column.example for column in self.all]


COLUMNS = {
    "contractors": Columns("contractors", "email", "name", CONTRACTORS),
    "jobs": Columns("jobs", "job_number", "customer_name", JOBS),
    "customers": Columns("customers", "id", "name", CUSTOMERS),
}


def results_in(names: Collection[str]) -> tuple[str, ...]:
    """The columns that a result file has added to a file; empty for other files. `Remarks` alone is of the user."""
    return next((results for results in (OTHER_RESULTS, RESULTS) if set(results) <= set(names)), ())


def results_beside(names: Collection[str]) -> tuple[str, ...]:
    """The columns that a result file adds to those of the user."""
    return RESULTS if set(RESULTS).isdisjoint(names) else OTHER_RESULTS
