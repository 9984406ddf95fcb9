"""Names of people from their parts."""

import pytest

from smartscheduler.core.entry.names import join_name


@pytest.mark.parametrize(
    ("first", "last", "name"),
    [("Ada", "Moore", "Ada Moore"), ("Ada", "", "Ada"), ("Ada Moore", "Moore", "Ada Moore"), ("Acme", "acme", "Acme")],
)
def test_a_name_is_joined(first: str, last: str, name: str) -> None:
    assert join_name(first, last) == name
