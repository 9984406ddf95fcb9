"""Road distances on the Recommend page, on the status page, and in metrics."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core import checks as django_checks
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families
from pytest_django import Settings

from jobs.models import Job
from recommendations.models import Lookup
from recommendations.travel import lookup_queue
from recommendations.travel.lookup import look_up
from smartscheduler.accounts.permissions import Role
from smartscheduler.core.outbound import circuit_breaker
from smartscheduler.travel.models import TravelEstimate
from tests.api import V1, client_as
from tests.factories import ContractorFactory, JobFactory
from tests.pages import PageResponse, signed_in
from tests.recommendations.travel.places import base
from tests.recommendations.travel.servers import Providers

pytestmark = pytest.mark.django_db


@pytest.fixture
def job() -> Job:
    ContractorFactory(latitude=str(base(1).latitude), longitude=str(base(1).longitude))
    return JobFactory()


def look_up_next() -> None:
    lookup = lookup_queue.claim()
    assert lookup
    look_up(lookup)


def looked_up(job: Job) -> Lookup:
    lookup_queue.want([job.pk], urgent=True)
    look_up_next()
    return Lookup.objects.get()


def line(client: Client, job: Job, **query: Any) -> PageResponse:
    return client.get(reverse("job-roads", args=[job.pk]), query)


def test_the_page_says_that_roads_are_on_their_way_and_then_where_they_come_from(roads: Providers, job: Job) -> None:
    client = signed_in(Role.COORDINATOR)
    page = client.get(reverse("admin:jobs_job_recommend", args=[job.pk]))
    assert "Looking up road distances" in page.text
    assert "(straight line)" in page.text
    assert 'hx-trigger="every 1s"' in page.text
    looked_up(job)
    page = client.get(reverse("admin:jobs_job_recommend", args=[job.pk]))
    assert "Road distances: 1 of 1 found, looked up just now" in page.text
    assert "(by road, Google Routes, just now)" in page.text


def test_waiting_clients_see_them_and_readers_get_a_resync(roads: Any, job: Job) -> None:
    client, shown_at = signed_in(Role.MANAGER), timezone.now()
    waiting = line(client, job, shown_at=shown_at.isoformat(), waiting=1)
    assert "HX-Refresh" not in waiting
    looked_up(job)
    assert line(client, job, shown_at=shown_at.isoformat(), waiting=1)["HX-Refresh"] == "true"
    reading = line(client, job, shown_at=shown_at.isoformat())
    assert "HX-Refresh" not in reading
    assert "New road distances are available" in reading.text
    later = (timezone.now() + timedelta(seconds=5)).isoformat()
    assert "arrived" not in line(client, job, shown_at=later).text
    for odd in ("yesterday", "2026-13-40T00:00:00Z", "", "2026-01-01T00:00:00"):
        assert line(client, job, shown_at=odd).status_code == 200


def test_a_failure_is_said(roads: Providers, job: Job) -> None:
    roads.behavior |= {"google_routes": "denied", "openrouteservice": "denied"}
    looked_up(job)
    text = line(signed_in(Role.COORDINATOR), job).text
    assert "1 drive could not be looked up. The ranking uses straight-line distances. Next attempt: in" in text


def test_looking_up_again_is_for_those_who_book(roads: Providers, job: Job) -> None:
    looked_up(job)
    address = reverse("job-roads", args=[job.pk])
    manager = signed_in(Role.MANAGER)
    assert "Look up again" not in line(manager, job).text
    assert manager.post(address).status_code == 403
    assert Lookup.objects.get().state == "done"
    assert "Look up again" in line(signed_in(Role.COORDINATOR), job).text
    assert signed_in(Role.COORDINATOR).post(address).status_code == 302
    assert Lookup.objects.get().state == "waiting"
    assert Lookup.objects.get().newer_than


def test_without_a_provider_there_is_no_line(job: Job, settings: Settings) -> None:
    settings.TRAVEL_KEYS = {}
    client = signed_in(Role.COORDINATOR)
    page = client.get(reverse("admin:jobs_job_recommend", args=[job.pk]))
    assert "road" not in page.text.split("best first")[1].lower()
    assert line(client, job).text.strip() == ""
    client.post(reverse("job-roads", args=[job.pk]))
    assert not Lookup.objects.exists()


def test_the_api_says_how_old_a_distance_is(roads: Providers, job: Job) -> None:
    client = client_as(Role.COORDINATOR)
    address = f"{V1}/jobs/{job.pk}/recommendations/"
    (entry,) = client.get(address).json()["recommendations"]
    assert (entry["distance_source"], entry["distance_as_of"]) == ("straight_line", None)
    before = timezone.now().replace(microsecond=0)
    looked_up(job)
    (entry,) = client.get(address).json()["recommendations"]
    assert entry["distance_source"] == "road"
    assert before <= datetime.fromisoformat(entry["distance_as_of"]) <= timezone.now()


def test_administrators_see_providers_breakers_budgets_and_errors(roads: Providers, job: Job) -> None:
    roads.behavior["google_routes"] = "denied"
    looked_up(job)
    circuit_breaker.breaker("google_routes").open()
    page = signed_in(Role.ADMINISTRATOR).get(reverse("roads"))
    assert "Google Routes" in page.text
    assert "1 of 5000 elements" in page.text
    assert "1 of 500 requests" in page.text
    assert "HTTP 403: PERMISSION_DENIED." in page.text
    assert "SECRET" not in page.text
    assert "Try Google Routes again now" in page.text
    assert "Try OpenRouteService again now" not in page.text
    assert job.job_number in page.text


@pytest.mark.parametrize("role", [Role.COORDINATOR, Role.MANAGER])
def test_no_other_role_does(roads: Any, role: Role) -> None:
    client = signed_in(role)
    assert client.get(reverse("roads")).status_code == 403
    assert client.post(reverse("roads")).status_code == 403
    assert not Lookup.objects.exists()
    assert reverse("roads") not in client.get(reverse("admin:index")).text


def test_an_administrator_asks_again(roads: Providers, job: Job) -> None:
    looked_up(job)
    first = TravelEstimate.objects.get().fetched_at
    client = signed_in(Role.ADMINISTRATOR)
    response = client.post(reverse("roads"), follow=True)
    assert "The road distances of 1 open job in the coming week will be looked up again." in response.text
    look_up_next()
    assert TravelEstimate.objects.get().fetched_at > first


def test_an_administrator_closes_a_breaker(roads: Providers) -> None:
    circuit_breaker.breaker("google_routes").open()
    client = signed_in(Role.ADMINISTRATOR)
    client.post(reverse("roads"), {"provider": "google_routes"})
    assert circuit_breaker.state("google_routes") == "closed"
    assert "This provider is not configured." in client.post(reverse("roads"), {"provider": "x"}, follow=True).text


def test_without_a_provider_the_page_says_how_to_get_one(settings: Settings) -> None:
    settings.TRAVEL_KEYS = {}
    page = signed_in(Role.ADMINISTRATOR).get(reverse("roads"))
    assert "Rankings use straight-line distances" in page.text
    assert "GOOGLE_MAPS_API_KEY" in page.text


def test_without_valkey_the_page_still_answers(roads: Providers, settings: Settings, job: Job) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    assert "unknown" in signed_in(Role.ADMINISTRATOR).get(reverse("roads")).text


def figures() -> dict[Any, Any]:
    text = client_as(Role.ADMINISTRATOR).get(f"{V1}/metrics").content.decode()
    return {
        (sample.name, *sorted(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_figures(roads: Providers, job: Job) -> None:
    looked_up(job)
    values = figures()
    assert values["smartscheduler_road_estimates", "google_routes"] == 1
    assert 0 <= values["smartscheduler_road_estimate_age_seconds", "google_routes", "mean"] < 60
    assert values["smartscheduler_road_lookups", "done"] == 1
    assert values["smartscheduler_road_provider_spent", "google_routes"] == 1
    assert values["smartscheduler_road_provider_budget", "openrouteservice"] == 500
    assert values["smartscheduler_road_provider_open", "google_routes"] == 0
    assert ("smartscheduler_ranked_drives_total", "road") in values


def test_without_a_provider_there_are_no_figures_of_it(settings: Settings) -> None:
    settings.TRAVEL_KEYS = {}
    assert not [name for name, *_ in figures() if "road" in name]


def test_the_check_says_who_is_asked(roads: Providers, settings: Settings) -> None:
    (warning,) = [message.msg for message in django_checks.run_checks() if message.id == "smartscheduler.I001"]
    assert (
        "google_routes (budget 5000 per day), then openrouteservice (budget 500 per day), then the straight line"
        in warning
    )
    assert "SECRET" not in warning
    settings.TRAVEL_KEYS = {}
    assert not [message for message in django_checks.run_checks() if message.id == "smartscheduler.I001"]
