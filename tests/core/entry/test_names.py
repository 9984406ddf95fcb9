"""Names of people in the order of other programs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smartscheduler.core.entry.names import join_name, name_in_order, split_name


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Moore, Ada", "Ada Moore"),
        ("O'Neil, Ada M.", "Ada M. O'Neil"),
        ("Moore, Ada & Bob", "Ada & Bob Moore"),
        ("Van Dyke, Ada", "Ada Van Dyke"),
        ("Moore Tile, LLC", "Moore Tile, LLC"),
        ("Moore, Jr.", "Moore, Jr."),
        ("Ada Moore", "Ada Moore"),
        ("Moore, Ada, Bob", "Moore, Ada, Bob"),
        ("", ""),
    ],
)
def test_the_first_name_comes_first(text: str, name: str) -> None:
    assert name_in_order(text) == name


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("Ada Moore", ("Ada", "Moore")),
        ("Moore, Ada", ("Ada", "Moore")),
        ("Ada van Dyke", ("Ada", "van Dyke")),
        ("Ada", ("Ada", "")),
        ("", ("", "")),
    ],
)
def test_a_name_is_split(text: str, parts: tuple[str, str]) -> None:
    assert split_name(text) == parts


@pytest.mark.parametrize(
    ("first", "last", "name"),
    [("Ada", "Moore", "Ada Moore"), ("Ada", "", "Ada"), ("Ada Moore", "Moore", "Ada Moore"), ("Acme", "acme", "Acme")],
)
def test_a_name_is_joined(first: str, last: str, name: str) -> None:
    assert join_name(first, last) == name


@given(st.text(max_size=210))
def test_any_name_keeps_its_words(text: str) -> None:
    assert sorted(name_in_order(text).replace(",", "").split()) == sorted(text.replace(",", "").split())
