"""Conversion of a row to a payload of a customer, and the keys by which a customer is certainly the same."""

import re
from collections.abc import Iterable, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext

from customers.models import Customer, CustomerAddress, CustomerPhone
from customers.search_text import name_key
from customers.services import LONGEST_NOTES, MOST_PHONES, PLACE, place_key
from smartscheduler.core.email_addresses import contact_key
from smartscheduler.core.entry.phone_numbers import WrittenPhone, compact_number, read_phones
from smartscheduler.core.geo.postal_areas import check_place
from smartscheduler.core.text import UnsuitableText
from smartscheduler.errors import InvalidInput
from smartscheduler.geocoding.addresses import GeocodingResult
from smartscheduler.imports.cell_formats import Value, read_notes
from smartscheduler.imports.columns import POSTAL
from smartscheduler.imports.file_reader import Row
from smartscheduler.imports.row_to_payload import (
    LONGEST_SHOWN,
    Body,
    Cells,
    keep_as_notes,
    notes_were_cut,
    place_of,
)

WORDS = {
    **dict.fromkeys(("yes", "true", "y", "1", "on", "subscribed", "opted in", "opt in", "opt-in"), True),
    **dict.fromkeys(("no", "false", "n", "0"), False),
}
# Refusals of messages, also with a reason behind: `no - asked us to stop`.
REFUSAL = re.compile(r"(?:no|never|off|stop|unsubscribed?|opt(?:ed)?[\s-]?out|do not|don['’]t)\b")
CONSENTS = ("accepts_texts", "accepts_emails")
LANGUAGES = {"en": "en", "english": "en", "es": "es", "spanish": "es", "español": "es"}


def body_of_customer(row: Row, present: Customer | None, geocoded: GeocodingResult | None) -> Body:
    """Payload of a new customer, or of changes to the `present` one. An empty cell changes nothing.

    Phone numbers and the address are added to those of the customer. A part of them that cannot be read becomes a note
    of the customer, with a remark. So does an unreadable consent, which is a no for a new customer.
    """
    row = {name: cell for name, cell in row.items() if cell}
    phones, unread, of_phones = _phones_of(row, present)
    address, remarks = _address_of(row, geocoded)
    remarks += of_phones
    consents, unread_consents, of_consents = _consents_of(row, present)
    unread |= unread_consents
    remarks += of_consents
    if postal := "" if address else ", ".join(row[name] for name in POSTAL if row.get(name)):
        unread["address"] = postal
    if unread:
        row, of_notes = keep_as_notes(row, unread, "notes", present)
        remarks += of_notes
    cells = Cells(row)
    for name in ("name", "company", "email"):
        cells.read(name, str)
    cells.values |= consents
    cells.read("language", lambda text: LANGUAGES.get(text.strip().lower(), text))
    if not (present and cells.row.get("notes", "") in present.notes):
        cells.read("notes", _shortened)
    if phones:
        cells.values["phones"] = phones
    if address:
        cells.values["addresses"] = _with_address(present, address)
    body = cells.body()
    return body._replace(notes=list(dict.fromkeys([*body.notes, *remarks])))


def write_contact_phone(phone: CustomerPhone) -> str:
    """A phone number for `read_phones`."""
    extension = f"x{phone.extension}" if phone.extension else ""
    return " ".join(filter(None, [compact_number(phone.number), extension, phone.kind]))


def contact_keys(
    name: str, numbers: Iterable[str], email: str, streets: Sequence[tuple[str, str]]
) -> list[tuple[str, str]]:
    """Keys that two records of the same customer share: the name with a phone number, email address or street.

    None for a row with a text that no record can have.
    """
    try:
        return _contact_keys(name_key(name), numbers, email, streets)
    except UnsuitableText:
        return []


def _contact_keys(
    key: str, numbers: Iterable[str], email: str, streets: Sequence[tuple[str, str]]
) -> list[tuple[str, str]]:
    if not key:
        return []
    keys = [("phones", f"{key} {number}") for number in numbers]
    if email:
        keys.append(("email", f"{key} {contact_key(email)}"))
    return keys + [("address", f"{key} {name_key(street)} {zip_code[:5]}") for street, zip_code in streets if street]


