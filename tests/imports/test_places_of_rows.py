"""Rows whose city, state and ZIP code contradict each other."""

import pytest

from contractors.models import Contractor
from smartscheduler.imports.models import ImportRun
from smartscheduler.imports.services import begin, import_checked, match_columns
from tests.factories import ContractorFactory, UserFactory
from tests.imports.test_imports import ANN, HEAD, checked, finished

pytestmark = pytest.mark.django_db


def outcome(line: str) -> tuple[str, dict[str, list[str]], str]:
    run: ImportRun = checked(f"{HEAD}\n{line}", UserFactory())
    row = run.rows.get()
    return row.outcome, row.errors, row.remarks


def test_another_state_is_refused_with_a_suggestion() -> None:
    result, errors, remarks = outcome(ANN.replace("78701", "10001"))
    assert (result, list(errors)) == ("refused", ["zip_code"])
    assert remarks == "10001 is New York, NY. Did you mean 78701, Austin, TX?"


def test_a_state_near_the_zip_code_is_corrected_with_a_suggestion() -> None:
    result, errors, remarks = outcome(ANN.replace("Austin,TX", "Tulsa,Oklahoma"))
    assert (result, errors) == ("created", {})
    assert remarks.startswith("The state is TX, from ZIP code 78701, instead of OK. 78701 is Austin, TX. Did you mean")
    assert ", Tulsa, OK?" in remarks


def test_a_state_without_the_city_counts_by_its_nearest_zip_code() -> None:
    assert outcome(ANN.replace("Austin,TX", "Austin,OK"))[0] == "created"
    assert outcome(ANN.replace("Austin,TX", "Austin,AK"))[0] == "refused"
    assert outcome(ANN.replace("Austin,TX", "Austin,AE"))[0] == "refused"


def test_a_city_of_the_state_that_is_not_near_is_remarked() -> None:
    result, errors, remarks = outcome(ANN.replace("Austin", "Waco"))
    assert (result, errors) == ("created", {})
    assert "ZIP code 78701 is Austin, TX, 88 miles from Waco. Did you mean 76701, Waco?" in remarks


def test_a_misspelled_city_is_remarked() -> None:
    assert "Did you mean Austin instead of Autsin?" in outcome(ANN.replace("Austin", "Autsin"))[2]


def test_a_city_that_is_far_away_is_refused_unless_the_point_is_given() -> None:
    line = ANN.replace("Austin,TX,78701", "Adak,AK,99801")
    result, errors, _ = outcome(line)
    assert (result, list(errors)) == ("refused", ["zip_code"])
    assert "miles from Adak" in errors["zip_code"][0]
    result, errors, remarks = outcome(line.replace("99801,,", "99801,51.88,-176.64"))
    assert (result, errors) == ("created", {})
    assert "miles from Adak" in remarks


@pytest.mark.parametrize(
    "place",
    [
        "Indianapolis,IN,46245",
        "Atlanta,GA,31144",
        "Huntington Station,NY,11805",
        "Cleveland,TX,77352",
        "APO,AE,09012",
        "FPO,AP,96349",
        "Austin,TX,00000",
    ],
)
def test_a_place_that_is_unknown_asks_for_coordinates(place: str) -> None:
    line = ANN.replace("Austin,TX,78701", place)
    result, errors, _ = outcome(line)
    assert (result, list(errors)) == ("refused", ["zip_code"])
    assert "Enter latitude and longitude, or set up a geocoder." in errors["zip_code"][0]


def test_a_place_that_is_unknown_is_taken_with_coordinates() -> None:
    line = ANN.replace("Austin,TX,78701,,", "Indianapolis,IN,46245,39.7684,-86.1581")
    assert outcome(line)[:2] == ("created", {})


def test_a_city_that_is_far_away_hides_no_other_error() -> None:
    line = (
        ANN.replace("Austin,TX,78701", "Adak,AK,99801").replace(",tile,", ",paint,").replace("(512) 555-0143", "none")
    )
    result, errors, _ = outcome(line)
    assert (result, sorted(errors)) == ("refused", ["phone_number", "type", "zip_code"])


def test_a_stored_place_that_stays_is_not_questioned() -> None:
    ContractorFactory(email="ann@example.com", city="Dallas", address="100 Congress Avenue")
    result, errors, remarks = outcome(ANN.replace("Austin", "Dallas"))
    assert (result, errors) == ("updated", {})
    assert "Dallas" not in remarks


def test_a_unit_without_a_street_is_named_and_changes_no_address() -> None:
    run = imported_as_matched(f"{HEAD},Unit\n{ANN},Apt 4")
    assert "Apt 4" not in run.rows.get().remarks
    assert Contractor.objects.get().address == "100 Congress Avenue, Apt 4"
    row = imported_as_matched("email,Unit\nann@example.com,Apt 5").rows.get()
    sentence = "“Apt 5” was left out: it is the second line of an address without a street."
    assert (row.outcome, row.remarks) == ("unchanged", sentence)
    row = imported_as_matched("email,name,Unit\nann@example.com,Ann Stone,Apt 5").rows.get()
    assert (row.outcome, sentence in row.remarks) == ("updated", True)
    assert Contractor.objects.get().address == "100 Congress Avenue, Apt 4"


def imported_as_matched(text: str) -> ImportRun:
    """The file, imported with the match that the page would suggest."""
    actor = UserFactory()
    run = begin(kind="contractors", name="crews.csv", content=text.encode(), actor=actor)
    if run.state == "matching":
        run = match_columns(run_id=run.pk, targets=run.mapping, seen=run.match_version, actor=actor)
    return finished(import_checked(run_id=finished(run).pk))
