"""Ids in addresses and forms: what is none is ignored."""

from uuid import UUID

import pytest

from smartscheduler.core.ids import parse_id, parse_ids

FIRST, SECOND = UUID(int=1), UUID(int=2)


@pytest.mark.parametrize("text", [str(FIRST), FIRST.hex, FIRST.urn, f"{{{FIRST}}}", str(FIRST).upper()])
def test_an_id_in_any_of_its_forms(text: str) -> None:
    assert parse_id(text) == FIRST


@pytest.mark.parametrize("text", ["", "nonsense", f"{FIRST}0", " " * 100_000, str(FIRST)[:-1]])
def test_other_text_is_none(text: str) -> None:
    assert parse_id(text) is None


def test_a_list_keeps_its_order_without_duplicates_and_other_text() -> None:
    text = f"{SECOND},nonsense,,{FIRST},{SECOND}"
    assert parse_ids(text, most=10) == [SECOND, FIRST]
    assert parse_ids(text, most=1) == [SECOND]
    assert parse_ids("," * 1_000_000 + str(FIRST), most=10) == []
