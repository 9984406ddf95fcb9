"""Every figure that a sentence may hold, by what it means: how it is written, and what it has to be. Pure.

A number means what the words around it say, so each is looked for together with them: `14 min` are minutes of the drive
and `0.9200` is a part score only after its name. What is left over when all of these are taken out are words, and a
number among them is one that nobody knows the meaning of.
"""

import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import NamedTuple

from assignments.scoring import PARTS, as_decimal, parts_of
from recommendations.llm.facts import Facts

N = r"(?<![\w.,+\-−])([0-9]{1,6}(?:\.[0-9]{1,4})?)"
END = r"(?![\w%]|[.,][0-9])"
PART = rf"({'|'.join(PARTS)})"
GIVES = r"(?: score| part)?(?: of| at| is| gives| adds)?"
SUM = r" \+ ".join([rf"{N} × {N}"] * 3)

Values = tuple[str, ...]


class Figure(NamedTuple):
    """What a figure means, how it is written, and whether the values that stand there are those of the facts."""

    means: str
    written: str
    holds: Callable[[Facts, Values], bool]


def _is(value: str, wanted: object) -> bool:
    return Decimal(value) == Decimal(str(wanted))


def _sum(facts: Facts, found: Values) -> bool:
    wanted = [as_decimal(one) for pair in zip(facts.weights, parts_of(facts.score), strict=True) for one in pair]
    return all(map(_is, found, wanted))


def _part(facts: Facts, found: Values) -> bool:
    return _is(found[1], as_decimal(parts_of(facts.score)[PARTS.index(found[0])]))


def _score(facts: Facts, found: Values) -> bool:
    return _is(found[0], as_decimal(facts.score.total))


def _not_rated(facts: Facts, found: Values) -> bool:
    return not facts.is_rated


def _weight(facts: Facts, found: Values) -> bool:
    return _is(found[1], as_decimal(facts.weights[PARTS.index(found[0])]))


def _percent(facts: Facts, found: Values) -> bool:
    return _is(found[1], as_decimal(facts.weights[PARTS.index(found[0])]) * 100)


def _nth(what: str) -> Callable[[Facts, Values], bool]:
    return lambda facts, found: _is(found[0], getattr(facts, what))


def _counted(what: str) -> Callable[[Facts, Values], bool]:
    """The number, and one of many as one."""
    return lambda facts, found: _is(found[0], getattr(facts, what)) and (found[1] == "") == (getattr(facts, what) == 1)


# The longer before the shorter, where both begin alike.
FIGURES = (
    Figure("sum", rf"= {SUM}", _sum),
    Figure("weight", rf"{PART} (?:has |with |at )?(?:a )?(?:weight of|weighs) {N}%", _percent),
    Figure("weight", rf"{PART} (?:has |with |at )?(?:a )?(?:weight of|weighs) {N}{END}", _weight),
    Figure("part", rf"{PART}{GIVES} {N}{END}", _part),
    Figure("score", rf"scores? (?:of |is |comes to )?{N}{END}", _score),
    Figure(
        "rating",
        rf"(?:rated|rating of|ratings? averag(?:e|ing)) {N} (?:out )?of 5{END}",
        lambda facts, found: facts.is_rated and _is(found[0], facts.rating),
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
        lambda facts, found: facts.days_later > 0 and _counted("days_later")(facts, found),
    ),
    Figure("miles", rf"{N} miles?{END}", _nth("miles")),
    Figure("minutes", rf"{N}(?: min|-minute| minutes?){END}", _nth("minutes")),
    # The names of the parts alone, when all are named; one alone would lend its name to a figure of another.
    Figure("names", r"availability, rating,? and distance", lambda facts, _: True),
    Figure("road", r"by road", lambda facts, _: facts.by_road),
    Figure("road", r"(?:by|in) (?:a |the )?straight line", lambda facts, _: not facts.by_road),
)
SCANNER = re.compile("|".join(f"(?P<f{number}>{one.written})" for number, one in enumerate(FIGURES)), re.IGNORECASE)
ALONE = [re.compile(one.written, re.IGNORECASE) for one in FIGURES]


class Found(NamedTuple):
    """A figure in a sentence: what it means, what stands there, and whether it is true."""

    means: str
    text: str
    true: bool


def figures(text: str, facts: Facts) -> Iterator[Found]:
    """The figures of a sentence, in their order."""
    for match in SCANNER.finditer(text):
        number = next(n for n in range(len(FIGURES)) if match[f"f{n}"] is not None)
        values = ALONE[number].match(text, match.start())
        # Looked at alone in its place, a figure is what it was among the others.
        groups = tuple((one or "").lower() for one in values.groups()) if values else ()
        yield Found(FIGURES[number].means, match[0], bool(values) and FIGURES[number].holds(facts, groups))


def without_figures(text: str) -> str:
    """The words between the figures."""
    return SCANNER.sub(" ", text)


def needed(facts: Facts) -> set[str]:
    """What an explanation must say: the score, and what decides it."""
    return {"score", "days", "miles", "rating" if facts.is_rated else "not rated"}
