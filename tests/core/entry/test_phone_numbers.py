"""US phone numbers in any grouping, and parts of them for searches."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smartscheduler.core.entry.phone_numbers import read_phone, stored_part


@pytest.mark.parametrize(
    "text", ["5125550143", "15125550143", "+1 512-555-0143", "512.555.0143", "(512)555-0143", "512 555 0143"]
)
def test_a_telephone_number_in_any_grouping(text: str) -> None:
    assert read_phone(text) == "(512) 555-0143"


@pytest.mark.parametrize("text", ["555", "512555014x", "25125550143", "+44 20 7946 0958", "٥١٢٥٥٥٠١٤٣", ""])
def test_anything_else_is_left_to_be_refused(text: str) -> None:
    assert read_phone(text) == text


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