def _address_of(row: Row, geocoded: GeocodingResult | None) -> tuple[dict[str, Any] | None, list[str]]:
    """The address of a row, if it has one; None with a remark if it is not complete or cannot be placed."""
    if not any(row.get(name) for name in POSTAL):
        return None, []
    text = gettext("The address is not complete or not known, and was added to the notes.")
    place = place_of(row, None, geocoded)
    if place.faults:
        return None, [*(message for messages in place.faults.values() for message in messages), text]
    zone = {"time_zone": place.values["time_zone"]} if place.values.get("time_zone") else {}
    address = {**place.values.get("location", {}), **zone}
    try:
        CustomerAddress(**address).clean_fields(exclude=["customer"])
        check_place(float(address["latitude"]), float(address["longitude"]), state=address["state"])
    except ValidationError:
        return None, [text]
    except InvalidInput as refusal:
        return None, [refusal.detail, text]
    return address, place.notes


def _phones_of(row: Row, present: Customer | None) -> tuple[list[dict[str, str]], dict[str, str], list[str]]:
    """The phone numbers of the customer with those of a row, what becomes a note instead, and remarks on it."""
    phones, leftover = read_phones(row.get("phones", ""))
    unread, remarks = dict[str, str](), list[str]()
    if leftover:
        unread["phone"] = leftover
        text = gettext("“{text}” is not a phone number and was added to the notes.")
        remarks.append(text.format(text=leftover[:LONGEST_SHOWN]))
    every = _with_phones(present, phones) if phones else []
    if further := every[MOST_PHONES:]:
        unread["further_phones"] = "; ".join(write_contact_phone(CustomerPhone(**phone)) for phone in further)
        text = gettext("A customer has up to {count} phone numbers. {numbers} was added to the notes.")
        remarks.append(text.format(count=MOST_PHONES, numbers=unread["further_phones"][:LONGEST_SHOWN]))
    return every[:MOST_PHONES], unread, remarks


def _with_phones(present: Customer | None, phones: Iterable[WrittenPhone]) -> list[dict[str, str]]:
    """The phone numbers of the customer, followed by the new ones."""
    own = [
        {"number": phone.number, "extension": phone.extension, "kind": phone.kind}
        for phone in (present.phones.all() if present else ())
    ]
    known = {(phone["number"], phone["extension"]) for phone in own}
    new = [phone for phone in phones if (phone.number, phone.extension) not in known]
    return [*own, *(phone._replace(kind=phone.kind or CustomerPhone.Kind.OTHER)._asdict() for phone in new)]


def _with_address(present: Customer | None, address: dict[str, Any]) -> list[dict[str, Any]]:
    """The addresses of the customer, and the one of the row if it is new."""
    stored = list(present.addresses.all()) if present else []
    own = [{name: str(getattr(row, name)) for name in PLACE} for row in stored]
    key = name_key(address["address"]), address["zip_code"]
    return own if key in map(place_key, stored) else [*own, address]


def _shortened(text: str) -> Value:
    notes, remarks = read_notes(text)
    if len(notes) > LONGEST_NOTES:
        remarks += (notes_were_cut(),)
    return Value(notes[:LONGEST_NOTES], remarks)


def _consents_of(row: Row, present: Customer | None) -> tuple[dict[str, bool], dict[str, str], list[str]]:
    """The consents of a row, those that cannot be read, and remarks on them. Without a yes, no consent is assumed."""
    read = {name: _consent(row[name]) for name in CONSENTS if row.get(name)}
    unread = {name: row[name] for name, consent in read.items() if consent is None}
    text = gettext("{column} “{text}” was added to the notes, and the value of the record stays. Enter yes or no.")
    if present is None:
        text = gettext("{column} “{text}” was read as no and added to the notes. Enter yes or no.")
    remarks = [text.format(column=name, text=cell[:LONGEST_SHOWN]) for name, cell in unread.items()]
    consents = {name: bool(consent) for name, consent in read.items() if consent is not None or present is None}
    return consents, unread, remarks


def _consent(text: str) -> bool | None:
    """Whether a cell is a yes; None if it cannot be read."""
    words = " ".join(text.lower().split())
    return WORDS.get(words, False if REFUSAL.match(words) else None)
