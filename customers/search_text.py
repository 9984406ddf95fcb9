"""Keys that compare and search customers in any spelling. Pure."""

import re
import unicodedata
from collections.abc import Iterable

from smartscheduler.core.text import fold

APOSTROPHES = dict.fromkeys(map(ord, "'’‘ʼʻ`´"))
NUMBER = re.compile(r"[\d\s()+./·-]+", re.ASCII)


def name_key(text: str) -> str:
    """The key that is equal for two spellings of a name or a street: without case, accents, apostrophes, punctuation.

    A text of symbols only is its own key.
    """
    folded = fold(text)
    letters = unicodedata.normalize("NFKD", folded).translate(APOSTROPHES)
    words = "".join(
        letter if letter.isalnum() else " " for letter in letters if not unicodedata.combining(letter)
    ).split()
    return " ".join(words) or folded


def search_key(term: str) -> str:
    """A search term in the form of `search_text`. A phone number, also a part of one, becomes its digits."""
    if NUMBER.fullmatch(term):
        return "".join(letter for letter in term if letter.isdigit()) or term
    return name_key(term)


def search_text(
    *, name: str, company: str, email: str, reference: str, phones: Iterable[str], streets: Iterable[str]
) -> str:
    """The lines that a search reads. The first line is the key of the name on jobs."""
    texts = [name or company, name and company, email, reference, *streets]
    # A search for digits with separators, such as 12-34, looks for the digits.
    digits = [*phones, *([reference] if NUMBER.fullmatch(reference) else [])]
    numbers = filter(None, ("".join(letter for letter in number if letter.isdigit()) for number in digits))
    return "\n".join([name_key(texts[0]), *filter(None, map(name_key, texts[1:])), *numbers, ""])
