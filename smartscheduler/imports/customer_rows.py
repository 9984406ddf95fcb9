"""Conversion of a row to a payload of a customer, and the keys by which a customer is certainly the same."""

import re
from collections.abc import Iterable, Sequence
from typing import Any

from django.utils.translation import gettext

from customers.models import Customer, CustomerPhone
from customers.search_text import name_key
from customers.services import LONGEST_NOTES, PLACE, place_key
from smartscheduler.core.email_addresses import contact_key
from smartscheduler.core.entry.phone_numbers import compact_number, parse_phone
from smartscheduler.errors import InvalidInput
from smartscheduler.geocoding.addresses import GeocodingResult
from smartscheduler.imports.file_reader import Row
from smartscheduler.imports.row_to_payload import POSTAL, Body, place_of

KINDS = {
    "mobile": CustomerPhone.Kind.MOBILE,
    "cell": CustomerPhone.Kind.MOBILE,
    "home": CustomerPhone.Kind.HOME,
    "work": CustomerPhone.Kind.WORK,
    "office": CustomerPhone.Kind.WORK,
    "other": CustomerPhone.Kind.OTHER,
}
KIND_WORD = re.compile(rf"[(\[]?\b({'|'.join(KINDS)})\b[)\]]?:?", re.IGNORECASE)
BETWEEN_PHONES = re.compile(r"[;,\n|]")
WORDS = {"yes": True, "true": True, "y": True, "1": True, "no": False, "false": False, "n": False, "0": False}
LANGUAGES = {"en": "en", "english": "en", "es": "es", "spanish": "es", "español": "es"}


def body_of_customer(row: Row, present: Customer | None, geocoded: GeocodingResult | None) -> Body:
    """Payload of a new customer, or of changes to the `present` one. An empty cell changes nothing.

    Phone numbers and the address are added to those of the customer. What cannot be read becomes a note of the
    customer, with a remark. Raises InvalidInput by column.
    """
    body: dict[str, Any] = {name: row[name] for name in ("name", "company", "email") if row.get(name)}
    remarks, notes = list[str](), [row["notes"]] if row.get("notes") else []
    body |= _choices_of(row)
    phones, leftover = read_contact_phones(row.get("phones", ""))
    if phones:
        body["phones"] = _with_phones(present, phones)
    if leftover:
        notes.append(gettext("Phone: {text}").format(text=leftover))
        remarks.append(gettext("“{text}” is no phone number and was added to the notes.").format(text=leftover))
    address, of_place = _address_of(row, geocoded)
    remarks += of_place
    if address:
        body["addresses"] = _with_address(present, address)
    elif postal := [row[name] for name in POSTAL if row.get(name)]:
        notes.append(", ".join(postal))
    if notes and "\n".join(notes) not in (present.notes if present else ""):
        body["notes"] = "\n".join(notes)[:LONGEST_NOTES]
    return Body(body, remarks)


def read_contact_phones(text: str) -> tuple[list[dict[str, str]], str]:
    """The phone numbers of a cell with their kinds, and the parts that are no numbers."""
    phones, leftover = dict[tuple[str, str], dict[str, str]](), list[str]()
    for part in filter(None, (part.strip() for part in BETWEEN_PHONES.split(text[:1000]))):
        word = KIND_WORD.search(part)
        typed = parse_phone(KIND_WORD.sub("", part).strip())
        if typed is None:
            leftover.append(part)
            continue
        kind = KINDS[word[1].lower()] if word else CustomerPhone.Kind.OTHER
        phone = {"number": typed.number, "extension": typed.extension, "kind": str(kind)}
        phones.setdefault((typed.number, typed.extension), phone)
    return list(phones.values()), "; ".join(leftover)


def write_contact_phone(phone: CustomerPhone) -> str:
    """A phone number for `read_contact_phones`."""
    extension = f"x{phone.extension}" if phone.extension else ""
    return " ".join(filter(None, [compact_number(phone.number), extension, phone.kind]))


def contact_keys(
    name: str, numbers: Iterable[str], email: str, streets: Sequence[tuple[str, str]]
) -> list[tuple[str, str]]:
    """Keys that two records of the same customer share: the name with a phone number, email address or street."""
    if not (key := name_key(name)):
        return []
    keys = [("phones", f"{key} {number}") for number in numbers]
    if email:
        keys.append(("email", f"{key} {contact_key(email)}"))
    return keys + [("address", f"{key} {name_key(street)} {zip_code[:5]}") for street, zip_code in streets if street]


def _choices_of(row: Row) -> dict[str, Any]:
    names = ("accepts_texts", "accepts_emails")
    choices: dict[str, Any] = {name: _read_yes_or_no(name, row[name]) for name in names if row.get(name)}
    if row.get("language"):
        choices["language"] = LANGUAGES.get(row["language"].strip().lower(), row["language"])
    return choices


def _address_of(row: Row, geocoded: GeocodingResult | None) -> tuple[dict[str, Any] | None, list[str]]:
    """The address of a row, if it has one; None with a remark if it is not complete or cannot be placed."""
    if not any(row.get(name) for name in POSTAL):
        return None, []
    text = gettext("The address is not complete or not known, and was added to the notes.")
    try:
        place = place_of(row, None, geocoded)
    except InvalidInput as refusal:
        return None, [refusal.detail, text]
    location = place.values.get("location", {})
    if not all(location.get(name) for name in (*POSTAL, "latitude", "longitude")):
        return None, [text]
    zone = {"time_zone": place.values["time_zone"]} if place.values.get("time_zone") else {}
    return {**location, **zone}, place.notes


def _with_phones(present: Customer | None, phones: list[dict[str, str]]) -> list[dict[str, str]]:
    """The phone numbers of the customer, followed by the new ones."""
    own = [
        {"number": phone.number, "extension": phone.extension, "kind": phone.kind}
        for phone in (present.phones.all() if present else ())
    ]
    known = {(phone["number"], phone["extension"]) for phone in own}
    return [*own, *(phone for phone in phones if (phone["number"], phone["extension"]) not in known)]


def _with_address(present: Customer | None, address: dict[str, Any]) -> list[dict[str, Any]]:
    """The addresses of the customer, and the one of the row if it is new."""
    stored = list(present.addresses.all()) if present else []
    own = [{name: str(getattr(row, name)) for name in PLACE} for row in stored]
    key = name_key(address["address"]), address["zip_code"]
    return own if key in map(place_key, stored) else [*own, address]


def _read_yes_or_no(column: str, text: str) -> bool:
    try:
        return WORDS[text.strip().lower()]
    except KeyError:
        raise InvalidInput.of(column, gettext("Enter yes or no.")) from None
