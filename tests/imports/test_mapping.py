"""Match of headings with targets: by name, synonym and content."""

import string
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smartscheduler.imports.columns import COLUMNS, RESULTS
from smartscheduler.imports.export_rows import HEADINGS
from smartscheduler.imports.file_reader import Table, heading
from smartscheduler.imports.mapping import LOOKED_AT, SAMPLE, Mapping, Reason, fingerprint, match, repeated
from smartscheduler.imports.synonyms import normal
from smartscheduler.imports.targets import NOTE, targets_of

KINDS = sorted(COLUMNS)


def table(titles: list[str], *lines: list[str]) -> Table:
    headings = [f"{heading(title)}__{at}" for at, title in enumerate(titles)]
    rows = [dict(zip(headings, line, strict=True)) for line in lines]
    return Table(titles, headings, rows, list(range(2, 2 + len(lines))))


def targets(kind: str, *titles: str) -> list[str | None]:
    return match(kind, table(list(titles))).targets


def of_content(kind: str, *cells: str, titles: tuple[str, ...] = ()) -> list[str | None]:
    return match(kind, table([*titles, "Column X"], *([*[""] * len(titles), cell] for cell in cells))).targets


@pytest.mark.parametrize("kind", KINDS)
def test_our_own_headings_are_certain(kind: str) -> None:
    for titles in (COLUMNS[kind].names, HEADINGS[kind], [*HEADINGS[kind], *RESULTS], COLUMNS[kind].names[::-1]):
        mapping = match(kind, table(list(titles)))
        assert mapping.confident
        assert mapping.matched_by == "own"
        assert mapping.targets == [title if title in COLUMNS[kind].names else None for title in titles]


@pytest.mark.parametrize("kind", KINDS)
def test_other_headings_need_a_look(kind: str) -> None:
    assert not match(kind, table(["Nickname"])).confident
    assert not match(kind, table([*COLUMNS[kind].names, "Nickname"])).confident
    assert not match(kind, table([*COLUMNS[kind].names, COLUMNS[kind].names[0]])).confident


@pytest.mark.parametrize(
    ("kind", "titles", "expected"),
    [
        (
            "contractors",
            "Contractor,Trade,Phone,E-mail,Address,City,State,Zip,Notes",
            "name,type,phone_number,email,address,city,state,zip_code,",
        ),
        ("contractors", "First Name,Last Name,Cell,Mobile", "first_name,last_name,phone_2,phone_number"),
        ("customers", "Teléfono,CIUDAD,Dirección,Estado", "phones,city,address,state"),
        ("customers", "Home Phone,Work Phone,Mobile Phone", "home_phone,work_phone,mobile_phone"),
        ("customers", "Phone,Mobile,Cell", "phones,mobile_phone,phone_2"),
        ("customers", "Billing City,City,Billing Street", "billing_city,city,billing_address"),
        ("customers", "Display Name,First,Middle,Last", "display_name,first_name,middle_name,last_name"),
        ("jobs", "Billing City,Service City,Billing Zip", ",city,zip_code"),
        ("jobs", "Day,Arrive,How long,Crew", "desired_date,clock,duration,contractor"),
        ("contractors", "Sub,Trades,Cell,Home address", "name,type,phone_number,address"),
        ("jobs", "Date,Start Time,End Time,Customer", "desired_date,clock,end_clock,customer_name"),
        ("jobs", "Customer City,Customer Zip Code,Service Street", "city,zip_code,address"),
        ("jobs", "Scheduled Start,Scheduled End,Technician,Job Status", "start,end,contractor,status"),
        ("jobs", "Hours,Skills,Comments", "duration,required_skills,special_requirements"),
        ("jobs", "Remarks,City", "special_requirements,city"),
    ],
)
def test_headings_of_other_files(kind: str, titles: str, expected: str) -> None:
    assert targets(kind, *titles.split(",")) == [name or None for name in expected.split(",")]


