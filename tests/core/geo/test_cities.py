"""Cities that contradict their ZIP codes, and the packaged table of ZIP codes against independent figures."""

import pytest

from smartscheduler.core.geo.cities import REFUSAL_MILES, contradiction, suggestion, zip_codes_of
from smartscheduler.core.geo.zip_code_table import lies_in
from smartscheduler.core.geo.zip_codes import TABLE


def rows() -> list[list[str]]:
    return [line.split(",") for line in TABLE.read_text().splitlines()]


def test_every_point_of_the_packaged_table_is_inside_its_state() -> None:
    placed = [row for row in rows() if row[2]]
    assert len(placed) == 41_913
    outside = [row for row in placed if not lies_in(row[1], float(row[2]), float(row[3]))]
    assert not outside
    assert not [row for row in placed if (float(row[2]), float(row[3])) == (0, 0)]


def test_a_code_without_a_center_is_marked_and_not_guessed() -> None:
    """Military ones, one that the source has on the wrong side of the date line, and codes of one office or company."""
    unknown = [row for row in rows() if not row[2]]
    assert all(not row[3] for row in unknown)
    assert len(unknown) == 876
    assert sum(row[1] in {"AA", "AE", "AP"} for row in unknown) == 823
    assert {row[0] for row in unknown} >= {"46245", "31144", "11805", "77352", "96960", "96505"}


@pytest.mark.parametrize(
    ("city", "state", "zip_code"),
    [
        ("Austin", "TX", "78701"),
        ("AUSTIN ", "TX", "78701"),
        ("Round Rock", "TX", "78701"),  # the next town
        ("West Lake Hills", "TX", "78746"),  # no post office
        ("St. Louis", "MO", "63101"),
        ("Saint Louis", "MO", "63101"),
        ("Ft Worth", "TX", "76102"),
        ("Coeur d’Alene", "ID", "83814"),
        ("Winston-Salem", "NC", "27101"),
        ("Austin", "TX", "10001"),  # the state is refused elsewhere
        ("Austin", "TX", "99999"),
        ("", "TX", "78701"),
        ("Indianapolis", "IN", "46245"),
        ("x" * 10_000, "TX", "78701"),
    ],
)
def test_a_city_that_agrees_or_cannot_be_compared(city: str, state: str, zip_code: str) -> None:
    assert contradiction(city, state, zip_code) is None


@pytest.mark.parametrize(
    ("city", "zip_code", "message", "is_refused"),
    [
        ("Autsin", "78701", "ZIP code 78701 is Austin, TX. Did you mean Austin instead of Autsin?", False),
        (
            "Waco",
            "78701",
            "ZIP code 78701 is Austin, TX, 88 miles from Waco. Did you mean 76701, Waco?",
            False,
        ),
        (
            "Dallas",
            "78701",
            "ZIP code 78701 is Austin, TX, 170 miles from Dallas. Did you mean 75201, Dallas?",
            False,
        ),
    ],
)
def test_a_city_that_contradicts_its_zip_code(city: str, zip_code: str, message: str, is_refused: bool) -> None:
    doubt = contradiction(city, "TX", zip_code)
    assert doubt is not None
    assert (doubt.message, doubt.is_refused) == (message, is_refused)
    assert doubt.is_refused == (doubt.miles > REFUSAL_MILES)


def test_a_city_a_thousand_miles_from_its_zip_code_is_refused() -> None:
    doubt = contradiction("Adak", "AK", "99801")
    assert doubt is not None
    assert doubt.is_refused


def test_what_a_zip_code_of_another_state_could_have_been() -> None:
    assert suggestion("Austin", "TX", "10001") == "10001 is New York, NY. Did you mean 78701, Austin, TX?"
    assert suggestion("austin", "TX", "99999") == "Did you mean 78799, Austin, TX?"
    assert suggestion("Austin", "TX", "78702") == suggestion("Nowhere", "TX", "10001") == ""


def test_short_forms_of_names_are_one_city() -> None:
    assert zip_codes_of("Mt. Pleasant", "SC") == zip_codes_of("MOUNT PLEASANT", "SC") != ()
