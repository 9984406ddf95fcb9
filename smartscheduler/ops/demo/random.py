"""Chance that comes out the same every time: each record draws from a source of its own. Pure."""

from collections.abc import Sequence
from functools import lru_cache
from random import Random
from typing import TypeVar
from uuid import UUID, uuid5

T = TypeVar("T")

DEMO_NAMESPACE = UUID("6f1f8f0e-7f0a-5d5b-9a53-0d5a5c1e7b11")
# Every seed numbers its records from here on, so that two seeds never meet.
INDEXES_A_SEED = 10_000_000


def source(seed: int, kind: str, index: int) -> Random:
    """The random numbers of record `index` of a kind; the same whatever else has been drawn."""
    return Random(f"{seed}/{kind}/{index}")  # noqa: S311  (a demo, not a secret)


def identity(seed: int, kind: str, index: int) -> UUID:
    """The id of record `index` of a kind."""
    return uuid5(DEMO_NAMESPACE, f"{seed}/{kind}/{index}")


def number(seed: int, index: int) -> int:
    """A number that no other record of the kind has, of this seed or another."""
    return seed * INDEXES_A_SEED + index


def dealt(seed: int, kind: str, deck: tuple[T, ...], index: int) -> T:
    """Card `index` of a deck dealt again and again, shuffled anew each time: random, but nobody runs out of luck."""
    cards: Sequence[T] = _shuffled(seed, kind, deck, index // len(deck))
    return cards[index % len(deck)]


@lru_cache(maxsize=64)
def _shuffled(seed: int, kind: str, deck: tuple[T, ...], block: int) -> Sequence[T]:
    cards = list(deck)
    source(seed, f"{kind} deck", block).shuffle(cards)
    return cards
