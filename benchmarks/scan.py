"""The ranking as a full scan of arrays in memory, without shortcuts and without code of the product.

All contractors are scored. Free start times are the points of the 30-minute grid of each week, without those that
conflict with an absence or with a booking and its drives.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from benchmarks.loading import contractor_id, position_of
from benchmarks.worlds import SKILLS, TYPES, WEEKS, ZONES, Floats, Ints, World
from jobs.requirements import JobRequest

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Rules:
    """Scheduling rules: weights in ten-thousandths, miles, minutes."""

    weights: tuple[int, int, int] = (4000, 3500, 2500)
    max_miles: float = 50.0
    gap: int = 0
    road_factor: float = 1.3
    mph: float = 35.0


class Ranked(NamedTuple):
    """A ranked candidate: position in the world, score in ten-thousandths, and its slots in epoch minutes."""

    position: int
    score: int
    starts: list[int]


class Grid(NamedTuple):
    """All start times of a week in a time zone: epoch minutes, and the day at the site."""

    starts: Ints
    days: Ints


@dataclass
class Scan:
    """A world with an index of the absences and bookings of each contractor."""

    world: World

    def __post_init__(self) -> None:
        self._away = np.searchsorted(self.world.away[:, 0], np.arange(len(self.world) + 1))
        self._booked = np.searchsorted(self.world.booked[:, 0], np.arange(len(self.world) + 1))

    def rank(
        self, request: JobRequest, *, max_results: int, horizon_days: int, rules: Rules, now: float
    ) -> list[Ranked]:
        """The best `max_results` contractors, without start times before `now`."""
        world = self.world
        miles = miles_from(request.point, world.latitude, world.longitude)
        needed = sum(1 << bit for bit, skill in enumerate(SKILLS) if skill in request.required_skills)
        may = (
            (world.status == 0)
            & ((world.type == TYPES.index(request.type)) | (world.type == 3))
            & (world.skills & needed == needed)
            & ~(miles > world.radius)
        )
        may[[position_of(contractor) for contractor in request.refused]] = False
        preferred = {position_of(contractor) for contractor in request.preferred}
        people = np.flatnonzero(may)
        first, days, free = self._first_free(people, request, horizon_days, rules, now / 60)
        people, days = people[free], days[free]
        total = _score(days, world.rating[people], miles[people], rules)
        if len(total) > max_results:
            good = total >= np.partition(total, -max_results)[-max_results]
            people, total = people[good], total[good]
        best = sorted(
            (-score, n not in preferred, float(miles[n]), -int(world.rating[n]), world.name(n), contractor_id(n), n)
            for score, n in zip(total.tolist(), people.tolist(), strict=True)
        )
        return [Ranked(n, -order[0], first(n)) for *order, n in best[:max_results]]

    def _first_free(
        self, people: Ints, request: JobRequest, horizon_days: int, rules: Rules, now: float
    ) -> tuple[Callable[[int], list[int]], Ints, NDArray[np.bool_]]:
        """The first day with a slot for each contractor, whether one exists, and a function that lists its slots."""
        busy = self._busy(people, request, rules)
        days = np.zeros(len(people), dtype=np.int64)
        any_free = np.zeros(len(people), dtype=bool)
        minutes = int(request.duration.total_seconds() // 60)
        slots: dict[int, tuple[Grid, NDArray[np.bool_]]] = {}
        kinds = self.world.week[people] * len(ZONES) + self.world.zone[people]
        for kind in np.unique(kinds):
            grid = _grid(int(kind) // len(ZONES), int(kind) % len(ZONES), request, horizon_days, now)
            group = np.flatnonzero(kinds == kind)
            if not len(grid.starts):
                continue
            free = _without(busy, group, grid, minutes)
            is_free = free.any(axis=1)
            any_free[group] = is_free
            days[group] = grid.days[free.argmax(axis=1)]
            slots.update({int(people[n]): (grid, row) for n, row in zip(group[is_free], free[is_free], strict=True)})

        def starts(position: int) -> list[int]:
            grid, free = slots[position]
            first = grid.days[free.argmax()]
            return [int(start) for start in grid.starts[free & (grid.days == first)]]

        return starts, days, any_free

    def _busy(self, people: Ints, request: JobRequest, rules: Rules) -> Ints:
        """Rows of contractor index, start, end: absences, and bookings with the drives to this site."""
        where, rows = _slices(self._away, people)
        away = np.column_stack([where, self.world.away[rows, 1:]])
        where, rows = _slices(self._booked, people)
        sites = self.world.sites[rows]
        miles = miles_from(request.point, sites[:, 0], sites[:, 1])
        drive = np.ceil(np.round(miles * rules.road_factor / rules.mph * 60, 9)).astype(np.int64)
        drive = np.maximum(drive, rules.gap)
        booked = self.world.booked[rows]
        return np.concatenate([away, np.column_stack([where, booked[:, 1] - drive, booked[:, 2] + drive])])


def _slices(index: Ints, people: Ints) -> tuple[Ints, Ints]:
    """The rows of some owners in an array that is sorted by owner: the index of each row's owner, and the row."""
    counts = index[people + 1] - index[people]
    where = np.repeat(np.arange(len(people)), counts)
    offset = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    return where, np.repeat(index[people], counts) + offset


