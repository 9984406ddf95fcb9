"""The axis of the board: positions, shown hours and labels, also on days with a clock change."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from assignments.local_time import local_instant
from smartscheduler.dashboard.axis import Axis, offset_text, shown_hours

CHICAGO, NEW_YORK, HONOLULU = map(ZoneInfo, ("America/Chicago", "America/New_York", "Pacific/Honolulu"))
DAY = date(2026, 11, 24)
FORWARD, BACK = date(2026, 3, 8), date(2026, 11, 1)


def axis(first: date = DAY, days: int = 1, zone: ZoneInfo | None = CHICAGO) -> Axis:
    return Axis(first, days, zone, today=DAY)


def at(day: date, hour: float, zone: ZoneInfo = CHICAGO) -> datetime:
    return local_instant(day, timedelta(hours=hour), zone)


def test_all_rows_share_the_instants_of_one_clock() -> None:
    nine_in_new_york = at(DAY, 9, NEW_YORK)
    assert axis().minute(nine_in_new_york, NEW_YORK) == 8 * 60
    assert axis(zone=None).minute(nine_in_new_york, NEW_YORK) == 9 * 60
    assert axis().window(NEW_YORK) == axis().window(CHICAGO)
    assert axis(zone=None).window(NEW_YORK).start == at(DAY, 0, NEW_YORK)


@pytest.mark.parametrize("zone", [CHICAGO, None])
def test_positions_stay_on_the_axis_and_go_on_from_day_to_day(zone: ZoneInfo | None) -> None:
    three = axis(days=3, zone=zone)
    moments = [at(DAY, -5), at(DAY, 0), at(DAY + timedelta(days=1), 9), at(DAY + timedelta(days=4), 1)]
    assert [three.minute(moment, CHICAGO) for moment in moments] == [0, 0, 33 * 60, 72 * 60]


@pytest.mark.parametrize(("day", "hours"), [(FORWARD, 23), (DAY, 24), (BACK, 25)])
def test_a_day_has_the_hours_that_it_has(day: date, hours: int) -> None:
    (column,) = axis(day).columns(0, 24)
    assert (column.first, column.last) == (0, hours * 60)
    assert [column.labels[place][0] for place in (0, -1)] == [0, hours * 60]
    assert axis(day).minute(at(day, 17), CHICAGO) == (17 + hours - 24) * 60
    (work,) = axis(day).columns(8, 17)
    assert work.last - work.first == 9 * 60
    assert [text for _minute, text in work.labels] == [text for _minute, text in axis().columns(8, 17)[0].labels]


def test_labels_stand_at_full_hours_of_an_axis_that_ends_in_between() -> None:
    (column,) = axis().columns(8, 17.5)
    assert (column.first, column.last) == (480, 1050)
    assert [minute for minute, _text in column.labels] == list(range(480, 1021, 60))


def test_the_repeated_hour_is_there_twice_and_the_skipped_one_is_not() -> None:
    def at_night(day: date) -> list[int]:
        texts = [text for _minute, text in axis(day).columns(0, 4)[0].labels]
        ordinary = [text for _minute, text in axis().columns(0, 4)[0].labels]
        return [ordinary.index(text) for text in texts]

    assert at_night(BACK) == [0, 1, 1, 2, 3, 4]
    assert at_night(FORWARD) == [0, 1, 3, 4]


def test_both_runs_of_the_repeated_hour_have_their_place() -> None:
    first, second = datetime(2026, 11, 1, 6, 30, tzinfo=UTC), datetime(2026, 11, 1, 7, 30, tzinfo=UTC)
    assert {moment.astimezone(CHICAGO).hour for moment in (first, second)} == {1}
    assert [axis(BACK).minute(moment, CHICAGO) for moment in (first, second)] == [90, 150]
    # In local time of each row a day has one scale for all zones: 24 hours.
    assert [axis(BACK, zone=None).minute(moment, CHICAGO) for moment in (first, second)] == [90, 90]


def test_the_hours_are_those_of_the_work() -> None:
    office, night = [(8 * 60, 17 * 60)], [(22 * 60, 24 * 60)]
    assert shown_hours(axis(), [office, [(7 * 60 + 30, 12 * 60)]], []) == (7, 17)
    assert shown_hours(axis(), [], []) == (8, 17)
    assert shown_hours(axis(), [[], []], []) == (8, 17)
    # One of many who works at night does not halve all blocks; among few it counts.
    assert shown_hours(axis(), [*[office] * 12, night], []) == (8, 17)
    assert shown_hours(axis(), [*[office] * 3, night], []) == (8, 24)


def test_the_hours_go_as_far_as_a_booking_and_back_without_it() -> None:
    office = [[(8 * 60, 17 * 60)]] * 20
    assert shown_hours(axis(), office, [(4 * 60 + 30, 6 * 60)]) == (4, 17)
    assert shown_hours(axis(), office, [(20 * 60, 22 * 60)]) == (8, 22)
    # As far as needed: to the next half hour.
    assert shown_hours(axis(), office, [(20 * 60, 22 * 60 + 1)]) == (8, 22.5)
    assert shown_hours(axis(), office, [(4 * 60 + 30, 23 * 60 + 15)]) == (4, 23.5)
    assert shown_hours(axis(), office, [(9 * 60, 11 * 60)]) == (8, 17)
    # On the second day of three, over midnight.
    assert shown_hours(axis(days=3), office, [(47 * 60, 49 * 60)]) == (0, 24)


@pytest.mark.parametrize("day", [FORWARD, BACK])
def test_the_hours_are_exact_on_the_day_of_a_clock_change(day: date) -> None:
    changed = axis(day)
    shift = [(changed.minute(at(day, 8), CHICAGO), changed.minute(at(day, 17), CHICAGO))]
    assert shown_hours(changed, [shift], []) == (8, 17)


def test_several_days_are_columns_of_the_same_hours() -> None:
    days = axis(BACK - timedelta(days=1), days=3).columns(8, 17)
    assert [(column.first, column.last) for column in days] == [(480, 1020), (1980, 2520), (3420, 3960)]
    assert [column.name for column in days] == ["Sat, Oct 31", "Sun, Nov 1", "Mon, Nov 2"]
    # The end of a column is the start of the next one: no label for it.
    assert [[minute - column.first for minute, _text in column.labels] for column in days] == [[60, 240, 420]] * 3


def test_today_is_one_of_the_days() -> None:
    assert [axis(DAY - timedelta(days=before), days=3).is_today for before in range(4)] == [True, True, True, False]


@pytest.mark.parametrize(
    ("own", "text"),
    [(CHICAGO, ""), (NEW_YORK, "+1 h"), (HONOLULU, "−4 h"), (ZoneInfo("Asia/Kolkata"), "+11 h 30 min")],
)
def test_a_row_says_how_its_clock_differs(own: ZoneInfo, text: str) -> None:
    assert offset_text(own, axis()) == text
    assert offset_text(own, axis(zone=None)) == ""