@pytest.mark.parametrize(
    ("kind", "cells", "target"),
    [
        ("contractors", ["ada@example.com", "bo@example.org"], "email"),
        ("contractors", ["(512) 555-0143", "512.555.0144"], "phone_number"),
        ("customers", ["+44 20 7946 0958"], "phones"),
        ("customers", ["78701", "78702-1234"], "zip_code"),
        ("customers", ["TX", "Texas", "nm"], "state"),
        ("customers", ["464 Juniper Cir, Renton, WA 98055"], "full_address"),
        ("jobs", ["12/15/2026", "1/5/27", "Dec 15, 2026"], "desired_date"),
        ("jobs", ["2026-12-15 09:00:00"], "desired_date"),
        ("jobs", ["9:00 AM", "10 am", "14:30"], "clock"),
        ("jobs", ["2 hrs", "90 min", "2h 30m"], "duration"),
        ("jobs", ["Tile", "Carpet"], "type"),
        ("jobs", ["Scheduled", "In Progress", "Completed"], "status"),
        ("jobs", ["ada@example.com"], None),
        ("jobs", ["$1,200.00", "$80"], None),
        ("jobs", ["1200.50", "80.00"], None),
        ("jobs", ["5125550143", "5125550144"], None),
        ("jobs", ["hello", "there"], None),
        ("jobs", [], None),
        ("contractors", ["12/15/2026"], None),
    ],
)
def test_content_decides_under_a_heading_that_says_nothing(kind: str, cells: list[str], target: str | None) -> None:
    assert of_content(kind, *cells) == [target]


def test_few_odd_cells_do_not_matter_and_many_do() -> None:
    assert of_content("customers", *["78701"] * 8, "none", "n/a") == ["zip_code"]
    assert of_content("customers", *["78701"] * 7, "none", "n/a", "?") == [None]


def test_only_the_first_rows_are_looked_at() -> None:
    assert of_content("customers", *[""] * (LOOKED_AT - 1), "78701") == ["zip_code"]
    assert of_content("customers", *[""] * LOOKED_AT, "78701") == [None]
    assert of_content("customers", *["78701"] * SAMPLE, *["?"] * LOOKED_AT) == ["zip_code"]


def test_content_takes_only_what_is_free() -> None:
    assert of_content("contractors", "ada@example.com", titles=("Email",)) == ["email", None]
    assert of_content("contractors", "(512) 555-0143", titles=("Phone",)) == ["phone_number", "phone_2"]
    assert of_content("jobs", "10:00", titles=("From",)) == ["clock", "end_clock"]


def test_a_job_number_of_another_system_is_the_external_id() -> None:
    mapping = match("jobs", table(["Job #"], ["100234"]))
    assert (mapping.targets, mapping.reasons) == (["external_id"], [Reason("content", 1, 1)])
    assert match("jobs", table(["Job #"], ["JOB-20261130-0A1B2C3D"])).targets == ["job_number"]
    assert match("jobs", table(["Job #", "External ID"], ["100234", "7"])).targets == ["job_number", "external_id"]


def test_whole_addresses_are_split() -> None:
    assert match("jobs", table(["Address"], ["464 Juniper Cir, Renton, WA 98055"])).targets == ["full_address"]
    assert match("jobs", table(["Address"], ["464 Juniper Cir"])).targets == ["address"]


def test_dates_and_times_are_told_apart() -> None:
    names = ["Start time", "End time"]
    assert match("jobs", table(names, ["12/15/2026 9:00 AM", "12/15/2026 11:00 AM"])).targets == ["start", "end"]
    assert match("jobs", table(names, ["9:00 AM", "11:00 AM"])).targets == ["clock", "end_clock"]
    names = ["Date", "Scheduled start", "Scheduled end"]
    assert match("jobs", table(names, ["12/15/2026", "9am", "11am"])).targets == ["desired_date", "clock", "end_clock"]


