"""A seeded world of any size as NumPy arrays, used for the database and for the scan in memory.

Six metros and 20 % countryside in four time zones, mixed radii and hours, about five bookings each in the two weeks
after NOW. NOW is fixed, a week before the clocks are set forward: the benchmark's processes live at that time.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime, time

import numpy as np
from numpy.typing import NDArray

from contractors.working_week import Shift

# Increment it when the world of a size and seed changes.
GENERATION = 1
NOW = datetime(2027, 3, 8, 15, tzinfo=UTC)
EPOCH_MINUTES = int(NOW.timestamp()) // 60

ZONES = ("America/Chicago", "America/New_York", "America/Denver", "America/Phoenix")
# Latitude, longitude, time zone, share of contractors in metros, scale of the exponential distance in miles.
METROS = (
    (30.27, -97.74, 0, 0.14, 9.0),
    (41.88, -87.63, 0, 0.24, 14.0),
    (40.71, -74.01, 1, 0.26, 11.0),
    (33.75, -84.39, 1, 0.14, 12.0),
    (39.74, -104.99, 2, 0.12, 9.0),
    (33.45, -112.07, 3, 0.10, 12.0),
)
COUNTRYSIDE = 0.2
TYPES = ("flooring", "tile", "carpet", "multi")
STATUSES = ("active", "inactive", "on_leave")
SKILLS = ("Hardwood", "Laminate", "Mosaic", "Stairs", "Heated floors", "Commercial")


def _shifts(days: range | tuple[int, ...], *spans: tuple[int, int]) -> tuple[Shift, ...]:
    """The same hours on each of the days; 24 is midnight."""
    return tuple(Shift(day, time(start), time(end % 24)) for day in days for start, end in spans)


WEEKS = (
    _shifts(range(1, 6), (8, 17)),
    _shifts(range(1, 6), (7, 15)),
    _shifts(range(1, 7), (9, 17)),
    _shifts(range(1, 6), (8, 12), (13, 18)),
    _shifts((0, 5, 6), (8, 18)),
    _shifts((1, 2, 4), (8, 13)),
    _shifts(range(1, 6), (20, 24)) + _shifts(range(2, 7), (0, 4)),
    _shifts(range(7), (10, 14)),
)
WEEK_SHARES = (0.42, 0.16, 0.1, 0.12, 0.06, 0.06, 0.04, 0.04)

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass
class World:
    """Contractors by position; absences and bookings with the position of their owner, sorted by it, in epoch minutes.

    Ratings are in hundredths of a star; a radius of NaN is none. Only live bookings are in `booked`.
    """

    seed: int
    latitude: Floats
    longitude: Floats
    zone: Ints
    type: Ints
    status: Ints
    rating: Ints
    radius: Floats
    skills: Ints
    week: Ints
    away: Ints = field(repr=False)
    booked: Ints = field(repr=False)
    sites: Floats = field(repr=False)

    def __len__(self) -> int:
        return len(self.rating)

    def name(self, position: int) -> str:
        return f"Crew {position % 9_973:04d}"


def build(size: int, seed: int = 1) -> World:
    """The world with `size` contractors. The same seed gives the same world."""
    chance = np.random.default_rng([seed, size])
    latitude, longitude, zone = _places(chance, size)
    rating = np.round(np.clip(chance.beta(9, 1.6, size) * 5, 0, 5) * 100).astype(np.int64)
    rating[chance.random(size) < 0.06] = 0
    week = chance.choice(len(WEEKS), size, p=WEEK_SHARES)
    booked, sites = _bookings(chance, latitude, longitude, zone, week)
    return World(
        seed=seed,
        latitude=latitude,
        longitude=longitude,
        zone=zone,
        type=chance.choice(4, size, p=(0.3, 0.25, 0.25, 0.2)),
        status=chance.choice(3, size, p=(0.92, 0.05, 0.03)),
        rating=rating,
        radius=chance.choice([50.0, 25.0, 10.0, 120.0, np.nan], size, p=(0.6, 0.15, 0.1, 0.07, 0.08)),
        skills=np.sum([(chance.random(size) < 0.4).astype(np.int64) << bit for bit in range(len(SKILLS))], axis=0),
        week=week,
        away=_absences(chance, size),
        booked=booked,
        sites=sites,
    )


def _places(chance: np.random.Generator, size: int) -> tuple[Floats, Floats, Ints]:
    metros = np.array(METROS)
    metro = chance.choice(len(METROS), size, p=metros[:, 3])
    miles, bearing = chance.exponential(metros[metro, 4]), chance.uniform(0, 2 * np.pi, size)
    latitude = metros[metro, 0] + miles * np.sin(bearing) / 69
    longitude = metros[metro, 1] + miles * np.cos(bearing) / 69 / np.cos(np.radians(metros[metro, 0]))
    zone = metros[metro, 2].astype(np.int64)
    rural = chance.random(size) < COUNTRYSIDE
    latitude[rural] = chance.uniform(29, 47, rural.sum())
    longitude[rural] = chance.uniform(-112, -76, rural.sum())
    zone[rural] = np.select([longitude[rural] < -102, longitude[rural] < -87], [2, 0], 1)
    return np.round(latitude, 7), np.round(longitude, 7), zone


def _absences(chance: np.random.Generator, size: int) -> Ints:
    """Rows of owner, start, end: one in twelve contractors is absent for a day to two weeks."""
    owner = np.flatnonzero(chance.random(size) < 1 / 12)
    start = EPOCH_MINUTES - 15 * 60 + 1440 * chance.integers(-5, 14, len(owner))
    return np.column_stack([owner, start, start + 1440 * chance.integers(1, 15, len(owner))])


def _bookings(
    chance: np.random.Generator, latitude: Floats, longitude: Floats, zone: Ints, week: Ints
) -> tuple[Ints, Floats]:
    """Rows of owner, start, end, and the sites: at most one booking per shift, within some miles of the base."""
    offsets = np.array([-6, -5, -7, -7])  # hours from UTC in the week of NOW
    spans = _longest_shift_by_weekday()
    rows = []
    for day in range(14):
        weekday = (1 + day) % 7  # NOW is a Monday
        starts, ends = spans[week, weekday].T
        hours = np.minimum(chance.choice([1, 2, 3, 4, 6], len(week)), ends - starts)
        owner = np.flatnonzero((ends > starts) & (chance.random(len(week)) < 0.52))
        slack = (ends - starts - hours)[owner]
        local = starts[owner] + np.floor(chance.random(len(owner)) * (2 * slack + 1)) / 2
        start = EPOCH_MINUTES - 15 * 60 + 1440 * day + (60 * (local - offsets[zone[owner]])).astype(np.int64)
        rows.append(np.column_stack([owner, start, start + 60 * hours[owner]]))
    booked = np.concatenate(rows)
    booked = booked[np.argsort(booked[:, 0], kind="stable")]
    away = chance.normal(0, 0.1, (len(booked), 2))
    sites = np.column_stack([latitude[booked[:, 0]], longitude[booked[:, 0]]]) + away
    return booked, np.round(sites, 7)


def _longest_shift_by_weekday() -> Ints:
    """Start and end of the longest shift in hours from midnight, for each week and weekday."""
    spans = np.zeros((len(WEEKS), 7, 2), dtype=np.int64)
    for number, shifts in enumerate(WEEKS):
        for shift in shifts:
            start, end = shift.start_time.hour, shift.end_time.hour or 24
            if end - start > np.ptp(spans[number, shift.day_of_week]):
                spans[number, shift.day_of_week] = start, end
    return spans
