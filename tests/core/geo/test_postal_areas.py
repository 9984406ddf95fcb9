"""Contradicting coordinates, states, and ZIP codes are rejected at every entry point, and so is 0°/0°."""

from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError
from pytest_django import Settings

from contractors.models import Contractor
from contractors.services import create_contractor, update_contractor
from jobs.models import Job
from jobs.services import update_job
from smartscheduler.core.geo import zip_code_table
from smartscheduler.core.geo.postal_areas import check_place
from smartscheduler.core.geo.zip_codes import TABLE, middle_of, state_of
from smartscheduler.core.rest.openapi_examples import AUSTIN, SOME_DAY
from smartscheduler.errors import InvalidInput
from smartscheduler.geocoding import lookup
from smartscheduler.geocoding.addresses import Address
from smartscheduler.geocoding.models import GeocodedAddress
from smartscheduler.ops.demo.metros import METROS, zips_around
from smartscheduler.places import state_choices
from tests.api import V1, client_of
from tests.factories import ContractorFactory, Factory, JobFactory, UserFactory
from tests.imports.test_imports import ANN, HEAD, checked, errors
from tests.pages import fields, signed_in

UNKNOWN = ("46245", "31144", "11805", "77352", "09001", "34001", "96201")
NOT_IN_TEXAS = "ZIP code 10001 is in New York (NY), not in Texas (TX)."


def test_the_table_is_that_of_the_package() -> None:
    assert TABLE.read_text() == zip_code_table.made()


@pytest.mark.parametrize("zip_code", UNKNOWN)
def test_a_zip_code_without_a_place_has_none(zip_code: str) -> None:
    assert state_of(zip_code)
    assert middle_of(zip_code) is None


def test_every_place_of_the_table_lies_in_its_state() -> None:
    known = [line.split(",") for line in TABLE.read_text().splitlines()]
    states = dict(state_choices())
    for code, state, latitude, longitude, _city in known:
        assert state in states or state in {"FM", "MH", "PW"}, code
        if latitude:
            check_place(float(latitude), float(longitude), state=state, zip_code=code)


@pytest.mark.parametrize(
    ("place", "message"),
    [
        ((0, 0, "TX", "78701"), "is not in the United States"),
        ((30.27, 97.74, "TX", "78701"), "miles from the nearest ZIP code of Texas"),  # east instead of west
        ((-97.74, 30.27, "TX", "78701"), "miles from the nearest ZIP code of Texas"),  # the other way round
        ((40.75, -73.99, "TX", "99999"), "miles from the nearest ZIP code of Texas"),
        ((30.27, -97.74, "TX", "10001"), "New York"),
        ((40.75, -73.99, "", "78701"), "miles from the nearest ZIP code of Texas"),
    ],
)
def test_what_is_no_place(place: tuple[float, float, str, str], message: str) -> None:
    latitude, longitude, state, zip_code = place
    with pytest.raises(InvalidInput, match=message):
        check_place(latitude, longitude, state=state, zip_code=zip_code)


@pytest.mark.parametrize(
    "place",
    [
        (30.27, -97.74, "TX", "78701"),
        (29.1, -103.2, "TX", "99999"),  # Big Bend
        (68.0, -155.0, "AK", "99999"),  # the Brooks Range
        (46.9, -69.5, "ME", "99999"),  # the north of Maine
        (41.5, -117.5, "NV", "99999"),
        (50.1, 8.6, "AE", "09001"),
        (13.4, 144.7, "GU", "96910"),
    ],
)
def test_what_is_a_place(place: tuple[float, float, str, str]) -> None:
    latitude, longitude, state, zip_code = place
    check_place(latitude, longitude, state=state, zip_code=zip_code)


