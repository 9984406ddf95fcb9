"""Thousands of odd requests to every operation: no 5xx, and only documented responses."""

import os
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.core import signals
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from hypothesis import HealthCheck, settings
from pytest_django import Settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
    use_after_free,
)
from schemathesis.specs.openapi.schemas import OpenApiSchema

from assignments.services import assign_job
from smartscheduler.accounts.permissions import Role
from smartscheduler.accounts.tokens import sign_in
from tests.api import V1
from tests.factories import AbsenceFactory, ContractorFactory, JobFactory, UserFactory, at

pytestmark = pytest.mark.django_db

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    unsupported_method,
    use_after_free,
]
# make fuzz: the hundred or so requests to each call that its description suggests, more random ones, longer stories.
THOROUGH = bool(os.environ.get("FUZZ"))
PHASES = ["examples", "fuzzing", "stateful", *(["coverage"] if THOROUGH else [])]
EXAMPLES, STORIES = (60, 100) if THOROUGH else (4, 6)


@pytest.fixture
def document(db: None, settings: Settings) -> Iterator[OpenApiSchema]:
    settings.EVENT_LONGEST_WAIT_SECONDS = 0  # thousands of requests have no time to wait for news
    # As Django's own test client does: the transaction of the test is not to be closed with each request.
    for signal in (signals.request_started, signals.request_finished):
        signal.disconnect(close_old_connections)
    schema = schemathesis.openapi.from_wsgi(f"{V1}/schema/", get_wsgi_application())
    schema.config.phases.update(phases=PHASES)
    yield schema
    for signal in (signals.request_started, signals.request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def headers(db: None) -> dict[Any, Any]:
    """Signed in, with something of everything there."""
    booked, contractor = JobFactory(), ContractorFactory(skills=["Stairs"])
    assign_job(job_id=booked.pk, contractor_id=contractor.pk, start=at(9, days=2), actor=None)
    AbsenceFactory(contractor=contractor)
    JobFactory()
    return {"Authorization": f"Bearer {sign_in(UserFactory(role=Role.ADMINISTRATOR)).access}"}


schema = schemathesis.pytest.from_fixture("document")


@schema.parametrize()
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
def test_every_call(case: Any, headers: Any) -> None:
    case.call_and_validate(headers=headers, checks=CHECKS)


def test_calls_that_follow_from_one_another(document: OpenApiSchema, headers: Any) -> None:
    """What one call answers the next one asks about: made, read, changed, booked, cancelled."""

    machine: Any = document.as_state_machine()

    class Machine(machine):  # type: ignore[misc]  # made of the document
        def get_call_kwargs(self, case: Any) -> dict[Any, Any]:
            return {"headers": headers}

        def validate_response(self, response: Any, case: Any, **kwargs: Any) -> None:
            case.validate_response(response, checks=CHECKS)

    Machine.run(
        settings=settings(
            max_examples=STORIES, stateful_step_count=10, deadline=None, suppress_health_check=list(HealthCheck)
        )
    )
