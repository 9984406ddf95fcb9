"""Patterns that find a person in text: names, phone numbers and email addresses in any notation. Pure functions."""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from smartscheduler.core.entry.phone_numbers import national_digits, parse_phone

LAST_ASCII = 127
BETWEEN = r"[\s()./·-]*"
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
    """Pattern of a number in E.164, with or without the country code or a leading zero, with any separators."""
    code, digits = national_digits(number)
    if code == "1":
        return rf"(?<!\d){digits[:3]}{BETWEEN}{digits[3:6]}{BETWEEN}{digits[6:]}(?!\d)"
    return rf"(?<!\d)(?:(?:\+|00|011)?{BETWEEN}{code}{BETWEEN})?0?{BETWEEN}{BETWEEN.join(digits)}(?!\d)"


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
            names=frozenset(name.strip() for name in names if name and name.strip()),
            phones=frozenset(filter(None, map(_in_e164, filter(None, phones)))),
            emails=frozenset(email.strip() for email in emails if email and email.strip()),
            instead=instead,
        )

    @property
    def wide(self) -> "PersonPatterns":
        """The patterns without names of a single word."""
        names = frozenset(name for name in self.names if len(name.split()) > 1)
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
            words = r"\s+".join(map(_literal, name.split()))
            yield rf"(?<!\w){words}(?!\w)"

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
    return "".join(letter if letter.isalnum() or ord(letter) > LAST_ASCII else f"\\{letter}" for letter in text)
