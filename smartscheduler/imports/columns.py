"""Which columns a file has, what each of them takes, and by which other names spreadsheets call it."""

from dataclasses import dataclass
from typing import NamedTuple


class Column(NamedTuple):
    """The name of a column, what stands in it, and a cell of an example."""

    name: str
    help: str
    example: str


PLACE = ("address", "city", "state", "zip_code", "latitude", "longitude")
PLACE_COLUMNS = (
    Column("address", "Street and number, at least 5 characters.", "100 Congress Avenue"),
    Column("city", "At least 2 characters.", "Austin"),
    Column("state", "The code of the state, TX, or its name.", "TX"),
    Column("zip_code", "Five digits; ZIP+4 is shortened.", "78701"),
    Column("latitude", "Degrees. Leave both empty to have the place found by its address or ZIP code.", "30.2672"),
    Column("longitude", "Degrees, west is negative.", "-97.7431"),
    Column("time_zone", "IANA name; empty: the one at the coordinates.", "America/Chicago"),
)
CONTRACTORS = (
    Column("email", "The key: a known address is changed, any other is new.", "ada@example.com"),
    Column("name", "2 to 100 characters.", "Ada Tiles"),
    Column("type", "flooring, tile, carpet or multi.", "tile"),
    Column("phone_number", "(512) 555-0143, or ten digits in any grouping.", "(512) 555-0143"),
    Column("skills", "Between semicolons; a name with a comma or semicolon in quotes.", "Mosaic; Stairs"),
    Column("service_radius_miles", "More than 0; empty: anywhere.", "40"),
    *PLACE_COLUMNS,
    Column(
        "working_hours",
        "Mon-Fri 08:00-12:00, 13:00-17:00; Sat 09:00-13:00. A new contractor without any works Mon-Fri 08:00-17:00; a "
        "night is two shifts, Mon 20:00-24:00; Tue 00:00-04:00.",
        "Mon-Fri 08:00-12:00, 13:00-17:00; Sat 09:00-13:00",
    ),
)
JOBS = (
    Column("job_number", "The key: given, that job is changed; empty, the job is new.", ""),
    Column("type", "flooring, tile or carpet.", "tile"),
    Column("priority", "low, medium, high or urgent; empty: medium.", "high"),
    Column(
        "desired_date",
        "2030-03-05 09:00 or 03/05/2030 9:00 AM by the clock at the site; or with an offset. A day alone is its noon.",
        "2030-03-05 09:00",
    ),
    Column("duration", "Hours and minutes, 2:30, or hours, 2.5; at most 8.", "2:30"),
    Column("required_skills", "Between semicolons, as the skills of contractors.", "Mosaic"),
    Column("special_requirements", "Notes for people.", "Mind the dog"),
    *PLACE_COLUMNS,
    Column("customer_name", "Up to 100 characters.", "Grace Hill"),
    Column("customer_phone", "As a contractor's.", "(512) 555-0199"),
)
CONTRACTOR_COLUMNS = tuple(column.name for column in CONTRACTORS)
JOB_COLUMNS = tuple(column.name for column in JOBS)
# What the file with the results adds; passed over when it comes back.
RESULTS = ("result", "errors", "remarks")
# Exported, and passed over when they come back.
READ_ONLY = {"contractors": ("status", "rating", "rating_count"), "jobs": ("status", "contractor")}

ALIASES = {
    "email": ("e_mail", "mail", "email_address", "e_mail_address"),
    "name": ("contractor", "contractor_name", "crew", "full_name"),
    "type": ("trade", "job_type", "contractor_type"),
    "phone_number": ("phone", "telephone", "mobile", "cell", "tel"),
    "service_radius_miles": ("radius", "service_radius", "radius_miles", "miles"),
    "address": ("street", "street_address", "address_1", "address_line_1"),
    "city": ("town",),
    "zip_code": ("zip", "zipcode", "postal_code", "postcode"),
    "latitude": ("lat",),
    "longitude": ("lon", "long", "lng"),
    "time_zone": ("timezone", "tz"),
    "working_hours": ("hours", "schedule", "shifts"),
    "job_number": ("job", "job_no", "number"),
    "desired_date": ("date", "wanted", "date_wanted"),
    "duration": ("hours", "length"),
    "required_skills": ("skills",),
    "special_requirements": ("notes", "requirements", "comment", "comments"),
    "customer_name": ("customer", "client"),
    "customer_phone": ("phone", "phone_number", "telephone"),
}


@dataclass(frozen=True)
class Columns:
    """The columns of one kind of record; `key` says which record a row is about."""

    kind: str
    key: str
    all: tuple[Column, ...]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.all)

    @property
    def passed_over(self) -> set[str]:
        return {*READ_ONLY[self.kind], *RESULTS}

    def known_as(self, heading: str, given: set[str]) -> str:
        """The column that a heading means; the heading itself when it means none, or one that is there already."""
        if heading in self.names or heading in self.passed_over:
            return heading
        meant = (name for name in self.names if heading in ALIASES.get(name, ()))
        return next((name for name in meant if name not in given), heading)


COLUMNS = {
    "contractors": Columns("contractors", "email", CONTRACTORS),
    "jobs": Columns("jobs", "job_number", JOBS),
}
