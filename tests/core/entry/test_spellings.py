"""Known names for misspelled ones."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smartscheduler.core.entry.spellings import known_spelling, similar_name

KNOWN = ["Ceramic", "Mosaic", "Hardwood", "Vinyl plank"]


@pytest.mark.parametrize(
    ("typed", "known"),
    [("cermic", "Ceramic"), ("CERAMICS", "Ceramic"), ("mosiac", "Mosaic"), ("vynil plank", "Vinyl plank")],
)
def test_a_misspelled_name_leads_to_the_known_one(typed: str, known: str) -> None:
    assert known_spelling(typed, KNOWN) == ""
    assert similar_name(typed, KNOWN) == known


@pytest.mark.parametrize("typed", ["", "Stairs", "x" * 61, "cermic" * 20])
def test_another_name_leads_nowhere(typed: str) -> None:
    assert similar_name(typed, KNOWN) == ""


@given(st.sampled_from(KNOWN))
def test_letter_case_and_spaces_are_no_mistake(name: str) -> None:
    assert known_spelling(f"  {name.upper()} ", KNOWN) == name
