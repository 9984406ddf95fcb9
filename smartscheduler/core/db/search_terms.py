"""What a search may ask for: so many characters and words, because each word is one more look through every record."""

from collections.abc import Callable, Iterable

from smartscheduler.errors import InvalidInput

LONGEST_SEARCH, MOST_WORDS = 200, 10
TOO_LONG = f"Search for at most {LONGEST_SEARCH} characters."


def search_terms(text: str, *, field: str, split: Callable[[str], Iterable[str]] = str.split) -> list[str]:
    """The words of `text` as `split` finds them. Raises InvalidInput, naming `field`, for too many or too long a text.

    The length is checked first: no `split` sees a long text.
    """
    if len(text) > LONGEST_SEARCH:
        raise InvalidInput.of(field, TOO_LONG)
    terms = list(split(text))
    if max(len(terms), len(text.split())) > MOST_WORDS:
        raise InvalidInput.of(field, f"Search for at most {MOST_WORDS} words.")
    return terms
