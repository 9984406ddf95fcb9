"""Growth of CPU time with the size of an input; for regular expressions, structure and texts that backtrack."""

import re
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cache
from importlib import import_module
from typing import Any, TypeVar

# The parser of regular expressions is private, and has no type stubs.
c: Any = import_module("re._constants")
parser: Any = import_module("re._parser")

Input = TypeVar("Input", str, bytes)

# Four times as much may take six times as long.
GROWTH, MOST = 4, 6.0
# Below this many CPU seconds, measurements are noise and other requests do not wait.
FLOOR = 0.02
# A neighbor on the machine slows down some measurements, a quadratic algorithm all of them.
ATTEMPTS = 6

# Shorter repeats are constants of a pattern, not a matter of how much is sent.
UNBOUNDED = 1_000
SAMPLE = [chr(code) for code in range(256)] + ["ſ", "K", "—", "’", "é", "二", "\u2028", "\u200b"]


def grows_too_fast(work: Callable[[Input], object], long: Input, short: Input) -> bool:
    """Whether `work` on `long` takes more than six times as long as on `short`, a quarter of it, in each attempt.

    The first attempt that takes less ends it. A quadratic algorithm takes sixteen times as long.
    """
    slowest, fastest = seconds(work, long), float("inf")
    if slowest < FLOOR:
        return False
    for attempt in range(ATTEMPTS):
        fastest = min(fastest, seconds(work, short))
        if slowest <= MOST * max(fastest, FLOOR / GROWTH / 2):
            return False
        if attempt < ATTEMPTS - 1:
            slowest = min(slowest, seconds(work, long))
    return True


def seconds(work: Callable[[Input], object], value: Input) -> float:
    """CPU time of this thread."""
    began = time.thread_time()
    with suppress(Exception):  # a rejection is fine
        work(value)
    return time.thread_time() - began


