"""Normal forms of text for storage and comparison. Pure; docs/adr/029 explains the rules."""

import re
import unicodedata
from functools import lru_cache
from itertools import groupby
from typing import TYPE_CHECKING, TypeAlias

from django.utils.translation import gettext

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

# Text for users, translated when it is rendered (gettext_lazy).
LazyText: TypeAlias = "str | _StrPromise"

# Unicode general categories: control, format, line separator, paragraph separator, surrogate.
INVISIBLE = frozenset({"Cc", "Cf", "Zl", "Zp", "Cs"})
# Emoji and some scripts join letters with these; notes may have them, one-line text may not.
JOINERS = "\u200c\u200d"
LINE_BREAKS = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
# Unicode Standard Annex 15, section 13 (stream-safe text): normalizing a longer run takes quadratic time.
MOST_MARKS = 30


class UnsuitableText(ValueError):
    """Text that a field does not accept. The message states the rule."""


def one_line(text: str) -> str:
    """`text` in NFC, with each run of white space, also of tabs and line breaks, replaced by one space.

    Raises UnsuitableText for other control characters and invisible format characters.
    """
    line = " ".join(text.split())
    _refuse_invisible(line)
    return nfc(line)


def many_lines(text: str) -> str:
    """`text` in NFC with `\\n` line breaks, and spaces for tabs.

    Raises UnsuitableText for other control and format characters.
    """
    lines = LINE_BREAKS.sub("\n", text).replace("\t", " ")
    _refuse_invisible(lines, but="\n" + JOINERS)
    return nfc(lines).strip()


def visible(text: str) -> str:
    """`text` on one line, for headers, subjects, and calendars: characters that `one_line` rejects become spaces."""
    if not text.isprintable():
        text = "".join(" " if unicodedata.category(letter) in INVISIBLE else letter for letter in text)
    return " ".join(text.split())


def visible_lines(text: str) -> str:
    """`text` with its line breaks, and each other invisible character replaced by a space."""
    return "\n".join(map(visible, text.replace("\r\n", "\n").replace("\r", "\n").split("\n"))).strip()


@lru_cache(maxsize=4096)
def fold(text: str) -> str:
    """The key that is equal for two spellings of a name: NFKC, case folded, white space as in `one_line`."""
    if text.isascii():
        return " ".join(text.lower().split())
    # Four times the limit, so that any form of a stored text passes: one character decomposes into a few marks.
    _refuse_heaps(text, 4 * MOST_MARKS)
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return " ".join(folded.split())


def nfc(text: str) -> str:
    """`text` in Unicode's composed form. Raises UnsuitableText for more than 30 combining marks in a row."""
    if text.isascii():
        return text
    _refuse_heaps(text)
    normal = unicodedata.normalize("NFC", text)
    _refuse_heaps(normal)  # some marks decompose into two
    return normal


def normalize_search(text: str) -> str:
    """A search text in the normal form of stored text, without characters that stored text never contains."""
    try:
        return nfc(visible(text))
    except UnsuitableText:
        return ""


def _refuse_heaps(text: str, most: int = MOST_MARKS) -> None:
    runs = groupby(text, key=lambda letter: unicodedata.combining(letter) != 0)
    if any(is_marks and sum(1 for _ in run) > most for is_marks, run in runs):
        message = gettext("At most {count} combining marks may follow a letter.")
        raise UnsuitableText(message.format(count=MOST_MARKS))


def _refuse_invisible(text: str, but: str = "") -> None:
    if text.isprintable():
        return
    for letter in text:
        if unicodedata.category(letter) in INVISIBLE and letter not in but:
            raise UnsuitableText(_refusal(letter))


def _refusal(letter: str) -> str:
    name = unicodedata.name(letter, "control character").lower()
    message = gettext("Control characters and invisible characters are not allowed: U+{code_point} ({name}).")
    return message.format(code_point=f"{ord(letter):04X}", name=name)
