"""The numbers in docs/ranking.md are correct."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import pytest

from assignments.availability import Booking, Calendar, offered_slots, shift_slots
from assignments.local_time import day_at
from assignments.scoring import Weights, as_decimal, availability_part, distance_part, hundredths, rating_part, score
from contractors.working_week import Shift
from smartscheduler import BASE_DIR
from smartscheduler.places import Origin, Point, drive_minutes, great_circle_miles, zone
from smartscheduler.rules.values import Rules
from smartscheduler.travel.routes import Site

PAGE = (BASE_DIR / "docs" / "ranking.md").read_text()
CHICAGO = zone("America/Chicago")
SITE = Point(30.2672, -97.7431)
# Five great-circle miles to the north.
OTHER_SITE = Point(30.2672 + 5 / (3959 * 3.141592653589793 / 180), -97.7431)


def points(rating: str, miles: float, days: int) -> str:
    parts = score(
        availability=availability_part(days),
        rating=rating_part(hundredths(Decimal(rating))),
        distance=distance_part(miles, 50.0),
        weights=Weights(4000, 3500, 2500),
    )
    return str(as_decimal(parts.total))


@pytest.mark.parametrize(
    ("name", "rating", "miles", "days", "total", "bound"),
    [
        ("Bruno", "5.00", 2.5, 2, "0.9075", "0.9875"),
        ("Ada", "4.80", 6.0, 0, "0.9560", "0.9560"),
        ("Cleo", "0.00", 0.8, 0, "0.6460", "0.6460"),
    ],
)
def test_the_scores_and_bounds(name: str, rating: str, miles: float, days: int, total: str, bound: str) -> None:
    assert points(rating, miles, days) == total
    assert points(rating, miles, 0) == bound
    row = next(line for line in PAGE.splitlines() if line.startswith(f"| {name} "))
    assert total in row
    assert bound in row


def test_the_half_that_is_rounded_up() -> None:
    assert points("4.00", 0.028, 1) == "0.8899"
    assert "0.88985, which counts as 0.8899" in PAGE


def test_the_drive_and_the_slots_it_leaves() -> None:
    assert great_circle_miles(SITE, OTHER_SITE) == pytest.approx(5)
    assert drive_minutes(5, Rules.of_settings().pace) == 12
    assert Origin(SITE).drive_to(OTHER_SITE, Rules.of_settings().pace) == timedelta(minutes=12)
    day = date(2027, 2, 9)
    morning = day_at(day, CHICAGO)
    from_nine = morning.start + timedelta(hours=9)
    booking = Booking(type(morning)(from_nine, from_nine + timedelta(hours=3)), OTHER_SITE)
    calendar = Calendar(CHICAGO, [Shift(2, time(8), time(17))], bookings=[booking])
    slots = offered_slots(
        calendar, morning, timedelta(hours=4), Rules.of_settings(), site=Site(SITE), not_before=morning.start
    )
    assert [f"{slot.start.astimezone(CHICAGO):%H:%M}" for slot in slots] == ["12:30", "13:00"]
    assert "12:30 and 13:00" in PAGE


@pytest.mark.parametrize(
    ("day", "hours"), [(date(2027, 3, 14), 3.5), (date(2027, 11, 7), 5.5), (date(2027, 3, 21), 4.5)]
)
def test_the_hours_of_a_night_on_which_the_clock_moves(day: date, hours: float) -> None:
    calendar = Calendar(CHICAGO, [Shift(0, time(0), time(4, 30))])
    nights = [slot for slot in shift_slots(calendar, day_at(day, CHICAGO)) if slot.overlaps(day_at(day, CHICAGO))]
    assert [night.duration for night in nights] == [timedelta(hours=hours)]


def test_a_skipped_time_is_the_moment_of_the_jump() -> None:
    calendar = Calendar(CHICAGO, [Shift(0, time(2, 30), time(6))])
    (shift,) = [s for s in shift_slots(calendar, day_at(date(2027, 3, 14), CHICAGO)) if s.start.day == 14]
    assert shift.start == datetime(2027, 3, 14, 8, tzinfo=UTC)
