"""The choice of one option per row: as many rows as possible, then the best options. Compared with all choices."""

from collections.abc import Sequence
from itertools import product
from random import Random
from typing import NamedTuple

import pytest

from recommendations import replacement_choice
from recommendations.replacement_choice import choose


class Visit(NamedTuple):
    """A contractor and whole hours from start to end."""

    who: str
    start: int
    end: int


Rows = Sequence[Sequence[Visit]]


def overlap(row: int, visit: Visit, other_row: int, other: Visit) -> bool:
    return visit.start < other.end and other.start < visit.end


def chosen(rows: Rows) -> list[int | None]:
    return choose(rows, resource=lambda visit: visit.who, excludes=overlap)


def cost(rows: Rows, picks: Sequence[int | None]) -> tuple[int, int] | None:
    """Rows without an option and the sum of the indexes; None if two visits of a contractor overlap."""
    visits = [row[pick] for row, pick in zip(rows, picks, strict=True) if pick is not None]
    for index, visit in enumerate(visits):
        if any(visit.who == other.who and overlap(0, visit, 0, other) for other in visits[:index]):
            return None
    return sum(pick is None for pick in picks), sum(pick or 0 for pick in picks)


def cheapest(rows: Rows) -> tuple[int, int]:
    every = product(*([None, *range(len(row))] for row in rows))
    return min(price for picks in every if (price := cost(rows, picks)))


def test_each_row_takes_its_first_option_if_these_fit() -> None:
    rows = [[Visit("Ann", 8, 10)], [Visit("Ann", 10, 12), Visit("Ben", 10, 12)]]
    assert chosen(rows) == [0, 0]


def test_a_row_with_one_option_keeps_it() -> None:
    """A greedy choice would give Ann to the first row and leave the second one open."""
    rows = [[Visit("Ann", 9, 11), Visit("Ben", 9, 11)], [Visit("Ann", 10, 12)]]
    assert chosen(rows) == [1, 0]


def test_a_row_stays_open_only_if_it_must() -> None:
    rows = [[Visit("Ann", 9, 11)], [Visit("Ann", 10, 12)], [], [Visit("Ben", 9, 11)]]
    picks = chosen(rows)
    assert picks[2:] == [None, 0]
    assert sorted(picks[:2], key=str) == [0, None]


def test_nothing_to_choose() -> None:
    assert chosen([]) == []
    assert chosen([[], []]) == [None, None]


def test_equals_the_best_of_all_choices(dice: Random) -> None:
    for _ in range(150):
        rows = [
            [
                Visit(dice.choice("ABC"), start, start + dice.randint(1, 3))
                for start in (dice.randint(8, 14) for _ in range(dice.randint(0, 3)))
            ]
            for _ in range(dice.randint(1, 6))
        ]
        assert cost(rows, chosen(rows)) == cheapest(rows), rows


def test_beyond_the_limit_the_choice_still_fits(monkeypatch: pytest.MonkeyPatch, dice: Random) -> None:
    monkeypatch.setattr(replacement_choice, "MOST_STEPS", 200)
    rows = [[Visit(dice.choice("ABCDEF"), 9, 11) for _ in range(4)] for _ in range(60)]
    price = cost(rows, chosen(rows))
    assert price is not None
    assert price[0] == 54  # six contractors take one visit each


def test_a_hundred_rows_need_a_bounded_number_of_steps(dice: Random) -> None:
    rows = [[Visit(f"{dice.randint(0, 60)}", 9, 11) for _ in range(8)] for _ in range(100)]
    assert cost(rows, chosen(rows)) is not None
