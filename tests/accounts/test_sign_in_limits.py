"""Limits on sign-in attempts from one address and for one account."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from pytest_django import Settings
from rest_framework.test import APIClient

from smartscheduler.accounts.permissions import Role
from smartscheduler.core.http.client_networks import network_of
from smartscheduler.core.http.rate_limits import RoleThrottle, limiter
from tests.api import V1, ApiResponse, client_of, problem
from tests.factories import PASSWORD, UserFactory

# Counts belong to the whole Valkey, so no other test may count while these are reset.
pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("rate limits")]


@pytest.fixture(autouse=True)
def limits(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(RoleThrottle, "_silent_until", 0.0)
    settings.RATE_LIMITS = True
    settings.SIGN_IN_LIMITS = {"address": 5, "account": 4}
    limiter(settings.REDIS_URL).storage.reset()


def login(email: str, password: str = PASSWORD, address: str = "198.51.100.7") -> ApiResponse:
    return APIClient().post(f"{V1}/auth/login/", {"email": email, "password": password}, REMOTE_ADDR=address)


def test_one_address_tries_many_accounts() -> None:
    assert [login(f"nobody{n}@example.com", "Summer 2026!").status_code for n in range(5)] == [401] * 5
    refused = login(UserFactory().email)
    problem(refused, 429, "throttled")
    assert 0 < int(refused["Retry-After"]) <= 60
    assert login(UserFactory().email, address="198.51.100.8").status_code == 200


def test_many_addresses_try_one_account() -> None:
    user = UserFactory()
    assert [login(user.email, "wrong", f"203.0.113.{n}").status_code for n in range(4)] == [401] * 4
    refused = login(user.email.upper(), address="203.0.113.99")
    problem(refused, 429, "throttled")
    assert 0 < int(refused["Retry-After"]) <= 600
    assert login(UserFactory().email, address="203.0.113.99").status_code == 200


def test_that_does_not_lock_the_person_out_where_they_have_been_before() -> None:
    user = UserFactory()
    assert login(user.email).status_code == 200
    for n in range(6):
        login(user.email, "wrong", f"203.0.113.{n}")
    assert login(user.email, address="203.0.113.99").status_code == 429
    assert login(user.email).status_code == 200


def test_the_form_of_the_back_office_counts_with_the_api() -> None:
    user = UserFactory()
    for n in range(3):
        login(user.email, "wrong", f"203.0.113.{n}")
    form = {"username": user.email, "password": "wrong"}
    assert Client().post("/admin/login/", form, REMOTE_ADDR="203.0.113.50").status_code == 200
    refused = Client().post("/admin/login/", {**form, "password": PASSWORD}, REMOTE_ADDR="203.0.113.51")
    assert refused.status_code == 429
    assert refused["Content-Type"].startswith("text/plain")


@pytest.mark.django_db(transaction=True)
def test_of_many_at_the_same_moment_exactly_so_many_are_looked_at(settings: Settings) -> None:
    """Sixteen threads, a connection and a client each; what passes is answered 401, for the password is wrong."""
    settings.SIGN_IN_LIMITS = {"address": 7, "account": 1000}
    together = Barrier(16)

    def attempt(number: int) -> list[Any]:
        together.wait(timeout=120)
        try:
            return [login(f"nobody{number}-{n}@example.com", "wrong").status_code for n in range(2)]
        finally:
            connection.close()

    with ThreadPoolExecutor(16) as pool:
        counts = Counter(status for statuses in pool.map(attempt, range(16)) for status in statuses)
    assert counts == {401: 7, 429: 25}


def test_refreshing_is_limited_by_address() -> None:
    def refresh(address: str) -> ApiResponse:
        return APIClient().post(f"{V1}/auth/refresh/", {"refresh": "made.up.token"}, REMOTE_ADDR=address)

    assert [refresh("198.51.100.7").status_code for _ in range(5)] == [401] * 5
    problem(refresh("198.51.100.7"), 429, "throttled")
    assert refresh("198.51.100.8").status_code == 401


def test_tickets_are_limited_by_account(settings: Settings) -> None:
    settings.REQUESTS_A_MINUTE = {Role.COORDINATOR: 3}
    api = client_of(UserFactory(role=Role.COORDINATOR))
    assert [api.post(f"{V1}/auth/ws-ticket/").status_code for _ in range(4)] == [200, 200, 200, 429]


def test_without_valkey_the_failures_still_count(settings: Settings) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    user = UserFactory()
    for _ in range(settings.AXES_FAILURE_LIMIT):
        assert login(user.email, "wrong").status_code in {401, 429}
    problem(login(user.email), 429, "locked-out")


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("198.51.100.7", "198.51.100.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("2001:db8:1:2::1", "2001:db8:1:2::"),
        ("2001:db8:1:3::1", "2001:db8:1:3::"),
        ("::ffff:198.51.100.7", "198.51.100.7"),
        ("", "unknown"),
    ],
)
def test_a_household_is_one_address(address: str, network: str) -> None:
    assert network_of(address) == network
