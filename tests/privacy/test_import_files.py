"""People are found in stored import files in each notation that files are read in. The search runs in PostgreSQL."""

import unicodedata

import pytest

from smartscheduler.core.entry.phone_numbers import read_phones
from smartscheduler.imports.models import ImportRun
from smartscheduler.imports.readings import Line, Lines, Reading, Sheet, packed_reading
from smartscheduler.privacy.import_files import imports_naming
from smartscheduler.privacy.pii_matcher import PersonPatterns
from tests.inputs.growth import GROWTH, grows_too_fast

GRACE = PersonPatterns.of(names=["Grace Hillman"], phones=["(512) 555-0143"], emails=[], instead="x")
JOSE = PersonPatterns.of(names=["José María Núñez"], phones=["+442079460958"], emails=["josé@example.com"], instead="x")

PHONES = [
    *("+15125550143", "15125550143", "001 512 555 0143", "+1 (512) 555-0143", "5125550143", "512/555.0143"),
    *("512–555–0143", "512‑555‑0143", "512−555−0143", "512•555•0143", "512\u00a0555\u202f0143", "\uff0b15125550143"),
    *("512\u200b555\u20600143", "51\u200b25550143", "\u202a(512) 555-0143\u202c", "512\u00ad555\u00ad0143"),
]


def table(*cells: str) -> str:
    return packed_reading(Reading("utf-8", [Sheet("", Lines.of([Line(1, ["Heading"]), Line(2, list(cells))]))]))


def is_found(patterns: PersonPatterns, *cells: str) -> bool:
    """Whether PostgreSQL finds the person in a file with these cells, and Python does as well."""
    run = ImportRun.objects.create(kind="jobs", name="list.csv", table=table(*cells), state="done", total=1)
    in_database = imports_naming(patterns) == [run]
    run.delete()
    assert patterns.found_in(table(*cells)) == in_database
    return in_database


@pytest.mark.django_db
@pytest.mark.parametrize("text", PHONES, ids=ascii)
def test_a_number_is_found_in_each_notation(text: str) -> None:
    assert is_found(GRACE, "Somebody", f"Call {text}, please", "78701")
    assert is_found(GRACE, text)


@pytest.mark.parametrize("text", PHONES[3:], ids=ascii)
def test_these_notations_are_read_as_the_number(text: str) -> None:
    assert [phone.number for phone in read_phones(text).numbers] == ["+15125550143"]


@pytest.mark.django_db
def test_another_number_is_not_found() -> None:
    for text in ("25125550143", "51255501432", "+441512555014", "512-555-0144", "512x555x0143"):
        assert not is_found(GRACE, text), text


@pytest.mark.django_db
@pytest.mark.parametrize(
    "cells",
    [
        ("Grace Hillman",),
        ("Grace", "Hillman"),
        ("Hillman", "Grace"),
        ("Grace", "", "Hillman", "(512) 555-0199"),
        ("Hillman, Grace",),
        ("Hillman,Grace",),
        ("HILLMAN ,  GRACE",),
        ("Ask grace\u00a0hillman",),
        ("Grace\nHillman",),
    ],
    ids=ascii,
)
def test_a_name_is_found_in_both_orders_and_in_two_columns(cells: tuple[str, ...]) -> None:
    assert is_found(GRACE, *cells)


@pytest.mark.django_db
def test_a_part_of_a_name_or_two_people_are_not_found() -> None:
    for cells in [
        ("Grace",),
        ("Hillman",),
        ("Grace", "Miller", "Hillman"),
        ("Grace Hillmann",),
        ("Hillman", "Graceland"),
        ("Grace and Hillman",),
        ("Mary-Grace", "Hillmans"),
    ]:
        assert not is_found(GRACE, *cells), cells


@pytest.mark.django_db
@pytest.mark.parametrize("form", ["NFC", "NFD"])
@pytest.mark.parametrize(
    "cells", [("José María Núñez",), ("Núñez, José María",), ("María", "Núñez", "José"), ("Mail josé@example.com",)]
)
def test_letters_with_accents_are_found_in_both_forms(
    form: "unicodedata._NormalizationForm", cells: tuple[str]
) -> None:
    assert is_found(JOSE, *(unicodedata.normalize(form, cell) for cell in cells))
    decomposed = PersonPatterns.of(
        names=[unicodedata.normalize("NFD", "José María Núñez")],
        phones=[],
        emails=[unicodedata.normalize("NFD", "josé@example.com")],
        instead="x",
    )
    assert is_found(decomposed, *(unicodedata.normalize(form, cell) for cell in cells))


@pytest.mark.django_db
def test_a_number_of_another_country_is_found_with_signs_of_word_processors() -> None:
    for text in ("+44 20 7946–0958", "+44 (0)20\u200b79460958", "020•7946•0958"):
        assert is_found(JOSE, text), text


def test_a_name_of_commas_is_no_name() -> None:
    assert PersonPatterns.of(names=[" , ", ","], phones=[], emails=[], instead="x").pattern == ""
    assert GRACE.wide.names == {"Grace Hillman"}
    assert PersonPatterns.of(names=["Grace,"], phones=[], emails=[], instead="x").wide.names == set()


def test_a_name_is_redacted_in_both_orders() -> None:
    assert GRACE.redact("Hillman, Grace (+1 512–555–0143) and Grace") == "x (x) and Grace"


@pytest.mark.parametrize("text", ["44 ", "44" + " " * 400, " ", "Núñez, ", "José\x1f", "2\u200b"])
def test_the_search_takes_time_in_proportion_to_the_text(text: str) -> None:
    def repeated(length: int) -> str:
        return text * (length // len(text)) + "2" + " " * length

    assert not grows_too_fast(JOSE.redact, repeated(GROWTH * 6_000), repeated(6_000))
