"""Phone numbers of the US in any grouping, of other countries with their code, and parts of them for searches."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smartscheduler.core.entry.phone_numbers import (
    WrittenPhone,
    parse_phone,
    read_phone,
    read_phones,
    shown_number,
    stored_part,
)


@pytest.mark.parametrize(
    "text", ["5125550143", "15125550143", "+1 512-555-0143", "512.555.0143", "(512)555-0143", "512 555 0143"]
)
def test_a_telephone_number_in_any_grouping(text: str) -> None:
    assert read_phone(text) == "(512) 555-0143"


@pytest.mark.parametrize("digits", ["0111234567", "1234567890", "0012345678"])
def test_ten_digits_are_a_number_of_the_us_whatever_they_begin_with(digits: str) -> None:
    for text in (digits, f"1{digits}", f"+1 {digits}"):
        assert parse_phone(text) == (f"+1{digits}", "")


def test_a_code_of_another_country_before_eight_digits_is_none_of_the_us() -> None:
    assert parse_phone("+45 32 12 34 56") == ("+4532123456", "")


@pytest.mark.parametrize("text", ["+44 20 7946 0958", "+44 (0)20 7946 0958", "011 44 20 7946 0958", "+442079460958"])
def test_a_number_of_another_country(text: str) -> None:
    assert read_phone(text) == "+442079460958"
    assert shown_number("+442079460958") == "+44 20 7946 0958"


@pytest.mark.parametrize("text", ["(512) 555-0143 x12", "512-555-0143 ext. 12", "5125550143 #12"])
def test_an_extension_is_a_part_of_its_own(text: str) -> None:
    assert parse_phone(text) == ("+15125550143", "12")
    assert read_phone(text) == text


@pytest.mark.parametrize(
    "text", ["555", "555-0143", "512555014x", "25125550143", "+999 123", "+44 1", "1-800-FLOWERS", "٥١٢٥٥٥٠١٤٣", ""]
)
def test_anything_else_is_left_to_be_refused(text: str) -> None:
    assert parse_phone(text) is None
    assert read_phone(text) == text


@given(st.text(max_size=50))
def test_any_text_is_a_number_or_is_left_alone(text: str) -> None:
    typed = parse_phone(text)
    assert typed is None or read_phone(typed.number) == read_phone(shown_number(typed.number))


@given(st.from_regex(r"[0-9]{10}", fullmatch=True))
def test_every_part_is_in_the_stored_number(digits: str) -> None:
    stored = read_phone(digits)
    assert read_phone(stored) == stored
    beginnings = [stored_part(digits[:count]) for count in (3, 5, 6, 8, 9, 10)]
    assert [text for text in beginnings if text not in stored] == []
    assert stored_part(digits[3:]) in stored
    assert stored_part(digits[-4:]) in stored


@pytest.mark.parametrize("text", ["Ada", "12 Elm St", "", "5" * 41])
def test_other_text_stays(text: str) -> None:
    assert stored_part(text) == text


@pytest.mark.parametrize("text", ["tel:+1-512-555-0143", "512\u2011555\u20110143", "\u202a(512) 555\u20130143\u202c"])
def test_hidden_marks_and_signs_of_other_programs(text: str) -> None:
    assert read_phone(text) == "(512) 555-0143"


ADA, BOB = "+15125550143", "+15125550199"


@pytest.mark.parametrize(
    ("text", "numbers", "leftover"),
    [
        ("(512) 555-0143 ext. 12", [(ADA, "12", "")], ""),
        ("512-555-0143 (cell)", [(ADA, "", "mobile")], ""),
        ("512-555-0143 / 512-555-0199", [(ADA, "", ""), (BOB, "", "")], ""),
        ("512-555-0143 5125550199", [(ADA, "", ""), (BOB, "", "")], ""),
        ("Cell: 512-555-0143 Home: 512-555-0199", [(ADA, "", "mobile"), (BOB, "", "home")], ""),
        ("512-555-0143 (cell), 512-555-0199 (home) after 5", [(ADA, "", "mobile"), (BOB, "", "home")], "after 5"),
        ("512.555.0143 ext 12; 512.555.0199", [(ADA, "12", ""), (BOB, "", "")], ""),
        ("(512) 555-0143 or +44 20 7946 0958", [(ADA, "", ""), ("+442079460958", "", "")], ""),
        ("512-555-0143\n512-555-0143", [(ADA, "", "")], ""),
        ("512-555-0143 Jane", [(ADA, "", "")], "Jane"),
        ("office 512-555-0143; fax 512-555-0199", [(ADA, "", "work")], "fax 512-555-0199"),
        ("ask Jane", [], "ask Jane"),
        ("555-0143", [], "555-0143"),
    ],
)
def test_the_numbers_of_a_cell(text: str, numbers: list[tuple[str, str, str]], leftover: str) -> None:
    assert read_phones(text) == ([WrittenPhone(*number) for number in numbers], leftover)


@given(st.text("0123456789()+-. /,;x:cellhomefax\n", max_size=220))
def test_any_cell_has_numbers_or_is_left_over(text: str) -> None:
    numbers, leftover = read_phones(text)
    assert numbers or leftover == text.strip()
    assert [phone for phone in numbers if parse_phone(phone.number) != (phone.number, "")] == []


@given(st.lists(st.from_regex(r"[2-9][0-9]{9}", fullmatch=True), min_size=1, max_size=5, unique=True))
def test_written_numbers_are_found_again(digits: list[str]) -> None:
    shown = [f"+1{number}" for number in digits]
    assert [phone.number for phone in read_phones("; ".join(map(read_phone, digits))).numbers] == shown
