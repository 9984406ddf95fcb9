"""States and ZIP codes in any form, and addresses on one line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smartscheduler.core.entry.addresses import read_zip_code, split_address, state_code
from smartscheduler.places import state_choices

AUSTIN = {"address": "100 Congress Ave", "city": "Austin", "state": "TX", "zip_code": "78701"}


@pytest.mark.parametrize("text", ["TX", "tx", "Texas", "TEXAS", "TX.", "Tex.", " t.x. "])
def test_a_state_in_any_form(text: str) -> None:
    assert state_code(text) == "TX"


@pytest.mark.parametrize(
    ("text", "code"), [("N. Mex.", "NM"), ("D.C.", "DC"), ("Washington, D.C.", "DC"), ("W. Va.", "WV"), ("Calif", "CA")]
)
def test_an_abbreviated_state(text: str, code: str) -> None:
    assert state_code(text) == code


@pytest.mark.parametrize("text", ["", "Ontario", "TXX", "x" * 100])
def test_no_state(text: str) -> None:
    assert state_code(text) == ""


def test_every_state_is_known_by_its_code_and_name() -> None:
    assert [code for code, name in state_choices() if {state_code(code), state_code(name)} != {code}] == []


@pytest.mark.parametrize(
    ("text", "state", "zip_code"),
    [
        ("78701", "", "78701"),
        ("78701-1234", "", "78701"),
        ("787011234", "TX", "78701"),
        ("78701 1234", "", "78701"),
        ("2139", "MA", "02139"),
        ("2139", "", "02139"),
        ("2139.0", "MA", "02139"),
        ("21391234", "MA", "02139"),
        ("501", "NY", "00501"),
        ("501", "", None),
        ("2139", "TX", None),
        ("78701-", "", None),
        ("call", "", None),
    ],
)
def test_a_zip_code_in_any_form(text: str, state: str, zip_code: str | None) -> None:
    assert read_zip_code(text, state) == zip_code


@pytest.mark.parametrize(
    "text",
    [
        "100 Congress Ave, Austin, TX 78701",
        "100 Congress Ave, Austin, TX, 78701-1234",
        "100 Congress Ave Austin TX 78701",
        "100 Congress Ave, Austin, Texas 78701, USA",
        "100 Congress Ave\nAustin, Tex. 787011234",
        "100 Congress Ave, Austin, 78701",
        " 100  Congress Ave , Austin,TX 78701 United States",
    ],
)
def test_an_address_on_one_line(text: str) -> None:
    assert split_address(text) == AUSTIN


@pytest.mark.parametrize(
    ("text", "address", "city", "state", "zip_code"),
    [
        ("100 Congress Ave, Apt 4, Austin, TX 78701", "100 Congress Ave, Apt 4", "Austin", "TX", "78701"),
        ("12 Elm St Apt 4 Round Rock TX 78664", "12 Elm St Apt 4", "Round Rock", "TX", "78664"),
        ("4 Elm St St. Louis MO 63101", "4 Elm St", "St. Louis", "MO", "63101"),
        ("5 Main St, Washington, DC 20001", "5 Main St", "Washington", "DC", "20001"),
        ("5 Main St NE Washington DC 20001", "5 Main St NE", "Washington", "DC", "20001"),
        ("1 Main St New York New York 10001", "1 Main St", "New York", "NY", "10001"),
        ("1 Main St, Cambridge, MA 2139", "1 Main St", "Cambridge", "MA", "02139"),
        ("100 Congress Ave, Austin, TX 10001", "100 Congress Ave", "Austin", "TX", "10001"),
    ],
)
def test_other_addresses_on_one_line(text: str, address: str, city: str, state: str, zip_code: str) -> None:
    assert split_address(text) == {"address": address, "city": city, "state": state, "zip_code": zip_code}


def test_an_address_without_a_zip_code() -> None:
    assert split_address("12 Oak Ln, Round Rock, TX") == {"address": "12 Oak Ln", "city": "Round Rock", "state": "TX"}


@pytest.mark.parametrize(
    "text",
    ["", ",,,", "call first", "78701", "Austin, TX", "100 Congress Ave, Austin", "100 Congress Ave, 78701", "a" * 301],
)
def test_an_uncertain_address_is_not_split(text: str) -> None:
    assert split_address(text) is None


@given(st.text(max_size=320) | st.text("12 Main St,TX78701-\nApt#.", max_size=120))
def test_any_text_is_split_or_left_alone(text: str) -> None:
    parts = split_address(text)
    assert parts is None or ({"address", "city", "state"} <= parts.keys() and all(parts.values()))
