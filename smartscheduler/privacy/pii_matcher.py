"""Patterns that find a person in text: names, phone numbers and email addresses in any notation. Pure functions."""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from smartscheduler.core.entry.phone_numbers import SIGNS, national_digits, parse_phone
from smartscheduler.imports.readings import CELL_END

LAST_ASCII = 127
# In PostgreSQL, `\s` matches neither ends of cells nor no-break spaces.
BLANKS = "\\s\u00a0\u2007\u202f" + CELL_END
# Format characters: of zero width, for the direction of text, byte order marks.
INVISIBLE = "\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff"
BETWEEN = rf"[{BLANKS}{INVISIBLE}{''.join(map(chr, SIGNS))}()./·-]*"
# Between the words of a name: blanks, the comma of “Tiles, Ada”, or the end of a cell.
GAP = rf"[{BLANKS}{INVISIBLE},]+"
COMMAS = re.compile(r"[\s,]+")
TITLES = {"mr", "mrs", "ms", "miss", "dr", "prof"}
# JSON values under these keys belong to a record and are replaced when that record is erased.
OF_RECORDS = frozenset(
    {"name", "contractor_name", "customer_name", "phone_number", "customer_phone", "email", "address", "city"}
)


def plain_name(name: str) -> str:
    """Normalized name: without case, accents, punctuation and titles, and with sorted words."""
    letters = unicodedata.normalize("NFKD", name.casefold())
    words = re.findall(r"\w+", "".join(letter for letter in letters if not unicodedata.combining(letter)))
    return " ".join(sorted(word for word in words if word not in TITLES))


def _in_e164(phone: str) -> str:
    """The phone number in E.164, or an empty string for another text."""
    typed = parse_phone(phone)
    return typed.number if typed else ""


def _in_any_notation(number: str) -> str:
    """Pattern of a number in E.164, with or without the country code or a leading zero, with any separators.

    Never two repeats of BETWEEN in a row: they would take quadratic time.
    """
    code, digits = national_digits(number)
    zero = "" if code == "1" else f"(?:0{BETWEEN})?"
    return rf"(?<!\d)(?:(?:(?:\+|00|011){BETWEEN})?{code}{BETWEEN})?{zero}{BETWEEN.join(digits)}(?!\d)"


def _words(name: str) -> list[str]:
    return [word for word in COMMAS.split(name) if word]


def _in_any_order(name: str) -> Iterator[str]:
    """Patterns of a name with its first words last: “Ada Maria Tiles”, “Tiles, Ada Maria”, “Maria Tiles, Ada”."""
    words = _words(name)
    for start in range(len(words)):
        yield rf"(?<!\w){GAP.join(map(_literal, words[start:] + words[:start]))}(?!\w)"


@dataclass(frozen=True, kw_only=True)
class PersonPatterns:
    """Names, phone numbers (E.164) and addresses of a person, and the text that replaces them.

    Search unrelated rows with `wide` only: a name of a single word can be an ordinary word.
    """

    names: frozenset[str] = frozenset()
    phones: frozenset[str] = frozenset()
    emails: frozenset[str] = frozenset()
    instead: str = ""

    @classmethod
    def of(
        cls, *, names: Iterable[str], phones: Iterable[str], emails: Iterable[str], instead: str
    ) -> "PersonPatterns":
        return cls(
            names=frozenset(name.strip() for name in names if name and _words(name)),
            phones=frozenset(filter(None, map(_in_e164, filter(None, phones)))),
            emails=frozenset(email.strip() for email in emails if email and email.strip()),
            instead=instead,
        )

    @property
    def wide(self) -> "PersonPatterns":
        """The patterns without names of a single word."""
        names = frozenset(name for name in self.names if len(_words(name)) > 1)
        return PersonPatterns(names=names, phones=self.phones, emails=self.emails, instead=self.instead)

    @cached_property
    def pattern(self) -> str:
        """Regular expression with the same meaning in Python and PostgreSQL; empty without anything to find."""
        return "|".join(self._alternatives())

    def _alternatives(self) -> Iterator[str]:
        for email in sorted(self.emails):
            yield rf"(?<![\w.+-]){_literal(email)}(?![\w-])"
        yield from map(_in_any_notation, sorted(self.phones))
        # Longest first, so that “Ada Tiles-Moore” matches before “Ada Tiles”.
        for name in sorted(self.names, key=lambda name: (-len(name), name)):
            yield from _in_any_order(name)

    @cached_property
    def _compiled(self) -> "re.Pattern[str]":
        return re.compile(self.pattern, re.IGNORECASE)

    def found_in(self, text: str) -> bool:
        return bool(self.pattern) and self._compiled.search(text) is not None

    def redact(self, value: Any) -> Any:
        """Replace every match in a text, or in the texts of a JSON value except values that belong to records."""
        match value:
            case str():
                return self._compiled.sub(lambda _: self.instead, value) if self.pattern else value
            case dict():
                return {
                    key: item if key in OF_RECORDS and isinstance(item, str) else self.redact(item)
                    for key, item in value.items()
                }
            case list():
                return [self.redact(item) for item in value]
            case _:
                return value


def _literal(text: str) -> str:
    """Pattern of a text. A letter with an accent matches as one character and as a letter with its accents (NFD)."""
    return "".join(map(_either_form, unicodedata.normalize("NFC", text)))


def _either_form(letter: str) -> str:
    if ord(letter) <= LAST_ASCII:
        return letter if letter.isalnum() else f"\\{letter}"
    apart = unicodedata.normalize("NFD", letter)
    return letter if apart == letter else f"(?:{letter}|{apart})"
