"""Generator of zip_codes.csv: `python -m smartscheduler.core.geo.zip_code_table`.

The product does not use the package `zipcodes` at run time, because it takes 142 MB of memory. The package writes 0, 0
for an unknown place, has a few points in the wrong hemisphere, and places three military ZIP codes at one of their many
post offices. All of these are unknown in the table. They are not guessed from other ZIP codes of the city: they belong
to one company, one office or to mail on ships, and the codes of a city are up to twenty miles apart.
"""

import zipcodes

from smartscheduler.core.geo.zip_codes import TABLE

# South, north, west, east in degrees, from published boundaries, rounded outward to a tenth.
BOXES = {
    "AL": (30.1, 35.1, -88.5, -84.8), "AK": (51.1, 71.5, -180, 180), "AZ": (31.3, 37.1, -114.9, -109.0),
    "AR": (33.0, 36.6, -94.7, -89.6), "CA": (32.5, 42.1, -124.5, -114.1), "CO": (36.9, 41.1, -109.1, -102.0),
    "CT": (40.9, 42.1, -73.8, -71.7), "DE": (38.4, 39.9, -75.8, -75.0), "DC": (38.7, 39.1, -77.2, -76.9),
    "FL": (24.4, 31.1, -87.7, -79.9), "GA": (30.3, 35.1, -85.7, -80.8), "HI": (18.8, 28.5, -178.4, -154.7),
    "ID": (41.9, 49.1, -117.3, -111.0), "IL": (36.9, 42.6, -91.6, -87.0), "IN": (37.7, 41.8, -88.1, -84.7),
    "IA": (40.3, 43.6, -96.7, -90.1), "KS": (36.9, 40.1, -102.1, -94.5), "KY": (36.4, 39.2, -89.6, -81.9),
    "LA": (28.9, 33.1, -94.1, -88.7), "ME": (42.9, 47.5, -71.1, -66.9), "MD": (37.8, 39.8, -79.5, -75.0),
    "MA": (41.2, 42.9, -73.6, -69.8), "MI": (41.6, 48.4, -90.5, -82.1), "MN": (43.4, 49.5, -97.3, -89.4),
    "MS": (30.1, 35.1, -91.7, -88.0), "MO": (35.9, 40.7, -95.8, -89.0), "MT": (44.3, 49.1, -116.1, -104.0),
    "NE": (39.9, 43.1, -104.1, -95.3), "NV": (35.0, 42.1, -120.1, -114.0), "NH": (42.6, 45.4, -72.6, -70.6),
    "NJ": (38.8, 41.4, -75.6, -73.8), "NM": (31.3, 37.1, -109.1, -103.0), "NY": (40.4, 45.1, -79.8, -71.8),
    "NC": (33.7, 36.7, -84.4, -75.4), "ND": (45.9, 49.1, -104.1, -96.5), "OH": (38.3, 42.4, -84.9, -80.5),
    "OK": (33.6, 37.1, -103.1, -94.4), "OR": (41.9, 46.4, -124.7, -116.4), "PA": (39.7, 42.6, -80.6, -74.6),
    "RI": (41.1, 42.1, -71.9, -71.1), "SC": (32.0, 35.3, -83.4, -78.4), "SD": (42.4, 46.0, -104.1, -96.4),
    "TN": (34.9, 36.7, -90.4, -81.6), "TX": (25.8, 36.6, -106.7, -93.5), "UT": (36.9, 42.1, -114.1, -109.0),
    "VT": (42.7, 45.1, -73.5, -71.4), "VA": (36.5, 39.5, -83.7, -75.2), "WA": (45.5, 49.1, -124.9, -116.9),
    "WV": (37.1, 40.7, -82.7, -77.7), "WI": (42.4, 47.4, -92.9, -86.2), "WY": (40.9, 45.1, -111.1, -104.0),
    "PR": (17.8, 18.6, -67.4, -65.2), "VI": (17.6, 18.5, -65.2, -64.5), "GU": (13.2, 13.7, 144.6, 145.0),
    "PW": (2.8, 8.3, 131.1, 134.8), "FM": (0.9, 10.2, 137.2, 163.1), "MH": (4.5, 14.8, 160.7, 172.3),
    "MP": (14.1, 20.6, 144.8, 146.1), "AS": (-14.6, -11.0, -171.1, -168.1),
}  # fmt: skip


def made() -> str:
    """One line for each ZIP code: code, state, latitude, longitude, city. Unknown coordinates are empty."""
    return "".join(
        f"{entry['zip_code']},{entry['state']},{_point(entry)},{entry['city']}\n" for entry in zipcodes.list_all()
    )


def lies_in(state: str, latitude: float, longitude: float) -> bool:
    """Whether a point lies in the box of a state; never for the military areas, which lie anywhere."""
    if state not in BOXES:
        return False
    south, north, west, east = BOXES[state]
    return south <= latitude <= north and west <= longitude <= east


def _point(entry: dict[str, str]) -> str:
    known = lies_in(entry["state"], float(entry["lat"]), float(entry["long"]))
    return f"{entry['lat']},{entry['long']}" if known else ","


if __name__ == "__main__":
    TABLE.write_text(made())
