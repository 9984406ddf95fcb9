"""Phone numbers as typed: of the US in any grouping, of other countries with + and the country code.

`parse_phone` reads one number, `read_phones` the numbers of a cell with other words: `512-555-0143 (cell), ask for Jo`.
"""

import re
import unicodedata
from collections.abc import Iterator
from typing import NamedTuple

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat

SEPARATORS = re.compile(r"[\s().+/·-]")
NO_DIGIT = re.compile(r"\D", re.ASCII)
SHOWN = re.compile(r"\(\d{3}\) \d{3}-\d{4}", re.ASCII)
# A US number as shown, or E.164 for the other countries (in the North American plan, E.164 starts with +1).
STORED_ON_JOBS = r"^(\([0-9]{3}\) [0-9]{3}-[0-9]{4}|\+[2-9][0-9]{6,14})\Z"
E164 = r"^\+[1-9][0-9]{6,14}\Z"
# Letters are refused, except those before an extension: phonenumbers would read them as keys.
TYPED = re.compile(r"\+?[\d\s().+/·-]+(?:(?:x|ext\.?|extension|#)[\s:]*\d{1,6})?", re.ASCII | re.IGNORECASE)
# Separators that phonenumbers does not know.
SPACES = str.maketrans("/·", "  ")
# Hyphens and minus signs of word processors, and separators that look like a period.
SIGNS = str.maketrans(
    dict.fromkeys("\u00ad\u2010\u2011\u2012\u2013\u2014\u2212\ufe63\uff0d", "-") | {"•": "·", "\uff0b": "+"}
)
SCHEME = re.compile(r"tel:(?://)?", re.IGNORECASE)
# A longer text is no phone number.
LONGEST_TEXT = 40
AT_HOME = re.compile(r"(?:\+?1)?(\d{10})", re.ASCII)
HOME, HOME_CODE, HOME_DIGITS = "US", 1, 10
# A longer cell is not read. A customer has up to ten numbers, each with an extension and a kind.
LONGEST_CELL = 1000
EXTENSION = r"(?:\s{0,3}[,;]?\s{0,3}(?:x|ext\.?|extension|#)[\s.:]{0,3}\d{1,6}(?!\d))?+"
IN_A_CELL = re.compile(
    r"(?<![\w+])(?:"
    r"\+(?!1[\s().·/-]{0,3}\(?\d{3}\D)\d(?:[\s().·/-]{0,2}\d){6,14}+"
    r"|(?:\+?1[\s.·/-]{0,3})?\(?\d{3}\)?[\s.·/-]{0,3}\d{3}[\s.·/-]{0,3}\d{4}"
    r")(?!\d)" + EXTENSION,
    re.ASCII | re.IGNORECASE,
)
BETWEEN_NUMBERS = re.compile(r"[,;|&\n/]|\bor\b|\band\b", re.IGNORECASE)
AROUND_WORDS = " \t\r\n.,:;()[]|&/*-·"
AROUND_PIECES = re.compile(r"[()\[\],;]")
LABEL_WORDS = re.compile(r"[\s.:*-]+")
KINDS = {
    **dict.fromkeys(("mobile", "mob", "cell", "cellphone", "cellular", "iphone", "c", "m"), "mobile"),
    **dict.fromkeys(("home", "house", "residence", "h"), "home"),
    **dict.fromkeys(("work", "office", "business", "company", "w", "o", "direct"), "work"),
    **dict.fromkeys(("main", "other", "landline", "alt", "alternate", "primary", "secondary"), "other"),
}
# Words that say that a number is one.
NO_KIND = {"phone", "tel", "telephone", "no", "number", "ph", "p", "t", "call", "text", "us", "usa"}


class PhoneNumber(NamedTuple):
    """A number in E.164, such as `+15125550143`, and its extension; empty without one."""

    number: str
    extension: str = ""


def parse_phone(text: str) -> PhoneNumber | None:
    """The number of a typed text; None if it is no number with a possible length for its country.

    Without a country code it is a US number.
    """
    if len(text) > LONGEST_CELL:
        return None
    text = _plain(text)
    if len(text) > LONGEST_TEXT or not TYPED.fullmatch(text):
        return None
    # Any ten digits are a US number: phonenumbers would take a leading 1 or 011 for a prefix.
    plus = "+" if text.lstrip().startswith("+") else ""
    if at_home := AT_HOME.fullmatch(plus + SEPARATORS.sub("", text)):
        return PhoneNumber(f"+{HOME_CODE}{at_home[1]}")
    try:
        parsed = phonenumbers.parse(text.translate(SPACES), HOME)
    except NumberParseException:
        return None
    # A US number has an area code. Which ranges are in use changes, so only the length counts.
    if parsed.country_code == HOME_CODE and len(phonenumbers.national_significant_number(parsed)) != HOME_DIGITS:
        return None
    if parsed.country_code != HOME_CODE and not phonenumbers.is_possible_number(parsed):
        return None
    return PhoneNumber(phonenumbers.format_number(parsed, PhoneNumberFormat.E164), parsed.extension or "")


def _plain(text: str) -> str:
    """`text` without invisible marks and the scheme `tel:`, with one sign for each kind of hyphen."""
    if not text.isascii():
        visible = "".join(letter for letter in text if unicodedata.category(letter) != "Cf" or letter == "\u00ad")
        text = " ".join(visible.translate(SIGNS).split())
    return SCHEME.sub("", text, count=1) if SCHEME.match(text) else text