def _without(busy: Ints, group: Ints, grid: Grid, minutes: int) -> NDArray[np.bool_]:
    """The free start times of each contractor in the group: not busy from the start to the end of the work."""
    place = np.full(group.max() + 1, -1)
    place[group] = np.arange(len(group))
    mine = busy[busy[:, 0] <= group.max()]
    mine = mine[place[mine[:, 0]] >= 0]
    struck = np.zeros((len(group), len(grid.starts) + 1), dtype=np.int16)
    row = place[mine[:, 0]]
    np.add.at(struck, (row, np.searchsorted(grid.starts, mine[:, 1] - minutes, side="right")), 1)
    np.add.at(struck, (row, np.searchsorted(grid.starts, mine[:, 2], side="left")), -1)
    # For short busy times the first edge can be after the second one; then no start time is removed.
    return np.cumsum(struck, axis=1)[:, :-1] <= 0


def miles_from(site: tuple[float, float], latitude: Floats, longitude: Floats) -> Floats:
    phi, phi_site = np.radians(latitude), np.radians(site[0])
    h = (
        np.sin((phi - phi_site) / 2) ** 2
        + np.cos(phi_site) * np.cos(phi) * np.sin(np.radians(longitude - site[1]) / 2) ** 2
    )
    miles: Floats = 2 * 3959.0 * np.arcsin(np.minimum(1.0, np.sqrt(h)))
    return miles


def _score(days: Ints, rating: Ints, miles: Floats, rules: Rules) -> Ints:
    late: Ints = np.maximum(0, days)  # days before the desired date cost nothing
    availability = np.maximum(0, 10_000 - 1_000 * late)
    distance = np.maximum(0, np.floor((1 - miles / rules.max_miles) * 10_000 + 0.5)).astype(np.int64)
    a, r, d = rules.weights
    return (a * availability + r * rating * 20 + d * distance + 5_000) // 10_000


def _grid(week: int, zone: int, request: JobRequest, horizon_days: int, now: float) -> Grid:
    first, window = 0, request.arrival
    if window:  # only its days count, wherever they lie
        site, desired = ZoneInfo(request.time_zone), request.desired_day
        first, horizon_days = ((moment.astimezone(site).date() - desired).days for moment in window)
    grid = _points(week, zone, request.desired_day, request.time_zone, request.duration, first, horizon_days)
    to_come = grid.starts >= now
    if window:
        earliest, latest = (moment.timestamp() / 60 for moment in window)
        to_come = to_come & (grid.starts >= earliest) & (grid.starts <= latest)
    return Grid(grid.starts[to_come], grid.days[to_come])


@lru_cache(maxsize=4_096)
def _points(
    week: int, zone: int, desired: date, site_zone: str, duration: timedelta, first: int, horizon_days: int
) -> Grid:
    """Half-hour start times of shifts on the local days of the site, with enough time for the work.

    The days are `first` to `horizon_days` after the desired day.
    """
    here, site = ZoneInfo(ZONES[zone]), ZoneInfo(site_zone)
    stretches: list[list[int]] = []
    shifts = []
    for day in (desired + DAY * offset for offset in range(first - 3, horizon_days + 5)):
        for shift in WEEKS[week]:
            if shift.day_of_week == (day.weekday() + 1) % 7:
                end_day = day + DAY if shift.end_time.hour == 0 else day
                start, end = _minute(day, shift.start_time, here), _minute(end_day, shift.end_time, here)
                shifts.append((start, end))
    for start, end in sorted(shifts):
        if stretches and start <= stretches[-1][1]:
            stretches[-1][1] = max(end, stretches[-1][1])
        else:
            stretches.append([start, end])
    minutes = int(duration.total_seconds()) // 60
    points = {
        point
        for start, end in shifts
        for point in range(start, end, 30)
        if any(since <= point and point + minutes <= until for since, until in stretches)
    }
    days = {point: (datetime.fromtimestamp(point * 60, site).date() - desired).days for point in points}
    kept = sorted(point for point in points if first <= days[point] <= horizon_days)
    return Grid(np.array(kept, dtype=np.int64), np.array([days[point] for point in kept], dtype=np.int64))


def _minute(day: date, clock: time, zone: ZoneInfo) -> int:
    return int(datetime.combine(day, clock, zone).timestamp()) // 60
