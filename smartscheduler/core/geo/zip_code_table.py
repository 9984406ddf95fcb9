"""Generator of zip_codes.csv: `python -m smartscheduler.core.geo.zip_code_table`.

The product does not use the package `zipcodes` at run time, because it takes 142 MB of memory. The package writes 0, 0
for an unknown place.
"""

import zipcodes

from smartscheduler.core.geo.zip_codes import TABLE


def made() -> str:
    """One line for each ZIP code: code, state, latitude, longitude, city. Unknown coordinates are empty."""
    return "".join(
        f"{entry['zip_code']},{entry['state']},{_point(entry)},{entry['city']}\n" for entry in zipcodes.list_all()
    )


def _point(entry: dict[str, str]) -> str:
    return "," if float(entry["lat"]) == 0 and float(entry["long"]) == 0 else f"{entry['lat']},{entry['long']}"


if __name__ == "__main__":
    TABLE.write_text(made())
