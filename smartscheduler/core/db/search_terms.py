"""Limits on the length of a search text: every word adds one scan of the records."""

from collections.abc import Callable, Iterable

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from smartscheduler.errors import InvalidInput

LONGEST_SEARCH, MOST_WORDS = 200, 10
TOO_LONG = format_lazy(_("Search for at most {count} characters."), count=LONGEST_SEARCH)


def search_terms(text: str, *, field: str, split: Callable[[str], Iterable[str]] = str.split) -> list[str]:
    """The words of `text`, separated by `split`. Raises InvalidInput for `field` when the text is too long.

    The length is checked first, so that `split` never processes a long text.
    """
    if len(text) > LONGEST_SEARCH:
        raise InvalidInput.of(field, str(TOO_LONG))
    terms = list(split(text))
    if max(len(terms), len(text.split())) > MOST_WORDS:
        message = ngettext("Search for at most {count} word.", "Search for at most {count} words.", MOST_WORDS)
        raise InvalidInput.of(field, message.format(count=MOST_WORDS))
    return terms
