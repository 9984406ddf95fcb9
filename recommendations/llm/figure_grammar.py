"""The grammar of figures: how each figure may be written in a sentence, and what its value must be. Pure.

A number has no meaning without the words around it, so the patterns contain these words: `14 min` are minutes of the
drive, and `0.9200` is a part score only after the name of the part. What the patterns do not match are plain words; the
validator rejects a number among them, because its meaning is unknown.

How to read a row of FIGURES:

    Figure("customers", rf"{N} customer(s?){END}", _counted("rating_count"))
           │            │                          └ check of the captured groups, in their order: here the number and
           │            │                            the plural `s`, against Facts.rating_count
           │            └ pattern; {N} captures a number, {PART} the name of a part score, {END} ends a number
           └ meaning; several rows with one meaning are alternative wordings

The scanner tries the rows in their order at each position. A row whose pattern begins like that of another row comes
before it if it is longer, for example `{PART} weighs {N}%` before `{PART} weighs {N}`.
"""

import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from itertools import pairwise
from typing import NamedTuple

from assignments.scoring import PARTS, as_decimal, parts_of
from recommendations.llm.facts import Facts

# A number, not preceded by a word, a digit or a sign: `-0.92` and `1,000` are not matched in part.
N = r"(?<![\w.,+\-−])([0-9]{1,6}(?:\.[0-9]{1,4})?)"
# The end of a number or word: no further letters, digits, decimals or percent sign.
END = r"(?![\w%]|[.,][0-9])"
PART = rf"({'|'.join(PARTS)})"
GIVES = r"(?: score| part)?(?: of| at| is| gives| adds)?"
SUM = r" \+ ".join([rf"{N} × {N}"] * 3)

# The captured groups of a pattern, in lower case; empty for groups that did not take part in the match.
Values = tuple[str, ...]


class Figure(NamedTuple):
    """A row of the grammar: its meaning, its pattern, and the check of the captured values against the facts."""

    means: str
    written: str
    holds: Callable[[Facts, Values], bool]


def _is(value: str, expected: object) -> bool:
    return Decimal(value) == Decimal(str(expected))


def _sum(facts: Facts, values: Values) -> bool:
    """weight × part + weight × part + weight × part, in the order of PARTS."""
    terms = zip(facts.weights, parts_of(facts.score), strict=True)
    return all(map(_is, values, [as_decimal(factor) for term in terms for factor in term]))


def _part(facts: Facts, values: Values) -> bool:
    return _is(values[1], as_decimal(parts_of(facts.score)[PARTS.index(values[0])]))


def _score(facts: Facts, values: Values) -> bool:
    return _is(values[0], as_decimal(facts.score.total))


def _weight(facts: Facts, values: Values) -> bool:
    return _is(values[1], as_decimal(facts.weights[PARTS.index(values[0])]))


def _percent(facts: Facts, values: Values) -> bool:
    return _is(values[1], as_decimal(facts.weights[PARTS.index(values[0])]) * 100)


def _equals(field: str) -> Callable[[Facts, Values], bool]:
    """A check of the number against a field of the facts."""
    return lambda facts, values: _is(values[0], getattr(facts, field))


def _counted(field: str) -> Callable[[Facts, Values], bool]:
    """The same, and a check of the plural `s`: `1 slot`, `4 slots`."""
    return lambda facts, values: (
        _is(values[0], getattr(facts, field)) and (values[1] == "") == (getattr(facts, field) == 1)
    )


FIGURES = (
    Figure("sum", rf"= {SUM}", _sum),
    Figure("weight", rf"{PART} (?:has |with |at )?(?:a )?(?:weight of|weighs) {N}%", _percent),
    Figure("weight", rf"{PART} (?:has |with |at )?(?:a )?(?:weight of|weighs) {N}{END}", _weight),
    Figure("part", rf"{PART}{GIVES} {N}{END}", _part),
    Figure("score", rf"scores? (?:of |is |comes to )?{N}{END}", _score),
    Figure(
        "rating",
        rf"(?:rated|rating of|ratings? averag(?:e|ing)) {N} (?:out )?of 5{END}",
        lambda facts, values: facts.is_rated and _is(values[0], facts.rating),
    ),
    Figure(
        "not rated", r"(?:is )?not rated yet|has no ratings yet|without ratings", lambda facts, _: not facts.is_rated
    ),
    Figure("customers", rf"{N} customer(s?){END}", _counted("rating_count")),
    Figure("customers", rf"{N} rating(s?){END}", _counted("rating_count")),
    Figure("slots", rf"{N} (?:free |open )?slot(s?){END}", _counted("slots")),
    Figure("days", r"on the (?:desired|wanted) day", lambda facts, _: facts.days_later == 0),
    Figure(
        "days",
        rf"{N} day(s?) (?:later than|after the) (?:desired|wanted)(?: day)?",
        lambda facts, values: facts.days_later > 0 and _counted("days_later")(facts, values),
    ),
    Figure("miles", rf"{N} miles?{END}", _equals("miles")),
    Figure("minutes", rf"{N}(?: min|-minute| minutes?){END}", _equals("minutes")),
    # The names of the parts without a number are allowed only all together: a single name next to the number of
    # another figure would give it a wrong meaning.
    Figure("names", r"availability, rating,? and distance", lambda facts, _: True),
    Figure("road", r"by road", lambda facts, _: facts.by_road),
    Figure("road", r"(?:by|in) (?:a |the )?straight line", lambda facts, _: not facts.by_road),
)
# One group `f<row>` around each pattern. It closes after the groups inside it, so it is the `lastgroup` of a match.
SCANNER = re.compile("|".join(f"(?P<f{row}>{figure.written})" for row, figure in enumerate(FIGURES)), re.IGNORECASE)
_STARTS = [SCANNER.groupindex[f"f{row}"] for row in range(len(FIGURES))]
# Where the groups of a row are in `match.groups()`: between the group around its pattern and that of the next row.
GROUPS = [slice(first, following - 1) for first, following in pairwise([*_STARTS, SCANNER.groups + 1])]


class FigureMatch(NamedTuple):
    """A figure in a sentence: its meaning, its text, and whether it is true."""

    means: str
    text: str
    true: bool


def figures(text: str, facts: Facts) -> Iterator[FigureMatch]:
    """The figures of a sentence, in their order."""
    for match in SCANNER.finditer(text):
        row = int((match.lastgroup or "")[1:])
        values = tuple((value or "").lower() for value in match.groups()[GROUPS[row]])
        yield FigureMatch(FIGURES[row].means, match[0], FIGURES[row].holds(facts, values))


def without_figures(text: str) -> str:
    """The words between the figures."""
    return SCANNER.sub(" ", text)


def needed(facts: Facts) -> set[str]:
    """The meanings that an explanation must contain: the score, and what decides it."""
    return {"score", "days", "miles", "rating" if facts.is_rated else "not rated"}
