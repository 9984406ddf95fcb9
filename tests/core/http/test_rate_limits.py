"""Rate limits by role, counted in Valkey for all processes together."""

import logging
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection
from pytest_django import Settings
from rest_framework.test import APIClient

from smartscheduler.accounts.permissions import Role
from smartscheduler.core.http.rate_limits import RoleThrottle
from tests.api import V1, ApiResponse, client_as, client_of, problem
from tests.factories import PASSWORD, UserFactory
from tests.pages import PageResponse

# Of the counts of the whole Valkey, as tests of attempts to sign in (they reset them).
pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("rate limits")]

ME = f"{V1}/auth/me/"


@pytest.fixture(autouse=True)
def limits(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(RoleThrottle, "_silent_until", 0.0)
    settings.RATE_LIMITS = True
    settings.REQUESTS_A_MINUTE = {Role.COORDINATOR: 3, Role.MANAGER: 1, Role.ADMINISTRATOR: 5}


def left(response: PageResponse | ApiResponse) -> dict[str, Any]:
    return {name: response.headers.get(f"RateLimit-{name}") for name in ("Limit", "Remaining", "Reset")}


@pytest.mark.parametrize(("role", "limit"), [(Role.COORDINATOR, 3), (Role.MANAGER, 1), (Role.ADMINISTRATOR, 5)])
def test_each_role_has_its_limit_and_is_told_what_is_left(role: Role, limit: int) -> None:
    api = client_as(role)
    for remaining in reversed(range(limit)):
        answer = api.get(ME)
        assert answer.status_code == 200
        assert left(answer) | {"Reset": "60"} == {"Limit": str(limit), "Remaining": str(remaining), "Reset": "60"}
        assert 0 < int(left(answer)["Reset"]) <= 60
    refused = api.get(ME)
    problem(refused, 429, "throttled")
    assert left(refused)["Remaining"] == "0"
    assert 0 < int(refused["Retry-After"]) <= 60


def test_accounts_do_not_share_a_limit() -> None:
    for _ in range(2):
        assert client_as(Role.MANAGER).get(ME).status_code == 200


def test_a_signed_out_socket_is_not_counted() -> None:
    for _ in range(8):
        assert APIClient().get(f"{V1}/health/live").status_code == 200
        problem(APIClient().get(ME), 401, "not-authenticated")


def test_it_can_be_switched_off(settings: Settings) -> None:
    settings.RATE_LIMITS = False
    api = client_as(Role.MANAGER)
    answers = [api.get(ME) for _ in range(5)]
    assert {answer.status_code for answer in answers} == {200}
    assert left(answers[0])["Limit"] is None


def test_without_valkey_requests_pass_and_logins_stay_limited(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    account = UserFactory(role=Role.MANAGER)
    api = client_of(account)
    with caplog.at_level(logging.WARNING):
        assert {api.get(ME).status_code for _ in range(3)} == {200}
    assert caplog.text.count("requests_not_counted") == 1  # and for some seconds it is not asked again
    for _ in range(settings.AXES_FAILURE_LIMIT + 1):
        answer = APIClient().post(f"{V1}/auth/login/", {"email": account.email, "password": "wrong"})
    problem(answer, 429, "locked-out")
    problem(APIClient().post(f"{V1}/auth/login/", {"email": account.email, "password": PASSWORD}), 429, "locked-out")


@pytest.mark.django_db(transaction=True)
def test_of_many_at_the_same_moment_no_more_pass_than_may(settings: Settings) -> None:
    settings.REQUESTS_A_MINUTE = {Role.COORDINATOR: 10}
    user = UserFactory(role=Role.COORDINATOR)
    clients = [client_of(user) for _ in range(16)]

    def ask(api: APIClient) -> list[Any]:
        try:
            return [api.get(ME).status_code for _ in range(4)]
        finally:
            connection.close()

    with ThreadPoolExecutor(16) as pool:
        counts = Counter(status for statuses in pool.map(ask, clients) for status in statuses)
    assert counts == {200: 10, 429: 54}
