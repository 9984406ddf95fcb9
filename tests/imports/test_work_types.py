"""Types of work in the words of offices."""

import pytest

from smartscheduler.imports.work_types import LONGEST, read_contractor_type, read_job_type, types_of
from tests.moving_company import TRADES, WORK


@pytest.mark.parametrize(
    ("text", "types"),
    [
        ("Tile", ["tile"]),
        ("tile & stone", ["tile"]),
        ("Tile floors", ["tile"]),
        ("Carpet and flooring", ["carpet", "flooring"]),
        ("Hardwood / LVP", ["flooring"]),
        ("Carpet, Tile", ["carpet", "tile"]),
        ("All", ["multi"]),
        ("MULTI", ["multi"]),
        ("paint", []),
        ("", []),
        ("x" * LONGEST + " tile", []),
    ],
)
def test_types_of_a_cell(text: str, types: list[str]) -> None:
    assert types_of(text) == types


def test_a_contractor_of_several_types_is_multi_with_a_remark() -> None:
    assert read_contractor_type("Tile, Carpet") == (
        "multi",
        "“Tile, Carpet” was read as multi: the contractor can get all types of work.",
    )
    assert read_contractor_type("All: tile, carpet, wood") == ("multi", "")
    assert read_contractor_type("Paint") == ("paint", "")


def test_a_job_has_one_type() -> None:
    assert read_job_type("Tile and carpet") == ("tile", "“Tile and carpet” was read as tile.")
    assert read_job_type("multi") == ("multi", "")  # refused by the job
    assert read_job_type("Carpet repair") == ("carpet", "")


def test_all_words_of_an_office_are_known() -> None:
    for text, types in TRADES.items():
        assert set(types_of(text)) == types
    for name, texts in WORK.items():
        assert {read_job_type(text) for text in texts} == {(name, "")}
