"""Cell formats: written cells are read back unchanged, and other input is parsed or rejected."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from contractors.fields import normal_skills
from contractors.working_week import Shift, check_week
from smartscheduler.core.entry import UnreadableText
from smartscheduler.core.entry.written_dates import Order, date_order_of
from smartscheduler.imports.cell_formats import (
    lacks_time,
    read_duration,
    read_instant,
    read_list,
    read_miles,
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
    with pytest.raises(UnreadableText, match=message):
        read_week(text)


@given(st.timedeltas(timedelta(seconds=1), timedelta(hours=8)))
def test_a_duration_comes_back_to_the_second(duration: timedelta) -> None:
    whole = timedelta(seconds=round(duration.total_seconds()))
    hours, minutes, seconds = map(int, read_duration(write_duration(whole)).value.split(":"))
    assert timedelta(hours=hours, minutes=minutes, seconds=seconds) == whole


@pytest.mark.parametrize(
    ("text", "duration"),
    [
        ("2:30", "2:30:00"),
        ("2.5", "2:30:00"),
        ("2.5 h", "2:30:00"),
        ("90 min", "1:30:00"),
        ("0:20:15", "0:20:15"),
        ("2 hrs", "2:00:00"),
        ("2h 30m", "2:30:00"),
        ("90 mins", "1:30:00"),
        ("120m", "2:00:00"),
        ("1:30:00 AM", "1:30:00"),
        ("2:30 hrs", "2:30:00"),
        ("1.3333333333", "1:20:00"),
        ("PT2H30M", "2:30:00"),
    ],
)
def test_a_duration_as_people_write_it(text: str, duration: str) -> None:
    assert read_duration(text) == (duration, ())


@pytest.mark.parametrize(
    ("text", "duration", "shown"),
    [
        ("0.0625", "1:30:00", "1 h 30 min"),
        ("0.3333333333", "8:00:00", "8 h"),
        ("0.0416666667", "1:00:00", "1 h"),
        ("0.25", "0:15:00", "15 min"),
        ("1.67", "1:40:00", "1 h 40 min"),
        ("90", "1:30:00", "1 h 30 min"),
        ("480", "8:00:00", "8 h"),
    ],
)
def test_an_unclear_number_is_read_with_a_remark(text: str, duration: str, shown: str) -> None:
    assert read_duration(text) == (duration, (f"The duration {text} was read as {shown}.",))


@pytest.mark.parametrize("text", ["forever", "2:60", "-1", "1 day", "2,5", "45", "2-3 hours", "P", "P1M", "9" * 41, ""])
def test_no_duration(text: str) -> None:
    with pytest.raises(UnreadableText, match=r"Enter hours and minutes|Add the unit"):
        read_duration(text)


@pytest.mark.parametrize(("text", "miles"), [("40", "40"), ("40 mi", "40"), ("12.5 miles", "12.5"), ("1,000", "1000")])
def test_miles(text: str, miles: str) -> None:
    assert read_miles(text) == miles


@given(st.text(max_size=90))
def test_any_text_is_read_or_refused(text: str) -> None:
    for read in (read_duration, read_miles, read_week, lambda cell: read_instant(cell, AUSTIN)):
        try:
            read(text)
        except UnreadableText as refusal:
            assert str(refusal)


@given(st.datetimes(datetime(2000, 1, 1), datetime(2099, 12, 31), timezones=st.just(UTC)))  # noqa: DTZ001
def test_an_instant_with_its_offset_comes_back(moment: datetime) -> None:
    assert datetime.fromisoformat(read_instant(moment.astimezone(AUSTIN).isoformat(), None).value) == moment


NINE = "2026-12-15T09:00:00-06:00"


@pytest.mark.parametrize(
    "text",
    [
        "2026-12-15 09:00",
        "2026-12-15T09:00:00",
        "2026-12-15 09:00:00.000",
        "2026-12-15 9:00 AM",
        "2026/12/15 9:00",
        "20261215T0900",
        "2026-12-15T15:00:00Z",
        "2026-12-15T15:00:00+00:00",
        "2026-12-15 15:00:00 UTC",
        "2026-12-15 09:00:00 -0600",
        "12/15/2026 9:00 am",
        "12/15/2026 09:00",
        "12/15/2026 9:00:00 AM",
        "12/15/2026 9:00AM",
        "12/15/2026, 9:00 AM",
        "12/15/2026 9 AM",
        "12/15/2026 9a.m.",
        "12/15/26 9:00 AM",
        "12-15-2026 9:00 AM",
        "12/15/2026 9:00\u202fAM",
        "12/15/2026 9:00 AM CST",
        "12/15/2026 9:00 AM CT",
        "Dec 15, 2026 9am",
        "December 15, 2026 9:00 AM",
        "Tue, Dec 15, 2026 at 9:00 AM",
        "15 Dec 2026 09:00",
        "15-Dec-26 09:00",
        "9:00 AM 12/15/2026",
        "Tue Dec 15 2026 09:00:00 GMT-0600 (Central Standard Time)",
        "46371.375",
    ],
)
def test_an_instant_as_people_and_programs_write_it(text: str) -> None:
    value, remarks = read_instant(text, AUSTIN)
    assert datetime.fromisoformat(value) == datetime.fromisoformat(NINE)
    assert remarks == ()


@pytest.mark.parametrize(
    "text",
    [
        *("2026-12-15", "12/15/2026", "12/15/26", "Dec 15, 2026", "December 15th, 2026", "Tuesday, December 15, 2026"),
        *("15-Dec-26", "46371", "46371.0", "20261215"),
    ],
)
def test_a_day_alone_is_its_noon(text: str) -> None:
    assert lacks_time(text)
    assert read_instant(text, AUSTIN) == ("2026-12-15T12:00:00-06:00", ())


@pytest.mark.parametrize("text", ["15/12/2026", "15.12.26", "15-12-2026", "15/12/2026 12:00", "2026-12-15"])
def test_the_day_comes_first_in_the_other_order(text: str) -> None:
    assert read_instant(text, AUSTIN, "dmy").value == "2026-12-15T12:00:00-06:00"


@pytest.mark.parametrize(
    ("cells", "order"),
    [
        (["12/15/2026", "1/2/2026"], "mdy"),
        (["1/2/2026", "15/12/2026 9:00", ""], "dmy"),
        (["1/2/2026", "soon", "2026-12-15"], "mdy"),
        (["15/12/2026", "12/15/2026", "12/16/2026"], "mdy"),
        ([], "mdy"),
    ],
)
def test_the_order_of_a_file(cells: list[str], order: Order) -> None:
    assert date_order_of(cells) == order


@given(st.lists(st.dates(date(2000, 1, 1), date(2099, 12, 31)), min_size=1), st.sampled_from(["mdy", "dmy"]))
def test_the_order_of_written_dates_reads_them(days: list[date], order: Order) -> None:
    shape = "{0.month}/{0.day}/{0.year}" if order == "mdy" else "{0.day}/{0.month}/{0.year}"
    cells = [shape.format(day) for day in days]
    assume(any(day.day > 12 for day in days))
    assert date_order_of(cells) == order
    read = [read_instant(cell, UTC, date_order_of(cells)).value[:10] for cell in cells]
    assert read == [day.isoformat() for day in days]


def test_an_hour_of_the_night_without_am_is_remarked() -> None:
    value, remarks = read_instant("12/15/2026 2:30", AUSTIN)
    assert value == "2026-12-15T02:30:00-06:00"
    assert remarks == ("2:30 was read as 2:30 in the morning. Add PM for the afternoon.",)


@given(st.datetimes(datetime(2001, 1, 1), datetime(2099, 1, 1)).map(lambda moment: moment.replace(microsecond=0)))  # noqa: DTZ001
def test_a_number_of_a_spreadsheet_is_its_instant(moment: Any) -> None:
    serial = (moment - datetime(1899, 12, 30)) / timedelta(days=1)  # noqa: DTZ001
    assume(moment.time() != time(0))
    assert datetime.fromisoformat(read_instant(f"{serial:.10f}", UTC).value) == moment.replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "site", "message"),
    [
        ("2027-03-14 02:30", AUSTIN, "does not exist"),
        ("2026-11-01 01:30", AUSTIN, "local time occurs twice"),
        ("soon", AUSTIN, "Enter a date and time"),
        ("31/12/2026", AUSTIN, "There is no month 31. Dates are month/day/year."),
        ("2/30/2026", AUSTIN, "Feb 2026 has no day 30"),
        ("Mon, Dec 15, 2026", AUSTIN, "is a Tuesday, not a Monday"),
        ("12/15", AUSTIN, "Add the year"),
        ("Dec 15 9am", AUSTIN, "Add the year"),
        ("12/15/2026 9", AUSTIN, "Enter a date and time"),
        ("12/15/2026 9:00 EST", AUSTIN, "Enter the local time of the site: CST, not EST."),
        ("12/15/2026 9:00 AM ET", AUSTIN, "Enter the local time of the site: CST, not ET."),
        ("12/15/2026 13:00 PM", AUSTIN, "the hour is from 1 to 12"),
        ("tomorrow 9am", AUSTIN, "Enter a date and time"),
        ("9:00 AM", AUSTIN, "Add the date"),
        ("09:00", AUSTIN, "Add the date"),
        ("2026-12-01 09:00", None, "needs an offset"),
    ],
)
def test_no_instant(text: str, site: ZoneInfo | None, message: str) -> None:
    with pytest.raises(UnreadableText, match=message):
        read_instant(text, site)
