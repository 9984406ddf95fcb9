"""Normal forms of text: what is stored, and what counts as the same. Pure; docs/adr/029 explains the rules."""

import unicodedata
from functools import lru_cache
from itertools import groupby
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

# A text for people that may be translated when it is shown (gettext_lazy).
LazyText: TypeAlias = "str | _StrPromise"

# Unicode general categories: control, format, line separator, paragraph separator, surrogate.
INVISIBLE = frozenset({"Cc", "Cf", "Zl", "Zp", "Cs"})
# Emoji and some scripts join letters with these; notes may have them, one-line text may not.
JOINERS = "\u200c\u200d"
# Unicode Standard Annex 15, section 13 (stream-safe text): normalizing a longer run takes quadratic time.
MOST_MARKS = 30


class UnsuitableText(ValueError):
    """Text that a field does not take. The message names the rule."""


def one_line(text: str) -> str:
    """`text` in NFC, with each run of blanks as one space and none at the ends.

    Raises UnsuitableText for line breaks, control characters and invisible format characters.
    """
    _refuse_invisible(text)
    return " ".join(nfc(text).split())


def many_lines(text: str) -> str:
    """`text` in NFC with `\\n` line breaks. Raises UnsuitableText for other control and format characters."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    _refuse_invisible(lines, but="\n" + JOINERS)
    return nfc(lines).strip()


def visible(text: str) -> str:
    """One line of any text, for headers, subjects and calendars: what `one_line` refuses becomes a space."""
    if not text.isprintable():
        text = "".join(" " if unicodedata.category(letter) in INVISIBLE else letter for letter in text)
    return " ".join(text.split())


def visible_lines(text: str) -> str:
    """The same for text with line breaks, which it keeps."""
    return "\n".join(map(visible, text.replace("\r\n", "\n").replace("\r", "\n").split("\n"))).strip()


@lru_cache(maxsize=4096)
def fold(text: str) -> str:
    """The key under which two spellings are the same name: NFKC, case folded, blanks as in `one_line`."""
    if text.isascii():
        return " ".join(text.lower().split())
    # What is stored passes, in whichever form: its letters and marks come apart into a few marks each.
    _refuse_heaps(text, 4 * MOST_MARKS)
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return " ".join(folded.split())


def nfc(text: str) -> str:
    """`text` in Unicode's composed form. Raises UnsuitableText for more than 30 combining marks in a row."""
    if text.isascii():
        return text
    _refuse_heaps(text)
    normal = unicodedata.normalize("NFC", text)
    _refuse_heaps(normal)  # some marks come apart into two
    return normal


def normalize_search(text: str) -> str:
    """A search as stored text is written; what no stored text has is left out."""
    try:
        return nfc(visible(text))
    except UnsuitableText:
        return ""


def _refuse_heaps(text: str, most: int = MOST_MARKS) -> None:
    runs = groupby(text, key=lambda letter: unicodedata.combining(letter) != 0)
    if any(is_marks and sum(1 for _ in run) > most for is_marks, run in runs):
        raise UnsuitableText(f"At most {MOST_MARKS} combining marks may follow one letter.")


def _refuse_invisible(text: str, but: str = "") -> None:
    if text.isprintable():
        return
    for letter in text:
        if unicodedata.category(letter) in INVISIBLE and letter not in but:
            raise UnsuitableText(_refusal(letter))


def _refusal(letter: str) -> str:
    if letter in "\n\r\x0b\x0c\x85\u2028\u2029":
        return "Line breaks are not allowed here."
    name = unicodedata.name(letter, "control character").lower()
    return f"Control and invisible characters are not allowed: U+{ord(letter):04X} ({name})."
