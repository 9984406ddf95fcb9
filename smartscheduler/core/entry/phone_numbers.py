"""Phone numbers as typed: of the US in any grouping, of other countries with + and the country code."""

import re
from typing import NamedTuple

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat

SEPARATORS = re.compile(r"[\s().+/·-]")
SHOWN = re.compile(r"\(\d{3}\) \d{3}-\d{4}", re.ASCII)
# A US number as shown, or E.164 for the other countries (in the North American plan, E.164 starts with +1).
STORED_ON_JOBS = r"^(\([0-9]{3}\) [0-9]{3}-[0-9]{4}|\+[2-9][0-9]{6,14})\Z"
E164 = r"^\+[1-9][0-9]{6,14}\Z"
# Letters are refused, except those before an extension: phonenumbers would read them as keys.
TYPED = re.compile(r"\+?[\d\s().+/·-]+(?:(?:x|ext\.?|extension|#)[\s:]*\d{1,6})?", re.ASCII | re.IGNORECASE)
# Separators that phonenumbers does not know.
SPACES = str.maketrans("/·", "  ")
# A longer text is no phone number.
LONGEST_TEXT = 40
AT_HOME = re.compile(r"(?:\+?1)?(\d{10})", re.ASCII)
HOME, HOME_CODE, HOME_DIGITS = "US", 1, 10


class PhoneNumber(NamedTuple):
    """A number in E.164, such as `+15125550143`, and its extension; empty without one."""

    number: str
    extension: str = ""


def parse_phone(text: str) -> PhoneNumber | None:
    """The number of a typed text; None if it is no number with a possible length for its country.

    Without a country code it is a US number.
    """
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


def read_phone(text: str) -> str:
    """A US number as `(512) 555-0143`, another one in E.164. A text without a number, or with an extension, stays."""
    phone = parse_phone(text)
    return text if phone is None or phone.extension else compact_number(phone.number)


def compact_number(number: str) -> str:
    """A number in E.164 as on jobs: `(512) 555-0143`, or E.164 for other countries."""
    digits = number.removeprefix("+1")
    return f"({digits[:3]}) {digits[3:6]}-{digits[6:]}" if digits != number and len(digits) == HOME_DIGITS else number


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
