"""The language model on the status page, in metrics, and on the Recommend page."""

import time

import pytest
from django.urls import reverse
from prometheus_client.parser import text_string_to_metric_families
from pytest_django import Settings

from jobs.models import Job
from recommendations.llm.client import BREAKER, sentence
from recommendations.llm.worker import word
from recommendations.models import Wording
from smartscheduler.accounts.permissions import Role
from smartscheduler.core.outbound import circuit_breaker
from smartscheduler.core.outbound.provider_errors import ProviderError
from tests.api import V1, client_as
from tests.factories import ContractorFactory, JobFactory
from tests.pages import signed_in
from tests.recommendations.llm.servers import Model
from tests.recommendations.llm.test_validator import FACTS

pytestmark = pytest.mark.django_db


@pytest.fixture
def job() -> Job:
    ContractorFactory(name="<i>Ann</i>")
    return JobFactory()


def worded(job: Job) -> int:
    return word(job.pk, time.monotonic() + 60)


def test_the_page_says_what_it_costs_and_what_was_dropped(model: Model, job: Job) -> None:
    model.behavior = ["obedient", "normal"]
    worded(job)
    worded(job)
    page = signed_in(Role.ADMINISTRATOR).get(reverse("words"))
    assert "a-model (Anthropic)" in page.text
    assert "2 of 500" in page.text
    assert (page.context["today"].worded, page.context["today"].dropped) == (1, 1)
    assert "{contractor}" in page.text
    assert "SECRET" not in page.text


def test_the_page_lists_reasons_and_errors_and_lets_it_be_tried_again(
    model: Model, settings: Settings, job: Job
) -> None:
    settings.TRAVEL_BREAKER_FAILURES = 1
    model.behavior = ["wrong", "denied"]
    worded(job)
    with pytest.raises(ProviderError):
        sentence(FACTS)
    client = signed_in(Role.ADMINISTRATOR)
    page = client.get(reverse("words")).text
    assert "1: contains a figure that differs from the ranking" in page
    assert "HTTP 401: authentication_error." in page
    assert "Try again now" in page
    client.post(reverse("words"))
    assert circuit_breaker.state(BREAKER) == "closed"


def test_a_forgotten_answer_is_requested_again(model: Model, job: Job) -> None:
    worded(job)
    client = signed_in(Role.ADMINISTRATOR)
    assert "1 explanation was deleted" in client.post(reverse("words"), {"act": "forget"}, follow=True).text
    assert not Wording.objects.exists()
    assert worded(job) == 1


def test_without_a_model_it_says_how_to_have_one() -> None:
    client = signed_in(Role.ADMINISTRATOR)
    assert "Explanations use a fixed template" in client.get(reverse("words")).text
    assert "Explanations use a fixed template" in client.post(reverse("words"), follow=True).text


@pytest.mark.parametrize("role", [Role.COORDINATOR, Role.MANAGER])
def test_it_is_for_administrators(role: Role) -> None:
    assert signed_in(role).get(reverse("words")).status_code == 403


def test_the_recommend_page_shows_the_words_and_says_whose_they_are(model: Model, job: Job) -> None:
    client, address = signed_in(Role.COORDINATOR), reverse("admin:jobs_job_recommend", args=[job.pk])
    assert "language model" not in client.get(address).text
    worded(job)
    page = client.get(address).text
    assert "Written by a language model. Figures checked." in page
    assert "&lt;i&gt;Ann&lt;/i&gt;" in page
    assert "<i>Ann</i>" not in page


def test_figures_for_prometheus(model: Model, job: Job) -> None:
    worded(job)
    text = client_as(Role.ADMINISTRATOR).get(f"{V1}/metrics").content.decode()
    values = {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
    assert values["smartscheduler_explanation_model_calls",] == 1
    assert values["smartscheduler_explanation_model_calls_budget",] == 500
    assert 0 < values["smartscheduler_explanation_model_tokens",] < 1000
    assert values["smartscheduler_explanation_model_open",] == 0
    assert values["smartscheduler_explanation_calls_total", "worded"] >= 1
