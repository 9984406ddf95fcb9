"""Known names for names that are spelled almost like them: `cermic` for `Ceramic`."""

from collections.abc import Collection
from difflib import get_close_matches

from smartscheduler.core.text import fold

# The similarity from 0 to 1 (difflib) from which two names count as spellings of one.
SIMILAR = 0.75
# Longer names are not compared: the work grows with the product of the lengths.
LONGEST_NAME = 60


def known_spelling(name: str, known: Collection[str]) -> str:
    """The name in `known` that is equal except for letter case and spaces; empty if there is none."""
    key = fold(name)
    return next((other for other in known if fold(other) == key), "")


def similar_name(name: str, known: Collection[str]) -> str:
    """The most similar name in `known`; empty if none is similar enough."""
    if len(name) > LONGEST_NAME:
        return ""
    by_key = {fold(other): other for other in known}
    matches = get_close_matches(fold(name), by_key, n=1, cutoff=SIMILAR)
    return by_key[matches[0]] if matches else ""
