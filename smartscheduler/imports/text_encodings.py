"""Encodings of text files: told from the bytes, and read again in another one. Pure."""

import codecs
import re
from collections.abc import Callable
from dataclasses import replace
from itertools import takewhile

from django.utils.translation import gettext, gettext_noop

from smartscheduler.errors import InvalidInput
from smartscheduler.imports.readings import UTF_8, Reading, packed_reading, unpacked_reading
from smartscheduler.imports.unreadable import UnreadableFile

WINDOWS, MAC, UTF_16_LE, UTF_16_BE = "cp1252", "mac-roman", "utf-16-le", "utf-16-be"
# Names are not translated.
ENCODINGS = (
    (UTF_8, "UTF-8"),
    (WINDOWS, "Windows-1252"),
    (MAC, "Mac Roman"),
    (UTF_16_LE, "UTF-16 LE"),
    (UTF_16_BE, "UTF-16 BE"),
)
CODES = tuple(code for code, _name in ENCODINGS)
MARKS = {codecs.BOM_UTF8: UTF_8, codecs.BOM_UTF16_LE: UTF_16_LE, codecs.BOM_UTF16_BE: UTF_16_BE}
# Encodings of one byte for each character.
SINGLE_BYTE = frozenset({WINDOWS, MAC})
# A file in one of these can be read in the others.
SWITCHABLE = SINGLE_BYTE | {UTF_8}
SAMPLE_BYTES, SAMPLE_LETTERS = 4_096, 5_000
# UTF-8 with stray bytes has so many times as many correct characters.
FEW = 4
NO_BREAK_SPACE = "\xa0"
FOREIGN = re.compile(r"[^\x00-\x7f]")


def _undefined(error: UnicodeError) -> tuple[str | bytes, int]:
    """Five bytes mean nothing in Windows-1252. They become control characters and back, as in browsers."""
    if isinstance(error, UnicodeDecodeError):
        return chr(error.object[error.start]), error.start + 1
    if isinstance(error, UnicodeEncodeError) and ord(error.object[error.start]) < 256:
        return bytes([ord(error.object[error.start])]), error.start + 1
    raise error


def _stray(error: UnicodeError) -> tuple[str, int]:
    """A byte that is not UTF-8, as in Windows-1252."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return decoded_as(error.object[error.start : error.start + 1], WINDOWS), error.start + 1


UNDEFINED, STRAY = "smartscheduler.undefined", "smartscheduler.stray"
codecs.register_error(UNDEFINED, _undefined)
codecs.register_error(STRAY, _stray)


def encoding_of(content: bytes) -> str:
    """The code of the encoding. Raises UnreadableFile for content that is not text."""
    for mark, code in MARKS.items():
        if content.startswith(mark):
            return code
    if b"\x00" in content:
        return _utf_16_of(content)
    try:
        content.decode(UTF_8)
    except UnicodeDecodeError:
        return UTF_8 if _has_few_strays(content) else _single_byte_of(content)
    return UTF_8


def decoded_as(content: bytes, code: str) -> str:
    """The text in an encoding. Bytes that mean nothing in it are kept visible. Raises UnreadableFile for others."""
    mark = next((mark for mark, of_code in MARKS.items() if of_code == code and content.startswith(mark)), b"")
    errors = {UTF_8: STRAY, WINDOWS: UNDEFINED}.get(code, "replace")
    text = content[len(mark) :].decode(code, errors)
    if "\x00" in text:
        raise _not_text()
    return text


def reread(reading: Reading, code: str) -> Reading:
    """The same file read in another encoding. Raises InvalidInput (field `encoding`) if it is not in that encoding.

    UTF-16 is certain, so it is not read in any other encoding, and nothing else is read as UTF-16.
    """
    if code == reading.encoding:
        return reading
    try:
        if not {reading.encoding, code} <= SWITCHABLE:
            raise UnicodeError
        bytes_of_cells = packed_reading(reading).encode(reading.encoding, _handler(reading.encoding))
        switched = unpacked_reading(bytes_of_cells.decode(code, _handler(code)))
    except UnicodeError:
        text = gettext("The file is not encoded in {encoding}.").format(encoding=dict(ENCODINGS).get(code, code))
        raise InvalidInput.of("encoding", text) from None
    return replace(switched, encoding=code)


def _handler(code: str) -> str:
    return UNDEFINED if code == WINDOWS else "strict"


def _not_text() -> UnreadableFile:
    return UnreadableFile(gettext_noop("The file is neither a CSV file nor an XLSX workbook. Save it as one of them."))


def _utf_16_of(content: bytes) -> str:
    """Western letters have a zero byte in UTF-16: the second in the little-endian form, the first in the other."""
    sample = content[:SAMPLE_BYTES]
    first, second = sample[::2].count(0), sample[1::2].count(0)
    if max(first, second) <= FEW * min(first, second) or max(first, second) * 2 < len(sample) // 2:
        raise _not_text()
    return UTF_16_LE if second > first else UTF_16_BE


def _has_few_strays(content: bytes) -> bool:
    strays = content.decode(UTF_8, "replace").count("\ufffd")
    whole = len(FOREIGN.findall(content.decode(UTF_8, "ignore")))
    return whole > FEW * strays


def _single_byte_of(content: bytes) -> str:
    """Windows-1252 or Mac Roman, whichever makes more plausible words; Windows-1252 if both do."""
    return max((WINDOWS, MAC), key=lambda code: plausibility(decoded_as(content, code)))


def plausibility(text: str) -> int:
    """How many foreign characters stand where they do in names and sentences, minus those that do not."""
    total = 0
    for number, match in enumerate(FOREIGN.finditer(text)):
        if number == SAMPLE_LETTERS:
            break
        at = match.start()
        total += _fit(text[at], text[max(0, at - 8) : at], text[at + 1 : at + 9])
    return total


def _fit(sign: str, before: str, after: str) -> int:
    previous, following = before[-1:], after[:1]
    if sign == NO_BREAK_SPACE:
        return 0
    if sign.islower():
        return -1 if following.isupper() else int(previous.islower() or following.islower())
    if sign.isupper():
        return _fit_of_capital(before, after)
    for signs, rule in RULES.items():
        if sign in signs:
            return rule(previous, following)
    # Other signs stand alone or beside a figure, and controls and private characters nowhere.
    return -1 if previous.isalpha() or following.isalpha() or not sign.isprintable() else 0


def _fit_of_capital(before: str, after: str) -> int:
    """A capital begins a word, or stands in a word of capitals."""
    start = "".join(takewhile(str.isalpha, reversed(before)))
    rest = "".join(takewhile(str.isalpha, after))
    if not start and not rest:
        return 0
    return 1 if (not start and rest[:1].islower()) or (start + rest).isupper() else -1


def _fit_of_apostrophe(previous: str, following: str) -> int:
    """At the end of a word, before the ending of a contraction, or in a name such as O’Neil."""
    ends = not following.isalpha() or following in "sStTdDmMlLrRvV" or following.isupper()
    return int(previous.isalpha() and ends)


def _fit_of_opening(previous: str, following: str) -> int:
    return -1 if previous.isalnum() else int(following.isalnum())


def _fit_of_closing(previous: str, following: str) -> int:
    return -1 if following.isalnum() else int(bool(previous.strip()))


def _fit_of_dash(previous: str, following: str) -> int:
    """Not inside a word."""
    return -1 if previous.isalpha() and following.isalpha() else 1


RULES: dict[str, Callable[[str, str], int]] = {
    "’": _fit_of_apostrophe,
    "“‘": _fit_of_opening,
    "”": _fit_of_closing,
    "–—…•": _fit_of_dash,
}
