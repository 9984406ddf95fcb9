"""Standard rows from the cells of a matched file."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smartscheduler.imports.assembly import SECOND_LINE, assembled, columns_given, standard_rows, with_defaults
from smartscheduler.imports.columns import COLUMNS
from smartscheduler.imports.file_reader import BROKEN, SURPLUS, Table
from smartscheduler.imports.targets import NOTE, targets_of

PLACE = {"address": "464 Juniper Cir", "city": "Renton", "state": "WA", "zip_code": "98055"}


@pytest.mark.parametrize(
    ("kind", "cells", "row"),
    [
        ("contractors", {"first_name": "Ada", "last_name": "Moore"}, {"name": "Ada Moore"}),
        ("contractors", {"first_name": "", "last_name": "Moore", "name": "Ada Tiles"}, {"name": "Ada Tiles"}),
        ("contractors", {"first_name": "", "last_name": "", "company": "Ada Tiles"}, {"name": "Ada Tiles"}),
        ("customers", {"first_name": "Grace", "company": "Hill & Sons"}, {"name": "Grace", "company": "Hill & Sons"}),
        ("jobs", {"first_name": "Grace", "last_name": "Hill"}, {"customer_name": "Grace Hill"}),
        ("jobs", {"customer_name": "", "company": "Hill & Sons"}, {"customer_name": "Hill & Sons"}),
        ("customers", {"phones": "1", "phone_2": "", "phone_3": "3"}, {"phones": "1; 3"}),
        ("customers", {"phone_2": "2"}, {"phones": "2"}),
        ("jobs", {"full_address": "464 Juniper Cir, Renton, WA 98055"}, PLACE),
        ("jobs", {"full_address": "464 Juniper Cir, Renton, WA 98055", "city": "Kent"}, PLACE | {"city": "Kent"}),
        ("jobs", {"full_address": "464 Juniper Cir\nRenton, Wash. 98055-1234"}, PLACE),
        (
            "jobs",
            {"full_address": "464 Juniper Cir, Renton, WA", "zip_code": ""},
            {"address": "464 Juniper Cir", "city": "Renton", "state": "WA", "zip_code": ""},
        ),
        ("jobs", {"full_address": "464 Juniper Cir 98055"}, PLACE),
        ("jobs", {"full_address": "behind the church"}, {"address": "behind the church"}),
        ("jobs", {"full_address": ""}, {"address": ""}),
        ("jobs", {"address": "464 Juniper Cir", "address_2": "Apt 4"}, {"address": "464 Juniper Cir, Apt 4"}),
        ("jobs", PLACE | {"address": "464 Juniper Cir • Renton, Washington 98055"}, PLACE),
        ("jobs", PLACE | {"address": "464 Juniper Cir • rear"}, PLACE | {"address": "464 Juniper Cir • rear"}),
        ("jobs", {"address": "464 Juniper Cir", "address_2": ""}, {"address": "464 Juniper Cir"}),
        ("jobs", {"address": "", "address_2": "Apt 4"}, {"address": "", SECOND_LINE: "Apt 4"}),
        (
            "contractors",
            {"email": "ann@example.com", "address_2": "Apt 4"},
            {"email": "ann@example.com", SECOND_LINE: "Apt 4"},
        ),
        ("contractors", {"email": "ann@example.com", "address_2": ""}, {"email": "ann@example.com"}),
        ("customers", {"notes": "A dog", NOTE: "Gate: 12"}, {"notes": "A dog\nGate: 12"}),
        ("jobs", {NOTE: "Gate: 12"}, {"special_requirements": "Gate: 12"}),
        ("jobs", {"start": "12/15/2026 9:00"}, {"start": "12/15/2026 9:00", "desired_date": "12/15/2026 9:00"}),
        ("jobs", {"start": "", "desired_date": "12/15/2026"}, {"start": "", "desired_date": "12/15/2026"}),
    ],
)
def test_parts_become_columns(kind: str, cells: dict[str, str], row: dict[str, str]) -> None:
    assert assembled(cells, kind, {}) == row


@pytest.mark.parametrize(
    ("day", "clock", "moment"),
    [
        ("12/15/2026", "9:00 AM", "12/15/2026 9:00 AM"),
        ("2026-12-15 00:00:00", "09:00:00", "2026-12-15 09:00:00"),
        ("2026-12-15T00:00:00", "9 am", "2026-12-15 9 am"),
        ("Dec 15, 2026 8:00 PM", "9:00", "Dec 15, 2026 9:00"),
        ("12/15/2026, 8 PM", "9:00", "12/15/2026 9:00"),
        ("2026-12-15", "1899-12-31 09:30:00", "2026-12-15 09:30:00"),
        ("46371", "0.375", "2026-12-15 9:00"),
        ("46371.0", "0.9999999", "2026-12-15 0:00"),
        ("12/15/2026", "", "12/15/2026"),
        ("", "-", ""),
        ("soon", "9:00", "soon 9:00"),
    ],
)
def test_a_date_and_a_time(day: str, clock: str, moment: str) -> None:
    assert assembled({"desired_date": day, "clock": clock}, "jobs", {})["desired_date"] == moment
    of_booking = assembled({"start": day, "clock": clock}, "jobs", {})
    assert (of_booking["start"], of_booking.get("desired_date", "")) == (moment, moment)


def test_an_end_without_a_date_is_on_the_day_of_the_start() -> None:
    cells = {"desired_date": "12/15/2026 8:00 AM", "clock": "9:00 AM", "end_clock": "11:00 AM"}
    assert assembled(cells, "jobs", {})["end"] == "12/15/2026 11:00 AM"
    assert assembled(cells | {"end": "12/16/2026"}, "jobs", {})["end"] == "12/16/2026 11:00 AM"
    assert assembled(cells | {"end_clock": ""}, "jobs", {})["end"] == ""


def test_a_time_without_a_date_stays_so_that_the_row_names_it() -> None:
    cells = {"desired_date": "", "clock": "9:00 AM", "end_clock": "0.5"}
    assert assembled(cells, "jobs", {}) == {"desired_date": "9:00 AM", "end": "12:00"}
    assert assembled({"start": "", "clock": "9:00 AM"}, "jobs", {}) == {"start": "", "desired_date": "9:00 AM"}


@pytest.mark.parametrize(
    ("cell", "note"),
    [
        ("ann@example.com; bob@example.com", "bob@example.com"),
        ("<mailto:ann@example.com>, <bob@example.com>", "bob@example.com"),
        ("Ann Lee <ann@example.com>; Bob <bob@example.com>", "Ann Lee <ann@example.com> Bob <bob@example.com>"),
    ],
)
def test_the_first_of_several_email_addresses(cell: str, note: str) -> None:
    row = assembled({"email": cell}, "customers", {})
    assert row == {"email": "ann@example.com", "notes": f"Email: {note}"}


def test_the_rows_of_a_table() -> None:
    uploaded = Table(
        ["Gate", "Town", "Dog"],
        ["gate", "town", "dog"],
        [
            {"gate": "12", "town": "Austin", "dog": ""},
            {"gate": "", "town": "Waco", "dog": "yes", SURPLUS: "x", BROKEN: "3"},
        ],
        [2, 3],
    )
    assert standard_rows("jobs", uploaded, [NOTE, "city", NOTE], {}) == [
        {"city": "Austin", "special_requirements": "Gate: 12"},
        {"city": "Waco", "special_requirements": "Dog: yes", SURPLUS: "x", BROKEN: "3"},
    ]
    assert standard_rows("jobs", uploaded, ["", "city", None], {})[0] == {"city": "Austin"}


def test_defaults_fill_empty_cells() -> None:
    options = {"defaults": {"type": "tile", "duration": "2:00"}}
    assert with_defaults({"type": "", "duration": "1:00"}, options) == {"type": "tile", "duration": "1:00"}
    assert with_defaults({"type": "carpet"}, {}) == {"type": "carpet"}


@pytest.mark.parametrize(
    ("row", "duration"),
    [
        ({"start": "12/15/2026 9:00 AM", "end": "12/15/2026 1:00 PM"}, None),
        ({"desired_date": "12/15/2026 9:00 AM", "end": "12/15/2026 1:00 PM"}, None),
        ({"desired_date": "15/12/2026 9:00 AM", "end": "15/12/2026 1:00 PM"}, None),
        ({"desired_date": "12/15/2026", "end": "12/15/2026 1:00 PM"}, "2:00"),
        ({"desired_date": "12/15/2026 9:00 AM", "end": ""}, "2:00"),
        ({"end": "12/15/2026 1:00 PM"}, "2:00"),
    ],
)
def test_a_row_with_start_and_end_needs_no_duration(row: dict[str, str], duration: str | None) -> None:
    assert with_defaults(row, {"defaults": {"duration": "2:00"}}).get("duration") == duration


@pytest.mark.parametrize("kind", sorted(COLUMNS))
def test_our_own_columns_stay_as_they_are(kind: str) -> None:
    row = {column.name: column.example for column in COLUMNS[kind].all}
    cells = dict(row)
    if kind == "jobs":
        cells["start"] = row["start"] = row["desired_date"]
    assert assembled(cells, kind, {}) == row
    assert columns_given(kind, row) == list(COLUMNS[kind].names)


@pytest.mark.parametrize("kind", sorted(COLUMNS))
@given(data=st.data())
def test_any_cells_give_the_columns_of_their_targets(kind: str, data: Any) -> None:
    texts = st.sampled_from(["", "12/15/2026", "9:00", "46371", ".5", "464 Juniper Cir, Renton, WA 98055"]) | st.text()
    cells = data.draw(st.dictionaries(st.sampled_from(targets_of(kind).names), texts))
    row = assembled(cells, kind, {})
    assert set(row) <= {*columns_given(kind, cells), "desired_date", SECOND_LINE}
