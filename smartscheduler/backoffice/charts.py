"""Bar charts as rows of text, each with a bar whose length is relative to the longest one."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from django.utils.translation import gettext

from smartscheduler.core.formatting import day_of_month

# A longer chart, such as the weeks of a year, scrolls.
MOST_ROWS = 16


class Bar(NamedTuple):
    """A row: `part_percent` is the length of the part in front of the bar, `url` a page with what the bar counts."""

    label: str
    value: int | str
    percent: int
    url: str = ""
    part_percent: int = 0


@dataclass(frozen=True)
class Chart:
    """Rows in their order. `part` and `whole` name the two lengths of a chart whose bars have a part.

    `is_good`: the part is what should be long, so that it has the main color.
    """

    title: str
    bars: Sequence[Bar]
    part: str = ""
    whole: str = ""
    is_good: bool = False

    @property
    def is_long(self) -> bool:
        return len(self.bars) > MOST_ROWS


def linked_bars(title: str, rows: Sequence[tuple[str, int, str]]) -> Chart:
    """Chart of rows with a label, a count and the URL of the list with the same rows."""
    longest = max([1, *(count for _, count, _ in rows)])
    return Chart(title, [Bar(label, count, _percent(count, longest), url) for label, count, url in rows])


def bars(title: str, pairs: Iterable[tuple[str, float]], *, unit: str = "{value}") -> Chart:
    """Chart of labels and values; `unit` is a text with the placeholder `{value}`."""
    rows = list(pairs)
    longest = max([1, *(value for _, value in rows)])
    return Chart(
        title,
        [Bar(label, unit.format(value=f"{value:,g}"), _percent(value, longest)) for label, value in rows],
    )


def part_bars(
    title: str, rows: Sequence[tuple[str, int, int]], *, part: str, whole: str, is_good: bool = False
) -> Chart:
    """Chart of rows with a label, a part and its whole: `3 of 12`."""
    longest = max([1, *(of_all for _, _, of_all in rows)])
    text = gettext("{part} of {whole}")
    shown = [
        Bar(
            label,
            text.format(part=f"{count:,}", whole=f"{of_all:,}"),
            _percent(of_all, longest),
            part_percent=_percent(count, longest),
        )
        for label, count, of_all in rows
    ]
    return Chart(title, shown, part, whole, is_good)


def _percent(value: float, longest: float) -> int:
    return round(100 * value / longest)


def week(monday: date) -> str:
    """Label of a week: the date of its Monday."""
    return day_of_month(monday)