def attacks(pattern: "re.Pattern[str]", length: int) -> Iterator[str]:
    """Texts of about `length` letters, made of the pattern's own pieces, that nearly match again and again."""
    ordered = sorted(_pieces(pattern), key=lambda piece: (len(piece), piece))
    # The shortest, and the longest beginnings.
    pieces = list(dict.fromkeys([*ordered[:16], *ordered[-12:]]))
    for piece in pieces:
        many = piece * (length // len(piece))
        for before, after in (("", "\x00"), (pieces[-1], "\x00")):
            yield before + many + after
    for piece in pieces[:5]:
        for other in pieces[:5]:
            if piece != other:
                yield (piece + other) * (length // (len(piece) + len(other))) + "\x00"
                yield piece + other * (length // len(other)) + "\x00"


# Many lengths are made of the same pieces, which take longer than most patterns.
@cache
def _pieces(pattern: "re.Pattern[str]") -> frozenset[str]:
    tree = parser.parse(pattern.pattern, pattern.flags & ~re.DEBUG)
    pieces = {"".join(_shortest(tree))}
    for node in _nodes(tree):
        pieces |= {"".join(_shortest([node]))}
        if node[0] in REPEATS:
            pieces |= set(_letters(list(node[1][2])[:1])[:3])
    # Beginnings of what the pattern matches: each is a place where it starts to look.
    whole = "".join(_shortest(tree))
    pieces |= {whole[:end] for end in range(1, min(len(whole), 12) + 1)}
    return frozenset({piece for piece in pieces if piece} | {" ", "a", "0", "-"})


REPEATS = {c.MAX_REPEAT, c.MIN_REPEAT, c.POSSESSIVE_REPEAT}


def _nodes(tree: Any) -> Iterator[Any]:
    for node in tree:
        yield node
        for part in _parts(node):
            yield from _nodes(part)


def _parts(node: Any) -> list[Any]:
    kind, value = node
    if kind in REPEATS:
        return [value[2]]
    if kind is c.SUBPATTERN:
        return [value[3]]
    if kind is c.ATOMIC_GROUP:
        return [value]
    if kind is c.BRANCH:
        return list(value[1])
    if kind in {c.ASSERT, c.ASSERT_NOT}:
        return [value[1]]
    return []


def _shortest(tree: Any) -> Iterator[str]:
    """A short text that the tree matches, with one turn of each repeat."""
    for node in tree:
        kind, value = node
        if kind is c.LITERAL:
            yield chr(value)
        elif kind in {c.IN, c.NOT_LITERAL, c.ANY, c.CATEGORY}:
            yield from _letters([node])[:1]
        elif kind in REPEATS:
            yield "".join(_shortest(value[2])) * max(1, min(value[0], 8))
        elif kind is c.BRANCH:
            yield from _shortest(value[1][0])
        elif kind in {c.SUBPATTERN, c.ATOMIC_GROUP}:
            yield from _shortest(_parts(node)[0])


def _letters(nodes: Any) -> list[str]:
    """Letters of the sample that a node of one letter takes."""
    return [letter for letter in "aA0 -._" + "".join(SAMPLE) if any(_takes(node, letter) for node in nodes)]


def _takes(node: Any, letter: str) -> bool:
    kind, value = node
    code = ord(letter)
    if kind is c.LITERAL:
        return bool(code == value)
    if kind is c.NOT_LITERAL:
        return bool(code != value)
    if kind is c.ANY:
        return letter != "\n"
    if kind is c.RANGE:
        return bool(value[0] <= code <= value[1])
    if kind is c.CATEGORY:
        return _in_category(value, letter)
    if kind is c.IN:
        negated = value[0][0] is c.NEGATE
        return negated != any(_takes(member, letter) for member in value if member[0] is not c.NEGATE)
    return False


CATEGORIES = {
    c.CATEGORY_DIGIT: r"\d",
    c.CATEGORY_NOT_DIGIT: r"\D",
    c.CATEGORY_SPACE: r"\s",
    c.CATEGORY_NOT_SPACE: r"\S",
    c.CATEGORY_WORD: r"\w",
    c.CATEGORY_NOT_WORD: r"\W",
}


@cache
def _in_category(category: Any, letter: str) -> bool:
    return re.fullmatch(CATEGORIES[category], letter) is not None


def objections(pattern: "re.Pattern[str]", *, searches: bool) -> list[str]:
    """Why the work of a pattern may grow faster than its text; `searches`: it may begin anywhere in a text."""
    faults: list[str] = []
    _object(_flat(parser.parse(pattern.pattern, pattern.flags & ~re.DEBUG)), faults)
    if searches:
        _object_to_start(_flat(parser.parse(pattern.pattern, pattern.flags & ~re.DEBUG)), faults)
    return faults


def _flat(tree: Any) -> list[Any]:
    """The nodes of a sequence, those of groups in their place."""
    flat: list[Any] = []
    for node in tree:
        flat += _flat(node[1][3]) if node[0] is c.SUBPATTERN else [node]
    return flat


def _is_unbounded(node: Any) -> bool:
    return node[0] in REPEATS and node[1][1] > UNBOUNDED


def _gives_back(node: Any) -> bool:
    return _is_unbounded(node) and node[0] is not c.POSSESSIVE_REPEAT


def _object(nodes: list[Any], faults: list[str]) -> None:
    for place, node in enumerate(nodes):
        if _gives_back(node):
            _object_to_nesting(node, faults)
            _object_to_neighbor(node, nodes[place + 1 :], faults)
        for part in _parts(node):
            _object(_flat(part), faults)


def _object_to_nesting(node: Any, faults: list[str]) -> None:
    body = _flat(node[1][2])
    ends = [last for last in body[-1:] if _gives_back(last)]
    if ends and _of(body[0]) & _of(ends[0]):
        faults.append("a repeat of a repeat")


def _object_to_neighbor(node: Any, later: list[Any], faults: list[str]) -> None:
    letters = _of(node)
    for following in later:
        if _is_unbounded(following) and letters & _beginning(following):
            faults.append("two unbounded repeats of the same letters")
            return
        if not _may_be_empty(following) and not letters & _of(following):
            return


def _beginning(repeat: Any) -> set[str]:
    """The letters with which a turn of a repeat begins."""
    letters: set[str] = set()
    for node in _flat(repeat[1][2]):
        letters |= _of(node)
        if not _may_be_empty(node):
            break
    return letters


def _object_to_start(nodes: list[Any], faults: list[str]) -> None:
    """An unbounded repeat at the beginning is tried at each letter of a run, and each time read to the run's end."""
    for place, node in enumerate(nodes):
        if node[0] in {c.AT, c.ASSERT, c.ASSERT_NOT}:
            return
        if node[0] is c.BRANCH:
            for part in node[1][1]:
                _object_to_start(_flat(part), faults)
        if _is_unbounded(node) and any(
            not _may_be_empty(following) or following[0] is c.AT for following in nodes[place + 1 :]
        ):
            faults.append("begins with an unbounded repeat: guard its start")
        if not _may_be_empty(node):
            return


def _may_be_empty(node: Any) -> bool:
    if node[0] in REPEATS:
        return bool(node[1][0] == 0)
    if node[0] is c.BRANCH:
        return any(all(map(_may_be_empty, _flat(part))) for part in node[1][1])
    return node[0] in {c.AT, c.ASSERT, c.ASSERT_NOT}


def _of(node: Any) -> set[str]:
    """Every letter of the sample that may stand in what a node matches."""
    ends = [end for end in (node, *_nested(node)) if end[0] in LETTERS]
    return {letter for letter in SAMPLE if any(_takes(end, letter) for end in ends)}


def _nested(node: Any) -> Iterator[Any]:
    for part in _parts(node):
        yield from _nodes(part)


LETTERS = {c.LITERAL, c.NOT_LITERAL, c.IN, c.ANY}