@pytest.mark.django_db
class TestDoors:
    @pytest.mark.parametrize("change", [{"zip_code": "10001"}, {"latitude": 0, "longitude": 0}, {"latitude": 45}])
    @pytest.mark.parametrize("path", ["contractors", "jobs", "recommendations"])
    def test_the_api(self, path: str, change: dict[str, Any]) -> None:
        bodies: dict[str, dict[str, Any]] = {
            "contractors": {
                "name": "Ada",
                "type": "tile",
                "phone_number": "(512) 555-0143",
                "email": "ada@example.com",
                "working_hours": [{"day_of_week": 1, "start_time": "08:00", "end_time": "12:00"}],
            },
            "jobs": {"type": "tile", "desired_date": SOME_DAY, "duration": "02:00:00"},
            "recommendations": {"type": "tile", "desired_date": SOME_DAY, "duration": "02:00:00"},
        }
        client = client_of(UserFactory())
        whole = bodies[path] | {"location": AUSTIN | change}
        answer = client.post(f"{V1}/{path}/", whole, format="json")
        assert answer.status_code == 400, answer.content
        assert next(iter(change)) in answer.content.decode()
        assert not Contractor.objects.exists()
        assert not Job.objects.exists()

    @pytest.mark.parametrize("make", [ContractorFactory, JobFactory])
    def test_the_back_office(self, make: Factory[Any]) -> None:
        record = make()
        meta = record._meta
        address = f"/admin/{meta.app_label}/{meta.model_name}/{record.pk}/change/"
        client = signed_in()
        posted = fields(client, address, f"{meta.model_name}_form") | {"zip_code": "10001"}
        assert NOT_IN_TEXAS in client.post(address, posted).content.decode()
        record.refresh_from_db()
        assert record.zip_code == "78701"

    @pytest.mark.parametrize("zip_code", UNKNOWN[:4])
    def test_the_back_office_asks_for_coordinates(self, zip_code: str) -> None:
        client, state = signed_in(), state_of(zip_code)
        posted = {"zip_code": zip_code, "state": state, "latitude": "", "longitude": ""}
        page = client.post("/admin/jobs/job/add/", posted).content.decode()
        assert "The location of this ZIP code is unknown. Enter the coordinates." in page

    def test_an_import(self) -> None:
        lines = [ANN.replace("78701", "10001")]
        lines += [ANN.replace("78701,,", f"{code},,").replace("TX", state_of(code)) for code in UNKNOWN]
        lines += [ANN.replace("78701,,", "78701,0,0"), ANN.replace("78701,,", "78701,40.75,-73.99")]
        text = "\n".join([HEAD, *(line.replace("ann@", f"ann{n}@") for n, line in enumerate(lines))])
        errors_by_line = errors(checked(text, UserFactory()))
        assert errors_by_line.pop(2) == {"zip_code": [NOT_IN_TEXAS]}
        assert set(errors_by_line.pop(10)) == set(errors_by_line.pop(11)) == {"latitude", "longitude"}
        assert {next(iter(columns)) for columns in errors_by_line.values()} == {"zip_code"}
        assert len(errors_by_line) == len(UNKNOWN)

    def test_a_change_of_the_place_but_not_of_anything_else(self) -> None:
        """A record from before the rules can be edited and corrected."""
        old = ContractorFactory(zip_code="10001")
        update_contractor(contractor_id=old.pk, actor=None, name="Ada Tiles")
        with pytest.raises(InvalidInput, match="New York"):
            update_contractor(contractor_id=old.pk, actor=None, zip_code="10002")
        update_contractor(contractor_id=old.pk, actor=None, zip_code="78702")
        with pytest.raises(InvalidInput):
            update_job(job_id=JobFactory().pk, actor=None, state="NY")

    def test_a_service(self) -> None:
        with pytest.raises(InvalidInput, match="New York"):
            create_contractor(actor=None, working_hours=ContractorFactory().shifts, **_values(zip_code="10001"))

    @pytest.mark.parametrize("make", [ContractorFactory, JobFactory])
    def test_the_database_takes_no_record_at_zero(self, make: Factory[Any]) -> None:
        with pytest.raises(IntegrityError, match="not_at_zero"):
            make(latitude=0, longitude=0)

    @pytest.mark.parametrize("point", [(0.0, 0.0), (40.75, -73.99)])
    def test_an_answer_of_a_geocoder(
        self, point: tuple[float, float], settings: Settings, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        settings.GEOCODER = "nominatim"
        address = Address("1 Main Street", "Austin", "TX", "77352")
        monkeypatch.setattr(lookup, "ask", lambda _: point)
        result = lookup.find(address)
        assert result == (None, "nominatim places the address outside TX.")
        assert GeocodedAddress.objects.exists()


def _values(**changes: str) -> dict[Any, Any]:
    return {
        "name": "Ada",
        "type": "tile",
        "phone_number": "(512) 555-0143",
        "email": "ada@example.com",
        **{name: Decimal(str(value)) if isinstance(value, float) else value for name, value in AUSTIN.items()},
        **changes,
    }


def test_the_demo_lives_at_places() -> None:
    for metro in METROS:
        for zip_code in zips_around(metro):
            check_place(*zip_code.point, state=zip_code.state, zip_code=zip_code.code)
