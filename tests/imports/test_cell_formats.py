"""Cell formats: written cells are read back unchanged, and other input is parsed or rejected."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from contractors.fields import normal_skills
from contractors.working_week import Shift, check_week
from smartscheduler.errors import InvalidInput
from smartscheduler.imports.cell_formats import (
    read_duration,
    read_instant,
    read_list,
    read_week,
    write_duration,
    write_list,
    write_week,
)

AUSTIN = ZoneInfo("America/Chicago")
names = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cf", "Zl", "Zp", "Cs"]), min_size=1, max_size=20
) | st.text(";,\"' a=+-", min_size=1, max_size=8)
clocks = st.times().map(lambda moment: moment.replace(microsecond=0))


@given(st.lists(names, max_size=6))
def test_a_list_of_names_comes_back(skills: list[Any]) -> None:
    kept = normal_skills(skills)
    assert read_list(write_list(kept)) == kept
    # As a part of a file: cells come without blanks around them.
    assert read_list(write_list(kept).strip()) == kept


@pytest.mark.parametrize(
    ("text", "skills"),
    [
        ("Mosaic; Stairs", ["Mosaic", "Stairs"]),
        ("Mosaic, Stairs", ["Mosaic", "Stairs"]),
        ("Tile, large; Stairs;", ["Tile, large", "Stairs"]),
        ('"Tile, large"', ["Tile, large"]),
        ('"a; b"; "say ""hi"""', ["a; b", 'say "hi"']),
        ('"a" b; c', ['"a" b', "c"]),
        ('"Stairs; curved", Mosaic', ["Stairs; curved", "Mosaic"]),
        (" ; ,", [","]),
        ("", []),
    ],
)
def test_a_list_as_people_write_it(text: str, skills: list[str]) -> None:
    assert read_list(text) == skills


@st.composite
def weeks(draw: st.DrawFn) -> list[Any]:
    """Shifts of some days, each from a clock to the next; the last may end at midnight."""
    shifts = []
    for day in draw(st.sets(st.integers(0, 6), min_size=1)):
        moments = sorted(draw(st.sets(clocks, min_size=2, max_size=6)))
        pairs = list(zip(moments[::2], moments[1::2], strict=False))
        shifts += [Shift(day, start, end) for start, end in pairs]
        if draw(st.booleans()) and time(8) < moments[-1] and len(moments) % 2:
            shifts.append(Shift(day, moments[-1], time(0)))
    return [shift for shift in shifts if shift.ends - shift.starts <= timedelta(hours=16)]


@given(weeks().filter(bool))
def test_a_week_comes_back(shifts: Any) -> None:
    week = check_week(shifts)
    assert sorted(as_shifts(write_week(week))) == week


@given(st.sets(st.integers(0, 6), min_size=1))
def test_days_with_the_same_hours_come_back(days: set[Any]) -> None:
    week = [Shift(day, *hours) for day in sorted(days) for hours in [(time(8), time(12)), (time(20), time(0))]]
    assert sorted(as_shifts(write_week(week))) == week


def as_shifts(text: str) -> list[Shift]:
    return [
        Shift(shift["day_of_week"], time.fromisoformat(shift["start_time"]), time.fromisoformat(shift["end_time"]))
        for shift in read_week(text)
    ]


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("Mon-Fri 8:00-17:00", "Mon-Fri 08:00-17:00"),
        ("Monday–Friday 08:00 – 17:00", "Mon-Fri 08:00-17:00"),
        ("mon, wed, fri 08:00-12:00", "Mon 08:00-12:00; Wed 08:00-12:00; Fri 08:00-12:00"),
        ("Fri-Mon 09:00-10:00", "Sun-Mon 09:00-10:00; Fri-Sat 09:00-10:00"),
        ("Mon 20:00-24:00; Tue 00:00-04:00", "Mon 20:00-24:00; Tue 00:00-04:00"),
        ("Mon 08:00:30-12:00", "Mon 08:00:30-12:00"),
        ("Mon 8-12", "Mon 08:00-12:00"),
        ("Mon 8am-5pm, Sat 9am-1pm", "Mon 08:00-17:00; Sat 09:00-13:00"),
    ],
)
def test_a_week_as_people_write_it(text: str, written: str) -> None:
    assert write_week(as_shifts(text)) == written


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Mon 22:00-06:00", "a night as two shifts: Mon 22:00-24:00; Tue 00:00-06:00."),
        ("Sat 22:00-06:00", "Sat 22:00-24:00; Sun 00:00-06:00."),
        ("Mon-Fry 08:00-12:00", "“fry” is not a day"),
        ("T 08:00-12:00", "“t” is not a day"),
        ("Mon 8-5", "ends before it starts"),
        ("whenever", "Use the format Mon-Fri"),
    ],
)
def test_a_week_that_cannot_be_read(text: str, message: str) -> None:
    with pytest.raises(InvalidInput, match=message) as refusal:
        read_week(text)
    assert list(refusal.value.errors) == ["working_hours"]


