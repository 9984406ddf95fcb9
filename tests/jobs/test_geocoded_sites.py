"""New jobs with the center of their ZIP code get the point of their address from the geocoder."""

from decimal import Decimal
from typing import Any

import pytest

from assignments.services import cancel_job
from jobs import geocoded_sites
from jobs.geocoded_sites import locate_next
from jobs.models import Job
from jobs.services import create_job, update_job
from smartscheduler.core.geo.zip_codes import middle_of
from smartscheduler.geocoding.addresses import Address, GeocodingResult
from smartscheduler.places import Point
from tests.events.numbers import number_events
from tests.factories import JobFactory

pytestmark = pytest.mark.django_db
EXACT = Point(30.2672, -97.7431)


@pytest.fixture(autouse=True)
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Address]:
    """The addresses that the geocoder was asked for; it knows each."""
    addresses: list[Address] = []

    def find(address: Address) -> GeocodingResult:
        addresses.append(address)
        return GeocodingResult(EXACT, "from a test")

    monkeypatch.setattr(geocoded_sites, "find", find)
    return addresses


def new_job(**values: Any) -> Job:
    """A new job, its event delivered, at the center of its ZIP code unless `values` say otherwise."""
    template = JobFactory.build()
    center = middle_of(template.zip_code)
    assert center is not None
    copied = ("type", "desired_date", "duration", "address", "city", "state", "zip_code")
    point = {"latitude": center.latitude, "longitude": center.longitude}
    job = create_job(actor=None, **{name: getattr(template, name) for name in copied}, **{**point, **values})
    number_events()
    return job


def place(job: Job) -> tuple[float, float, str]:
    job.refresh_from_db()
    return *job.exact_point, job.time_zone


def test_a_guessed_point_becomes_exact_once(asked: list[Address]) -> None:
    job = new_job()
    assert locate_next() == 1
    assert place(job) == (*EXACT, "America/Chicago")
    assert asked == [Address(job.address, job.city, job.state, job.zip_code)]
    number_events()
    assert locate_next() == 1  # the change of the point
    assert locate_next() == 0
    assert len(asked) == 1


def test_an_exact_point_is_not_asked_about(asked: list[Address]) -> None:
    new_job(latitude=Decimal("30.3"), longitude=Decimal("-97.7"))
    locate_next()
    assert asked == []


def test_a_closed_job_is_not_asked_about(asked: list[Address]) -> None:
    job = new_job()
    cancel_job(job_id=job.pk, reason="Flooded", actor=None)
    locate_next()
    assert asked == []


def test_a_job_that_was_moved_in_the_meantime_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    job = new_job()

    def find(_address: Address) -> GeocodingResult:
        update_job(job_id=job.pk, actor=None, latitude=Decimal("30.3"))
        return GeocodingResult(EXACT, "from a test")

    monkeypatch.setattr(geocoded_sites, "find", find)
    locate_next()
    assert place(job)[0] == 30.3


def test_an_unknown_address_leaves_the_center(monkeypatch: pytest.MonkeyPatch) -> None:
    job = new_job()
    before = place(job)
    monkeypatch.setattr(geocoded_sites, "find", lambda _address: GeocodingResult(None, "unknown"))
    locate_next()
    assert place(job) == before
