"""Dates and times as people type them."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smartscheduler.core.entry import UnreadableText
from smartscheduler.core.entry.moments import (
    DAYS,
    MONTHS,
    Direction,
    Edge,
    read_day,
    read_moment,
    write_day,
    write_moment,
)

AUSTIN = ZoneInfo("America/Chicago")
# A Sunday, 1 PM in Austin.
NOW = datetime(2026, 11, 29, 19, tzinfo=UTC)
local_moments = st.datetimes(datetime(2000, 1, 1), datetime(2099, 12, 31)).map(  # noqa: DTZ001  (local times)
    lambda moment: moment.replace(microsecond=0)
)
instants = st.datetimes(datetime(2020, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
whole_minutes = local_moments.map(lambda moment: moment.replace(second=0))


def read(text: str, now: datetime = NOW) -> datetime:
    return read_moment(text, now=now, zone=AUSTIN).moment


def local(day: date, hour: int, minute: int = 0) -> datetime:
    return datetime.combine(day, time(hour, minute))


def refusal(text: str, now: datetime = NOW) -> str:
    with pytest.raises(UnreadableText) as refused:
        read(text, now)
    return str(refused.value)


@given(local_moments, st.booleans())
def test_a_written_moment_is_read_as_the_same(moment: datetime, has_24_hours: bool) -> None:
    reading = read_moment(write_moment(moment, has_24_hours=has_24_hours), now=NOW, zone=AUSTIN)
    assert (reading.moment, reading.notes) == (moment, ())


@given(
    whole_minutes,
    st.sampled_from(
        [
            "%Y-%m-%d %H:%M",
            "%Y-%m-%dT%H:%M",
            "%m/%d/%Y %I:%M %p",
            "%m/%d/%Y %H:%M",
            "%d %B %Y, %I:%M%p",
            "%I:%M %p on %A, %b %d %Y",
        ]
    ),
)
def test_a_whole_date_has_one_meaning_on_every_day(moment: datetime, notation: str) -> None:
    assert read(moment.strftime(notation)) == moment


@given(instants, st.integers(1, 6))
def test_a_weekday_is_the_next_one(now: datetime, days: int) -> None:
    day = now.astimezone(AUSTIN).date() + timedelta(days=days)
    assert read(f"{DAYS[day.weekday()]} 9am", now) == local(day, 9)


@given(instants, st.integers(0, 270))
def test_a_date_without_a_year_lies_ahead(now: datetime, days: int) -> None:
    day = now.astimezone(AUSTIN).date() + timedelta(days=days)
    if (day.month, day.day) == (2, 29):
        return
    assert read(f"{day.month}/{day.day} 2pm", now) == local(day, 14)
    assert read(f"{MONTHS[day.month - 1]} {day.day}, 2pm", now) == local(day, 14)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("today 2pm", local(date(2026, 11, 29), 14)),
        ("tomorrow 9", local(date(2026, 11, 30), 9)),
        ("Tomorrow at 9:30 a.m.", local(date(2026, 11, 30), 9, 30)),
        ("mon 7:30a", local(date(2026, 11, 30), 7, 30)),
        ("Saturday noon", local(date(2026, 12, 5), 12)),
        ("12/3 2pm", local(date(2026, 12, 3), 14)),
        ("12-3-26 2 pm", local(date(2026, 12, 3), 14)),
        ("Dec 3, 2:30 PM", local(date(2026, 12, 3), 14, 30)),
        ("December 3rd 14:30", local(date(2026, 12, 3), 14, 30)),
        ("Thu, Dec 3, 8a", local(date(2026, 12, 3), 8)),
        ("3 Dec 02:30", local(date(2026, 12, 3), 2, 30)),
        ("2026-12-03 14:30", local(date(2026, 12, 3), 14, 30)),
        ("2pm tomorrow", local(date(2026, 11, 30), 14)),
        ("12/3 12am", local(date(2026, 12, 3), 0)),
        ("12/3 12:15", local(date(2026, 12, 3), 12, 15)),
        ("Thu, Dec 3, 2:30 PM CST", local(date(2026, 12, 3), 14, 30)),
        ("7/3/2027 2:30 PM CDT", local(date(2027, 7, 3), 14, 30)),
    ],
)
def test_a_moment_as_people_type_it(text: str, moment: datetime) -> None:
    assert read(text) == moment


@pytest.mark.parametrize(
    ("text", "moment", "note"),
    [
        ("tomorrow 2", local(date(2026, 11, 30), 14), "Read as PM. Add AM for the morning."),
        ("12/3 6:45", local(date(2026, 12, 3), 18, 45), "Read as PM. Add AM for the morning."),
        ("6/1 9am", local(date(2027, 6, 1), 9), "Read as a date in 2027."),
    ],
)
def test_an_assumption_is_told(text: str, moment: datetime, note: str) -> None:
    reading = read_moment(text, now=NOW, zone=AUSTIN)
    assert (reading.moment, reading.notes) == (moment, (note,))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("sun 9", "“Sunday” can be Nov 29 or Dec 6. Type the date, for example 12/6."),
        ("next mon 9am", "“next Monday” can be Nov 30 or Dec 7. Type the date, for example 12/7."),
        ("fri dec 3 2pm", "Dec 3, 2026 is a Thursday, not a Friday."),
        ("dec 3", "Add the time, for example Dec 3 9am."),
        ("tomorrow", "Add the time, for example Nov 30 9am."),
        ("11/20 9am", "Nov 20 has passed. If you mean next year, type 11/20/2027."),
        ("2/30 9am", "Feb 2026 has no day 30."),
        ("13/3 9am", "There is no month 13. Dates are month/day, for example 12/3."),
        ("tomorrow 25:00", "The hour is from 0 to 23, for example 14:30, or from 1 to 12 with AM or PM."),
        ("tomorrow 13pm", "With AM or PM, the hour is from 1 to 12, for example 2:30 PM."),
        ("tomorrow 2pm EST", "Enter the local time of the site: CST, not EST."),
    ],
)
def test_a_doubtful_moment_says_why(text: str, message: str) -> None:
    assert refusal(text) == message


@pytest.mark.parametrize(
    "text",
    [
        "",
        "soon",
        "9am",
        "tomorrow morning",
        "tomorrow 9:60",
        "tomorrow 9 or 10",
        "3.12.2026 9:00",
        "12/3 2pm 3pm",
        "٣/٣ ٩",
        "tomorrow\x009",
        "x" * 61,
    ],
)
def test_no_moment(text: str) -> None:
    assert "for example tomorrow 9am, Mon 7:30a, 12/3 2pm or 2026-12-03 14:30" in refusal(text)


def test_today_is_the_day_at_the_site() -> None:
    """10 PM on Sunday in Austin is Monday in UTC."""
    late = datetime(2026, 11, 30, 4, tzinfo=UTC)
    assert read("tomorrow 9am", late) == local(date(2026, 11, 30), 9)


@given(st.text(max_size=80))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        read(text)
    except UnreadableText as refused:
        assert str(refused)


TODAY = date(2026, 11, 29)


@given(st.dates(date(2000, 1, 1), date(2099, 12, 31)), st.sampled_from(Direction))
def test_a_written_day_is_read_as_the_same(day: date, direction: Direction) -> None:
    for text in (write_day(day), day.isoformat(), f"{day:%m/%d/%Y}"):
        assert read_day(text, today=TODAY, direction=direction) == day


@pytest.mark.parametrize(
    ("text", "ahead", "back", "nearest"),
    [
        ("today", TODAY, TODAY, TODAY),
        ("yesterday", date(2026, 11, 28), date(2026, 11, 28), date(2026, 11, 28)),
        ("Mon", date(2026, 11, 30), date(2026, 11, 23), date(2026, 11, 30)),
        ("12/3", date(2026, 12, 3), date(2025, 12, 3), date(2026, 12, 3)),
        ("Jul 4", date(2027, 7, 4), date(2026, 7, 4), date(2026, 7, 4)),
        ("Jan 31", date(2027, 1, 31), date(2026, 1, 31), date(2027, 1, 31)),
    ],
)
def test_a_day_without_a_year_lies_where_it_is_looked_for(text: str, ahead: date, back: date, nearest: date) -> None:
    days = [read_day(text, today=TODAY, direction=direction) for direction in Direction]
    assert days == [ahead, back, nearest]


@given(st.dates(date(2001, 1, 1), date(2090, 1, 1)), st.integers(0, 330))
def test_a_day_back_is_not_after_today(today: date, days: int) -> None:
    day = today - timedelta(days=days)
    if (day.month, day.day) != (2, 29):
        assert read_day(f"{day.month}/{day.day}", today=today, direction=Direction.BACK) == day


@pytest.mark.parametrize("direction", Direction)
@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "Enter a date"),
        ("soon", "Enter a date"),
        ("12/3 9am", "Enter a date"),
        ("13/3", "There is no month 13"),
        ("2/30", "has no day 30"),
        ("11/0", "has no day 0"),
        ("sun", "“Sunday” can be Nov 29"),
        ("x" * 61, "Enter a date"),
    ],
)
def test_what_is_no_day_is_refused(text: str, message: str, direction: Direction) -> None:
    with pytest.raises(UnreadableText, match=message):
        read_day(text, today=TODAY, direction=direction)


@pytest.mark.parametrize(
    ("text", "edge", "moment", "notes"),
    [
        ("dec 3", Edge.START, local(date(2026, 12, 3), 0), ()),
        ("dec 3", Edge.NOON, local(date(2026, 12, 3), 12), ("A date without a time means noon.",)),
        ("dec 3 5pm", Edge.NOON, local(date(2026, 12, 3), 17), ()),
        ("dec 3", Edge.END, local(date(2026, 12, 4), 0), ("This is the end of Dec 3.",)),
        ("tomorrow", Edge.END, local(date(2026, 12, 1), 0), ("This is the end of Nov 30.",)),
        ("dec 3 5pm", Edge.END, local(date(2026, 12, 3), 17), ()),
    ],
)
def test_a_whole_day_has_a_start_and_an_end(text: str, edge: Edge, moment: datetime, notes: tuple[str, ...]) -> None:
    reading = read_moment(text, now=NOW, zone=AUSTIN, edge=edge)
    assert (reading.moment, reading.notes) == (moment, notes)