@given(st.timedeltas(timedelta(seconds=1), timedelta(hours=8)))
def test_a_duration_comes_back_to_the_second(duration: timedelta) -> None:
    whole = timedelta(seconds=round(duration.total_seconds()))
    hours, minutes, seconds = map(int, read_duration(write_duration(whole)).split(":"))
    assert timedelta(hours=hours, minutes=minutes, seconds=seconds) == whole


@pytest.mark.parametrize(
    ("text", "duration"),
    [("2:30", "02:30:00"), ("2.5", "2:30:00"), ("2.5 h", "2:30:00"), ("90 min", "1:30:00"), ("0:20:15", "00:20:15")],
)
def test_a_duration_as_people_write_it(text: str, duration: str) -> None:
    assert read_duration(text) == duration


@pytest.mark.parametrize("text", ["forever", "2:60", "-1", "1 day", "2,5"])
def test_no_duration(text: str) -> None:
    with pytest.raises(InvalidInput, match="Enter hours and minutes"):
        read_duration(text)


@given(st.datetimes(datetime(2000, 1, 1), datetime(2099, 12, 31), timezones=st.just(UTC)))  # noqa: DTZ001
def test_an_instant_with_its_offset_comes_back(moment: datetime) -> None:
    assert datetime.fromisoformat(read_instant(moment.astimezone(AUSTIN).isoformat(), None)) == moment


@pytest.mark.parametrize(
    "text",
    ["2026-12-01 09:00", "2026-12-01T09:00:00", "12/1/2026 9:00 am", "12/01/2026 09:00", "46357.375"],
)
def test_an_instant_in_local_time_of_the_site(text: str) -> None:
    assert read_instant(text, AUSTIN) == "2026-12-01T09:00:00-06:00"


@pytest.mark.parametrize("text", ["2026-12-01", "12/1/2026", "46357"])
def test_a_day_alone_is_its_noon(text: str) -> None:
    assert read_instant(text, AUSTIN) == "2026-12-01T12:00:00-06:00"


@given(st.datetimes(datetime(2001, 1, 1), datetime(2099, 1, 1)).map(lambda moment: moment.replace(microsecond=0)))  # noqa: DTZ001
def test_a_number_of_a_spreadsheet_is_its_instant(moment: Any) -> None:
    serial = (moment - datetime(1899, 12, 30)) / timedelta(days=1)  # noqa: DTZ001
    assume(moment.time() != time(0))
    assert datetime.fromisoformat(read_instant(f"{serial:.10f}", UTC)) == moment.replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "site", "message"),
    [
        ("2027-03-14 02:30", AUSTIN, "does not exist"),
        ("2026-11-01 01:30", AUSTIN, "local time occurs twice"),
        ("soon", AUSTIN, "Enter a date and time"),
        ("31/12/2026", AUSTIN, "Enter a date and time"),
        ("2026-12-01 09:00", None, "needs an offset"),
    ],
)
def test_no_instant(text: str, site: ZoneInfo | None, message: str) -> None:
    with pytest.raises(InvalidInput, match=message) as refusal:
        read_instant(text, site)
    assert list(refusal.value.errors) == ["desired_date"]


def test_the_day_of_a_serial_number_is_that_of_spreadsheets() -> None:
    assert read_instant("46357", AUSTIN).startswith(date(2026, 12, 1).isoformat())
