"""US phone numbers as typed."""

import re

SEPARATORS = re.compile(r"[\s().+/·-]")
SHOWN = re.compile(r"\(\d{3}\) \d{3}-\d{4}", re.ASCII)
# A longer text is no phone number.
LONGEST_TEXT = 40


def read_phone(text: str) -> str:
    """Format ten digits in any grouping, with or without +1, as `(512) 555-0143`. Other text is returned unchanged."""
    if len(text) > LONGEST_TEXT:
        return text
    digits = SEPARATORS.sub("", text)
    if len(digits) == 11 and digits.startswith("1"):
        digits = digits[1:]
    if len(digits) != 10 or not (digits.isascii() and digits.isdigit()):
        return text
    return f"({digits[:3]}) {digits[3:6]}-{digits[6:]}"


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
    """The number in E.164, such as `+15125550143`. Text without ten digits is returned unchanged."""
    shown = read_phone(text)
    digits = "".join(letter for letter in shown if letter.isdigit())
    return f"+1{digits}" if SHOWN.fullmatch(shown) else text


def shown_number(number: str) -> str:
    """A number in E.164 as `(512) 555-0143`; another text unchanged."""
    return read_phone(number)
