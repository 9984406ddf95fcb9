"""A US address in one line: `464 Juniper Cir, Renton, WA 98055`. Pure: completed from the table of ZIP codes."""

import re
from functools import lru_cache
from typing import NamedTuple

from django.utils.translation import gettext

from smartscheduler.core.entry import UnreadableText
from smartscheduler.core.geo.zip_codes import city_of, state_of
from smartscheduler.places import state_choices

LONGEST_TEXT = 320
COUNTRY = re.compile(r"\b(?:USA|U\.S\.A\.|US|United States(?: of America)?)\Z", re.IGNORECASE)
ZIP_CODE = re.compile(r"(?<![\d-])(\d{5})(?:-\d{4})?\s*\Z", re.ASCII)
MOST_WORDS_OF_A_STATE = 5


class AddressParts(NamedTuple):
    """The four parts of an address. `notes` are the assumptions of the reader as sentences."""

    address: str
    city: str
    state: str
    zip_code: str
    notes: tuple[str, ...] = ()


def read_address(text: str) -> AddressParts:
    """Split an address line into its parts; city and state may be left out, because the ZIP code gives them.

    Raises UnreadableText without a known ZIP code, for a state that contradicts it, and without a street.
    """
    if len(text) > LONGEST_TEXT:
        raise UnreadableText(gettext("An address line can have at most {most} characters.").format(most=LONGEST_TEXT))
    line = COUNTRY.sub("", " ".join(text.split())).strip(" ,")
    match = ZIP_CODE.search(line)
    if match is None:
        raise UnreadableText(_with_example(gettext("End the address with its five-digit ZIP code.")))
    zip_code = match[1]
    state = state_of(zip_code)
    if not state:
        raise UnreadableText(gettext("ZIP code {zip_code} does not exist.").format(zip_code=zip_code))
    line = line[: match.start()].strip(" ,")
    line, typed_state = _cut_state(line, state, city_of(zip_code))
    if typed_state and typed_state != state:
        message = gettext("ZIP code {zip_code} is in {actual_state}, not in {state}.")
        raise UnreadableText(message.format(zip_code=zip_code, actual_state=state, state=typed_state))
    street, city, notes = _street_and_city(line, city_of(zip_code), zip_code)
    if not street:
        raise UnreadableText(_with_example(gettext("Start the address with the number and the street.")))
    return AddressParts(street, city, state, zip_code, notes)


def write_address(parts: AddressParts) -> str:
    return f"{parts.address}, {parts.city}, {parts.state} {parts.zip_code}"


def _cut_state(line: str, zip_state: str, zip_city: str) -> tuple[str, str]:
    """Cut a state, by code or name, off the end of the line. Returns the rest of the line and the code.

    A city can have the name of a state, as Nevada in Missouri does: the city of the ZIP code stays.
    """
    head, comma, last = line.rpartition(",")
    if comma and last.strip().lower() != zip_city.lower() and (code := states_by_name().get(last.strip(" .").lower())):
        return head.strip(" ,"), code
    words = line.split(" ")
    for count in range(1, min(MOST_WORDS_OF_A_STATE, len(words) - 1) + 1):
        name = " ".join(words[-count:]).strip(" .")
        code = states_by_name().get(name.lower(), "")
        rest = " ".join(words[:-count]).strip(" ,")
        is_city = name.lower() == zip_city.lower() and not rest.lower().endswith(zip_city.lower())
        if code and not is_city and code in {name, zip_state}:
            return rest, code
    return line, ""


def _street_and_city(line: str, zip_city: str, zip_code: str) -> tuple[str, str, tuple[str, ...]]:
    """Split at the last comma; without a comma, before the name of the city of the ZIP code."""
    if line.lower() == zip_city.lower():
        return "", zip_city, ()
    if line.lower().endswith((f" {zip_city.lower()}", f",{zip_city.lower()}")):
        return line[: -len(zip_city)].strip(" ,"), zip_city, ()
    street, comma, city = line.rpartition(",")
    # `Apt 4` after the last comma is no city.
    if comma and not any(letter.isdigit() for letter in city):
        note = gettext("The usual city of ZIP code {zip_code} is {city}.")
        return street.strip(" ,"), city.strip(), (note.format(zip_code=zip_code, city=zip_city),)
    note = gettext("The city is that of ZIP code {zip_code}: {city}.")
    return line, zip_city, (note.format(zip_code=zip_code, city=zip_city),)


def _with_example(rule: str) -> str:
    return gettext("{rule} Example: {example}.").format(rule=rule, example="464 Juniper Cir, Renton, WA 98055")


@lru_cache(maxsize=1)
def states_by_name() -> dict[str, str]:
    """State codes by lower-case code and name."""
    return {text.lower(): code for code, name in state_choices() for text in (code, name)}
