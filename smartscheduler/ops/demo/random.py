"""Reproducible random numbers: each record has its own generator. Pure."""

from collections.abc import Sequence
from functools import lru_cache
from random import Random
from typing import TypeVar
from uuid import UUID, uuid5

T = TypeVar("T")

DEMO_NAMESPACE = UUID("6f1f8f0e-7f0a-5d5b-9a53-0d5a5c1e7b11")
# The numbers of each seed start at a multiple of this, so that the records of two seeds never collide.
INDEXES_A_SEED = 10_000_000


def source(seed: int, kind: str, index: int) -> Random:
    """The random generator of record `index` of a kind, independent of all other records."""
    return Random(f"{seed}/{kind}/{index}")  # noqa: S311  (a demo, not a secret)


def identity(seed: int, kind: str, index: int) -> UUID:
    """The id of record `index` of a kind."""
    return uuid5(DEMO_NAMESPACE, f"{seed}/{kind}/{index}")


def number(seed: int, index: int) -> int:
    """A number that is unique for the kind among all seeds."""
    return seed * INDEXES_A_SEED + index


def dealt(seed: int, kind: str, deck: tuple[T, ...], index: int) -> T:
    """Card `index` of a deck that is shuffled again after each pass: random with exact shares."""
    cards: Sequence[T] = _shuffled(seed, kind, deck, index // len(deck))
    return cards[index % len(deck)]


@lru_cache(maxsize=64)
def _shuffled(seed: int, kind: str, deck: tuple[T, ...], block: int) -> Sequence[T]:
    cards = list(deck)
    source(seed, f"{kind} deck", block).shuffle(cards)
    return cards