class WrittenPhone(NamedTuple):
    """A number in E.164, its extension, and its kind (`mobile`, `home`, `work`, `other`); empty if unknown."""

    number: str
    extension: str = ""
    kind: str = ""


class WrittenPhones(NamedTuple):
    """The numbers of a cell in their order, each once, and the words that are left over."""

    numbers: list[WrittenPhone]
    leftover: str = ""


def read_phones(text: str) -> WrittenPhones:
    """The numbers of a cell: `(512) 555-0143 x12; home 512.555.0199, after 5`. Without one, all text is left over.

    A fax number is left over, because calls to it reach no person.
    """
    plain = _plain(text) if len(text) <= LONGEST_CELL else ""
    whole = parse_phone(plain)
    if whole:
        return WrittenPhones([WrittenPhone(*whole)])
    matches = [match for match in IN_A_CELL.finditer(plain) if parse_phone(match[0])]
    if not matches:
        return WrittenPhones([], text.strip())
    words = list(_words_by_number(plain, matches))
    numbers: dict[tuple[str, str], WrittenPhone] = {}
    left: list[str] = []
    for match, around in zip(matches, words, strict=True):
        kind, others = _kind(around)
        phone = parse_phone(match[0])
        if kind == "fax" or phone is None:
            left.append(f"fax {match[0].strip()}")
        else:
            numbers.setdefault(phone, WrittenPhone(*phone, kind))
        left += others
    return WrittenPhones(list(numbers.values()), ", ".join(left))


def _words_by_number(text: str, matches: "list[re.Match[str]]") -> Iterator[list[str]]:
    """For each number the pieces of text that belong to it: before its separator, or after it with a colon."""
    before = text[: matches[0].start()]
    for match, following in zip(matches, [*matches[1:], None], strict=True):
        between = text[match.end() : following.start() if following else len(text)]
        if following is None:
            after, ahead = between, ""
        elif separator := BETWEEN_NUMBERS.search(between):
            after, ahead = between[: separator.start()], between[separator.end() :]
        elif between.rstrip().endswith((":", ".")) or before.strip(AROUND_WORDS):
            after, ahead = "", between
        else:
            after, ahead = between, ""
        pieces = [*AROUND_PIECES.split(before), *AROUND_PIECES.split(after)]
        yield [piece.strip(AROUND_WORDS) for piece in pieces if piece.strip(AROUND_WORDS)]
        before = ahead


def _kind(pieces: list[str]) -> tuple[str, list[str]]:
    """The kind that pieces of text name, and the pieces that are more than labels."""
    kind, others = "", list[str]()
    for piece in pieces:
        words = [word for word in LABEL_WORDS.split(piece.lower()) if word]
        if all(word in KINDS or word in NO_KIND or word == "fax" for word in words):
            kind = kind or next((KINDS.get(word, word) for word in words if word in KINDS or word == "fax"), "")
        else:
            others.append(piece)
    return kind, others


def read_phone(text: str) -> str:
    """A US number as `(512) 555-0143`, another one in E.164. A text without a number, or with an extension, stays."""
    phone = parse_phone(text)
    return text if phone is None or phone.extension else compact_number(phone.number)


def compact_number(number: str) -> str:
    """A number in E.164 as on jobs: `(512) 555-0143`, or E.164 for other countries."""
    digits = number.removeprefix("+1")
    return f"({digits[:3]}) {digits[3:6]}-{digits[6:]}" if digits != number and len(digits) == HOME_DIGITS else number


def e164(stored: str) -> str:
    """A number as on jobs and contractors, `(512) 555-0143`, in E.164. One in E.164 and an empty text stay."""
    return f"+{HOME_CODE}{NO_DIGIT.sub('', stored)}" if SHOWN.fullmatch(stored) else stored


def stored_part(text: str) -> str:
    """Digits of a part of a phone number, grouped as in a stored number: `512555` becomes `(512) 555`.

    Seven digits are a number without an area code. Text with letters is returned unchanged.
    """
    digits = SEPARATORS.sub("", text[: LONGEST_TEXT + 1])
    if len(digits) > 10 or not (digits.isascii() and digits.isdigit()):
        return read_phone(text)
    if len(digits) == 7:
        return f"{digits[:3]}-{digits[3:]}"
    if len(digits) > 6:
        return f"({digits[:3]}) {digits[3:6]}-{digits[6:]}"
    return f"({digits[:3]}) {digits[3:]}" if len(digits) > 4 else digits


def international(text: str) -> str:
    """The number in E.164, such as `+15125550143`. A text without a number is returned unchanged."""
    phone = parse_phone(text)
    return phone.number if phone else text


def shown_number(number: str) -> str:
    """A number in E.164 for people: `(512) 555-0143`, `+44 20 7946 0958`. Another text is returned unchanged."""
    compact = compact_number(number)
    if compact != number:
        return compact
    try:
        parsed = phonenumbers.parse(number)
    except NumberParseException:
        return number
    return phonenumbers.format_number(parsed, PhoneNumberFormat.INTERNATIONAL)


def national_digits(number: str) -> tuple[str, str]:
    """The country code and the national number of a number in E.164, both as digits."""
    if number.startswith("+1"):
        return "1", number.removeprefix("+1")
    parsed = phonenumbers.parse(number)
    return str(parsed.country_code), phonenumbers.national_significant_number(parsed)