def test_each_target_has_its_reason() -> None:
    mapping = match("jobs", table(["City", "Town", "ZIP", "?", "??"], *[["Austin", "", "", "TX", ""]] * 4))
    assert mapping.targets == ["city", None, "zip_code", "state", None]
    assert [reason and (reason.by, reason.hits, reason.cells) for reason in mapping.reasons] == [
        ("name", 0, 0),
        None,
        ("synonym", 0, 0),
        ("content", 4, 4),
        None,
    ]
    assert mapping.stored == ["city", "", "zip_code", "state", ""]
    assert mapping.matched_by == "guess"


@pytest.mark.parametrize("title", ["Teléfono", " teléfono ", "TELÉFONO *", "Tele\u0301fono:", "(telefono)"])
def test_case_blanks_signs_and_accents_are_ignored(title: str) -> None:
    assert normal(title) == "telefono"
    assert fingerprint("jobs", [title]) == fingerprint("jobs", ["telefono"])
    assert targets("customers", title) == ["phones"]


def test_the_fingerprint_tells_files_apart() -> None:
    assert len({fingerprint(kind, titles) for kind in KINDS for titles in (["a", "b"], ["b", "a"], ["a_b"])}) == 9


def test_the_fingerprint_tells_headings_of_other_scripts_apart() -> None:
    lists = [
        "Имя,Телефон,Заметка",
        "Заметка,Имя,Телефон",
        "Имя 1,Имя 2",
        "Телефон 1,Телефон 2",
        "名前,電話",
        "電話,名前",
        "$,%",
    ]
    assert len({fingerprint("contractors", titles.split(",")) for titles in lists}) == len(lists)
    assert fingerprint("jobs", [" ИМЯ  клиента"]) == fingerprint("jobs", ["имя клиента"])
    assert fingerprint("jobs", ["e" + "\u0301" * 200]) == fingerprint("jobs", ["e"])


def test_repeated_targets() -> None:
    assert repeated(["city", None, "city", NOTE, NOTE, "", "state"]) == {"city"}


words = st.sampled_from(
    [
        *(
            "Name",
            "First",
            "Last",
            "Phone",
            "Mobile",
            "Customer",
            "Email",
            "Address",
            "Street 2",
            "City",
            "ZIP",
            "Date",
        ),
        *("Start", "Time", "End", "Notes", "Job #", "Status", "Hours", "ID", "Company", "", "Straße", "État", "1"),
    ]
)
titles = st.lists(st.lists(words, max_size=3).map(" ".join) | st.text(max_size=20), min_size=1, max_size=20)
cells = st.sampled_from(["", "78701", "TX", "a@b.co", "(512) 555-0143", "12/15/2026", "9:00", "2 h", "$5.00", "tile"])


@st.composite
def tables(draw: Any) -> Table:
    names = draw(titles)
    return table(names, *draw(st.lists(st.lists(cells, min_size=len(names), max_size=len(names)), max_size=4)))


@given(st.sampled_from(KINDS), tables())
def test_any_table_gets_known_targets_each_once(kind: str, uploaded: Table) -> None:
    mapping = match(kind, uploaded)
    assert len(mapping.targets) == len(mapping.reasons) == len(uploaded.titles)
    assert {target for target in mapping.targets if target} <= {*targets_of(kind).names}
    assert repeated(mapping.targets) == set()
    assert [target is None for target in mapping.targets] == [reason is None for reason in mapping.reasons]
    assert match(kind, uploaded) == mapping


@given(st.sampled_from(KINDS), titles, st.sampled_from(string.punctuation.replace("#", "")))
def test_the_match_does_not_depend_on_case_and_signs(kind: str, names: list[str], sign: str) -> None:
    upper = [f" {sign}{name.upper()}{sign} " for name in names if name.isascii()]
    plain = [name for name in names if name.isascii()]
    assert match(kind, table(upper)) == match(kind, table(plain))


def test_a_mapping_has_no_reasons_of_its_own() -> None:
    assert Mapping(["city", None]).stored == ["city", ""]
