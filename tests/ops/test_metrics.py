"""GET metrics in the text format of Prometheus, and permissions."""

import pytest
from prometheus_client.parser import text_string_to_metric_families
from pytest_django import Settings
from rest_framework.test import APIClient

from smartscheduler.accounts.permissions import Role
from tests.api import V1, ApiResponse, client_as, problem
from tests.events.test_lag import waiting_for
from tests.factories import ContractorFactory, JobFactory
from tests.pages import PageResponse

pytestmark = pytest.mark.django_db
URL = f"{V1}/metrics"


def samples(answer: PageResponse | ApiResponse) -> dict[tuple[str, str], float]:
    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("text/plain; version=0.0.4")
    families = text_string_to_metric_families(answer.content.decode())
    return {
        (sample.name, sample.labels.get("status", "")): sample.value for family in families for sample in family.samples
    }


def test_counts_what_the_database_has() -> None:
    ContractorFactory.create_batch(2)
    ContractorFactory(status="inactive")
    JobFactory()
    waiting_for(30)
    values = samples(client_as(Role.ADMINISTRATOR).get(URL))
    assert values["smartscheduler_contractors", "active"] == 2
    assert values["smartscheduler_contractors", "inactive"] == 1
    assert values["smartscheduler_jobs", "open"] == 1
    assert values["smartscheduler_events_unsent", ""] >= 1
    assert values["smartscheduler_event_lag_seconds", ""] >= 30
    assert values["smartscheduler_relay_active", ""] == 0
    assert values["smartscheduler_event_sockets", ""] >= 0


def test_takes_what_prometheus_accepts_and_its_token(settings: Settings) -> None:
    settings.METRICS_TOKEN = "s3cret"
    accept = "application/openmetrics-text;version=1.0.0;q=0.8,text/plain;version=0.0.4;q=0.3"
    client = APIClient(headers={"Authorization": "Bearer s3cret", "Accept": accept})
    assert samples(client.get(URL))["smartscheduler_events_total", ""] == 0
    problem(client.get(f"{V1}/jobs/", headers={"Accept": "*/*"}), 401, "token-not-valid")


@pytest.mark.parametrize("token", ["wrong", "", "s3cre", "s3cret "])
def test_no_other_token(settings: Settings, token: str) -> None:
    settings.METRICS_TOKEN = "s3cret"
    response = APIClient(headers={"Authorization": f"Bearer {token}"}).get(URL)
    assert response.status_code == 401


def test_without_a_token_set_none_is_right() -> None:
    assert APIClient(headers={"Authorization": "Bearer "}).get(URL).status_code == 401
