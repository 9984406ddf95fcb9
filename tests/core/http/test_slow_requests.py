"""Slow requests are logged with the number of their queries."""

import logging
from typing import Any, cast

import pytest
from pytest_django import Settings

from smartscheduler.accounts.permissions import Role
from tests.api import V1, client_as
from tests.factories import ContractorFactory

pytestmark = pytest.mark.django_db


def test_a_slow_request_is_logged_with_its_queries_and_its_id(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.SLOW_REQUEST_SECONDS = 0
    ContractorFactory()
    with caplog.at_level(logging.WARNING):
        client_as(Role.MANAGER).get(f"{V1}/contractors/", HTTP_X_REQUEST_ID="trace-44")
    (event,) = [cast("Any", record.msg) for record in caplog.records if "slow_request" in str(record.msg)]
    assert event["path"] == f"{V1}/contractors/"
    assert event["queries"] == 4  # the account, the count, the page, its working hours
    assert event["request_id"] == "trace-44"
    assert event["milliseconds"] >= 0


def test_a_quick_one_is_not(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        client_as(Role.MANAGER).get(f"{V1}/contractors/")
    assert "slow_request" not in caplog.text
