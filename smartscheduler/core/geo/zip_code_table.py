"""Makes zip_codes.csv from the package zipcodes: `python -m smartscheduler.core.geo.zip_code_table`.

The package takes 142 MB once it is loaded, and writes 0 where it does not know a place.
"""

import zipcodes

from smartscheduler.core.geo.zip_codes import TABLE


def made() -> str:
    """A line for each ZIP code: code, state, latitude and longitude; the last two empty where they are not known."""
    return "".join(f"{one['zip_code']},{one['state']},{_point(one)}\n" for one in zipcodes.list_all())


def _point(one: dict[str, str]) -> str:
    return "," if float(one["lat"]) == 0 and float(one["long"]) == 0 else f"{one['lat']},{one['long']}"


if __name__ == "__main__":
    TABLE.write_text(made())
