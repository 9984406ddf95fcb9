"""Addresses in one line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smartscheduler.core.entry import UnreadableText
from smartscheduler.core.geo.address_lines import AddressParts, read_address, write_address
from smartscheduler.core.geo.zip_codes import city_of, state_of

ZIP_CODES = ["98055", "78701", "10001", "64772", "20001", "28801", "96799", "09001"]
numbers = st.integers(1, 99999).map(str)
streets = st.sampled_from(["Juniper Cir", "Main St", "St. Mary's Ln", "Washington Ave", "5th St NW", "Elm St, Apt 4"])


@given(numbers, streets, st.sampled_from(ZIP_CODES))
def test_a_written_address_is_read_as_the_same(number: str, street: str, zip_code: str) -> None:
    parts = AddressParts(f"{number} {street}", city_of(zip_code), state_of(zip_code), zip_code)
    assert read_address(write_address(parts)) == parts


@pytest.mark.parametrize(
    ("line", "parts"),
    [
        ("464 Juniper Cir, Renton, WA 98055", ("464 Juniper Cir", "Renton", "WA", "98055")),
        ("464 Juniper Cir Renton wa 98055", ("464 Juniper Cir", "Renton", "WA", "98055")),
        ("464 Juniper Cir, Renton, Washington 98055-1234, USA", ("464 Juniper Cir", "Renton", "WA", "98055")),
        ("464 Juniper Cir, Apt 4, Renton WA, 98055", ("464 Juniper Cir, Apt 4", "Renton", "WA", "98055")),
        ("12 Main St New York NY 10001", ("12 Main St", "New York", "NY", "10001")),
        ("12 Main St, New York 10001", ("12 Main St", "New York", "NY", "10001")),
        ("12 Elm St, Nevada 64772", ("12 Elm St", "Nevada", "MO", "64772")),
        ("1 Elm St, Asheville North Carolina 28801", ("1 Elm St", "Asheville", "NC", "28801")),
    ],
)
def test_an_address_as_people_type_it(line: str, parts: tuple[str, ...]) -> None:
    assert read_address(line) == (*parts, ())


@pytest.mark.parametrize(
    ("line", "city", "note"),
    [
        ("464 Juniper Cir 98055", "Renton", "The city is that of ZIP code 98055: Renton."),
        ("464 Juniper Cir, Apt 4, 98055", "Renton", "The city is that of ZIP code 98055: Renton."),
        ("464 Juniper Cir, Kent, WA 98055", "Kent", "The usual city of ZIP code 98055 is Renton."),
    ],
)
def test_an_assumption_is_told(line: str, city: str, note: str) -> None:
    parts = read_address(line)
    assert (parts.city, parts.notes) == (city, (note,))


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("", "End the address with its five-digit ZIP code. Example: 464 Juniper Cir, Renton, WA 98055."),
        ("464 Juniper Cir, Renton, WA", "End the address with its five-digit ZIP code."),
        ("464 Juniper Cir, Renton, WA 980555", "End the address with its five-digit ZIP code."),
        ("464 Juniper Cir, Renton, WA 00000", "ZIP code 00000 does not exist."),
        ("464 Juniper Cir, Renton, OR 98055", "ZIP code 98055 is in WA, not in OR."),
        ("Renton, WA 98055", "Start the address with the number and the street."),
        ("98055", "Start the address with the number and the street."),
        ("1 " * 200, "An address line can have at most 320 characters."),
    ],
)
def test_a_doubtful_address_says_why(line: str, message: str) -> None:
    with pytest.raises(UnreadableText) as refusal:
        read_address(line)
    assert str(refusal.value).startswith(message)


@given(st.text(max_size=340) | st.text("12 ,.WASt98055-", max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        parts = read_address(text)
    except UnreadableText as refusal:
        assert str(refusal)
    else:
        assert parts.address
        assert parts.state == state_of(parts.zip_code)
