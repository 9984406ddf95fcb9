"""Choice of one option for each row, such that no two chosen options exclude each other. Pure.

Rows are bookings, options are replacements. Two options exclude each other if they give one contractor two visits that
overlap or leave too little time for the drive. This is a maximum independent set with one option per row, solved by
branch and bound in each part of rows that can exclude each other.
"""

from collections.abc import Callable, Hashable, Sequence
from typing import NamedTuple, TypeVar

Option = TypeVar("Option")

# Limit on the steps for one part; beyond it, the best choice so far counts. Parts of ten rows need a few hundred.
MOST_STEPS = 20_000


class Choice(NamedTuple):
    """Chosen option of each row of a part, as an index or None, with the number of rows without one and the cost."""

    open_rows: int
    cost: int
    chosen: tuple[int | None, ...]


def choose(
    rows: Sequence[Sequence[Option]],
    *,
    resource: Callable[[Option], Hashable],
    excludes: Callable[[int, Option, int, Option], bool],
) -> list[int | None]:
    """The index of the chosen option of each row, or None; options are listed in order of preference.

    As many rows as possible have an option; among such choices, the sum of the indexes is the smallest. `excludes(row,
    option, other_row, other_option)` is asked only about options with the same `resource`.
    """
    exclusions = _exclusions(rows, resource, excludes)
    chosen: list[int | None] = [None] * len(rows)
    for part in _parts(len(rows), exclusions):
        # Rows with few options first, because they limit the others; the order keeps the result deterministic.
        part.sort(key=lambda row: (len(rows[row]), row))
        for row, option in zip(part, _best(part, [len(rows[row]) for row in part], exclusions), strict=True):
            chosen[row] = option
    return chosen


Pair = tuple[int, int]  # row and option
Exclusions = dict[Pair, set[Pair]]


def _exclusions(
    rows: Sequence[Sequence[Option]],
    resource: Callable[[Option], Hashable],
    excludes: Callable[[int, Option, int, Option], bool],
) -> Exclusions:
    """For each pair of row and option the pairs of other rows that it excludes."""
    by_resource: dict[Hashable, list[Pair]] = {}
    exclusions: Exclusions = {}
    for row, options in enumerate(rows):
        for index, option in enumerate(options):
            excluded = exclusions.setdefault((row, index), set())
            same = by_resource.setdefault(resource(option), [])
            for other_row, other in same:
                if other_row != row and excludes(row, option, other_row, rows[other_row][other]):
                    excluded.add((other_row, other))
                    exclusions[other_row, other].add((row, index))
            same.append((row, index))
    return exclusions


def _parts(rows: int, exclusions: Exclusions) -> list[list[int]]:
    """Rows in groups, so that options of different groups never exclude each other."""
    neighbors: dict[int, set[int]] = {row: set() for row in range(rows)}
    for (row, _), others in exclusions.items():
        neighbors[row] |= {other for other, _ in others}
    parts, seen = [], set[int]()
    for row in range(rows):
        if row in seen:
            continue
        part, waiting = [], [row]
        seen.add(row)
        while waiting:
            current = waiting.pop()
            part.append(current)
            fresh = neighbors[current] - seen
            seen |= fresh
            waiting += sorted(fresh)
        parts.append(part)
    return parts


def _best(part: Sequence[int], sizes: Sequence[int], exclusions: Exclusions) -> tuple[int | None, ...]:
    """Depth-first branch and bound. The first leaf is the greedy choice: each row takes its first possible option."""
    pairs = [(row, option) for row, size in zip(part, sizes, strict=True) for option in range(size)]
    bits = {pair: 1 << number for number, pair in enumerate(pairs)}
    masks = {pair: sum(bits[other] for other in exclusions[pair]) for pair in pairs}
    best = Choice(len(part) + 1, 0, ())
    steps = 0
    # Each entry is a partial choice: options of the first rows, rows left open, cost, and the excluded pairs as bits.
    waiting: list[tuple[tuple[int | None, ...], int, int, int]] = [((), 0, 0, 0)]
    while waiting and steps < MOST_STEPS:
        steps += 1
        chosen, open_rows, cost, excluded = waiting.pop()
        # At best, the remaining rows add nothing to either number, so this is a lower bound.
        if (open_rows, cost) >= (best.open_rows, best.cost):
            continue
        if len(chosen) == len(part):
            best = Choice(open_rows, cost, chosen)
            continue
        row = part[len(chosen)]
        possible = [option for option in range(sizes[len(chosen)]) if not bits[row, option] & excluded]
        # A stack: what is tried first is pushed last.
        waiting.append(((*chosen, None), open_rows + 1, cost, excluded))
        waiting += [
            ((*chosen, option), open_rows, cost + option, excluded | masks[row, option])
            for option in reversed(possible)
        ]
    return best.chosen
