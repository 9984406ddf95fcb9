"""Signing in and out of the API."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.conf import settings
from django.db import connection
from django.test import Client
from django.utils import timezone
from pytest_django import Settings
from rest_framework.test import APIClient

from smartscheduler.accounts.models import TokenFamily
from smartscheduler.accounts.permissions import Role
from smartscheduler.accounts.tokens import SignedAccess
from tests.api import V1, ApiResponse, client_of, problem, refused_field
from tests.factories import PASSWORD, UserFactory

pytestmark = pytest.mark.django_db


def login(email: str, password: str = PASSWORD, **headers: Any) -> ApiResponse:
    return APIClient().post(f"{V1}/auth/login/", {"email": email, "password": password}, **headers)


def refresh(token: Any) -> ApiResponse:
    return APIClient().post(f"{V1}/auth/refresh/", {"refresh": token})


def me(access: Any) -> ApiResponse:
    return APIClient().get(f"{V1}/auth/me/", HTTP_AUTHORIZATION=f"Bearer {access}")


def test_login_answers_tokens_and_the_person() -> None:
    user = UserFactory(email="ana@example.com", role=Role.MANAGER)
    answer = login("Ana@Example.COM").json()
    assert set(answer) == {"access", "refresh", "user"}
    assert answer["user"]["id"] == str(user.pk)
    assert answer["user"]["role"] == "manager"
    assert "recommendations.view" in answer["user"]["permissions"]
    assert "assignments.assign" not in answer["user"]["permissions"]
    assert me(answer["access"]).json() == answer["user"]


@pytest.mark.parametrize("fault", ["password", "email", "inactive"])
def test_login_refuses_without_saying_why(fault: str) -> None:
    UserFactory(email="ana@example.com", is_active=fault != "inactive")
    response = login(
        "bob@example.com" if fault == "email" else "ana@example.com", "wrong" if fault == "password" else PASSWORD
    )
    document = problem(response, 401, "authentication-failed")
    assert document["detail"] == "No active account has this email address and password."
    assert response["WWW-Authenticate"].startswith("Bearer")
    assert not TokenFamily.objects.exists()


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"password": "x"}, "email"),
        ({"email": "a@example.com"}, "password"),
        ({"email": "not an address", "password": "x"}, "email"),
        ({"email": "a@example.com", "password": "x\x00"}, "password"),
        ({"email": "a@example.com", "password": "x", "remember": True}, "remember"),
        ({"email": ["a@example.com"], "password": "x"}, "email"),
    ],
)
def test_login_names_the_field(body: dict[str, Any], field: str) -> None:
    refused_field(APIClient().post(f"{V1}/auth/login/", body), field)


def test_a_stale_header_does_not_prevent_a_sign_in() -> None:
    user = UserFactory()
    assert login(user.email, HTTP_AUTHORIZATION="Bearer rubbish").status_code == 200


def test_many_failures_lock_the_account_for_the_right_password_too() -> None:
    user = UserFactory()
    for _ in range(settings.AXES_FAILURE_LIMIT):
        login(user.email.upper(), "wrong")
    response = login(user.email)
    problem(response, 429, "locked-out")
    assert int(response["Retry-After"]) == settings.AXES_COOLOFF_TIME.total_seconds()
    assert not TokenFamily.objects.exists()
    with time_machine.travel(timezone.now() + settings.AXES_COOLOFF_TIME + timedelta(seconds=1)):
        assert login(user.email).status_code == 200


def test_a_refresh_token_works_once(settings: Settings) -> None:
    settings.REFRESH_RETRY_SECONDS = 0
    first = login(UserFactory().email).json()
    second = refresh(first["refresh"])
    assert second.status_code == 200
    assert second.json()["refresh"] != first["refresh"]
    assert me(second.json()["access"]).status_code == 200
    problem(refresh(first["refresh"]), 401, "token-not-valid")


def test_using_one_twice_revokes_its_whole_family_and_no_other(settings: Settings) -> None:
    settings.REFRESH_RETRY_SECONDS = 0
    user = UserFactory()
    first, elsewhere = login(user.email).json(), login(user.email).json()
    second = refresh(first["refresh"]).json()
    refresh(first["refresh"])
    problem(refresh(second["refresh"]), 401, "token-not-valid")
    assert me(second["access"]).status_code == 401
    assert refresh(elsewhere["refresh"]).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_of_sixteen_at_once_exactly_one_gets_through(settings: Settings) -> None:
    settings.REFRESH_RETRY_SECONDS = 0
    token = login(UserFactory().email).json()["refresh"]
    together = threading.Barrier(16)

    def attempt(_: Any) -> int:
        together.wait(timeout=120)
        try:
            return refresh(token).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(16) as pool:
        statuses = sorted(pool.map(attempt, range(16)))
    assert statuses == [200] + [401] * 15


@pytest.mark.parametrize("token", ["rubbish", "a.b.c", "\u00e9", "x" * 3000])
def test_refuses_what_is_no_token(token: str) -> None:
    problem(refresh(token), 401, "token-not-valid")


def test_an_access_token_is_no_refresh_token_and_the_other_way_round() -> None:
    pair = login(UserFactory().email).json()
    assert refresh(pair["access"]).status_code == 401
    assert me(pair["refresh"]).status_code == 401


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_the_name_of_the_scheme_has_no_case(scheme: str) -> None:
    access = login(UserFactory().email).json()["access"]
    answer = APIClient().get(f"{V1}/auth/me/", HTTP_AUTHORIZATION=f"{scheme} {access}")
    assert answer.status_code == 200


@pytest.mark.parametrize("header", ["Bearer", "Bearer a b", "bearer\t", "Basic abc"])
def test_an_odd_authorization_header_is_401(header: str) -> None:
    assert APIClient().get(f"{V1}/auth/me/", HTTP_AUTHORIZATION=header).status_code == 401


def test_logout_ends_both_tokens() -> None:
    pair = login(UserFactory().email).json()
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {pair['access']}")
    assert client.post(f"{V1}/auth/logout/", {"refresh": pair["refresh"]}).status_code == 204
    assert refresh(pair["refresh"]).status_code == 401
    assert me(pair["access"]).status_code == 401


def test_logout_leaves_a_stranger_alone() -> None:
    stranger = login(UserFactory().email).json()
    response = client_of(UserFactory()).post(f"{V1}/auth/logout/", {"refresh": stranger["refresh"]})
    assert response.status_code == 401
    assert refresh(stranger["refresh"]).status_code == 200


def test_a_new_password_ends_every_token() -> None:
    user = UserFactory()
    pair = login(user.email).json()
    user.set_password("another-long-password")
    user.save()
    assert me(pair["access"]).status_code == 401
    assert refresh(pair["refresh"]).status_code == 401


def test_a_deactivated_account_is_signed_out_at_once() -> None:
    user = UserFactory()
    pair = login(user.email).json()
    user.is_active = False
    user.save()
    assert me(pair["access"]).status_code == 401
    assert refresh(pair["refresh"]).status_code == 401


def test_the_role_is_that_of_now() -> None:
    user = UserFactory(role=Role.MANAGER)
    client = client_of(user)
    user.role = Role.ADMINISTRATOR
    user.save()
    assert client.get(f"{V1}/auth/me/").json()["role"] == "administrator"


def test_tokens_expire() -> None:
    pair = login(UserFactory().email).json()
    with time_machine.travel(timezone.now() + timedelta(minutes=16)):
        assert me(pair["access"]).status_code == 401
        assert refresh(pair["refresh"]).status_code == 200
    with time_machine.travel(timezone.now() + timedelta(days=8)):
        assert refresh(pair["refresh"]).status_code == 401


def test_a_token_without_a_family_is_refused() -> None:
    assert me(str(SignedAccess.for_user(UserFactory()))).status_code == 401


def test_families_that_have_expired_are_forgotten() -> None:
    user = UserFactory()
    login(user.email)
    with time_machine.travel(timezone.now() + timedelta(days=8)):
        login(user.email)
    assert user.token_families.count() == 1


def test_the_page_does_not_ask_for_a_sign_in() -> None:
    response = APIClient().get(f"{V1}/auth/me/")
    problem(response, 401, "not-authenticated")
    assert response["WWW-Authenticate"].startswith("Bearer")


def test_a_session_works_and_needs_the_csrf_token_to_write() -> None:
    user = UserFactory(role=Role.ADMINISTRATOR)
    client = Client(enforce_csrf_checks=True)
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    assert client.get(f"{V1}/auth/me/").json()["email"] == user.email
    problem(client.post(f"{V1}/auth/logout/", {}, content_type="application/json"), 403, "permission-denied")
    assert client.get(f"{V1}/auth/me/").status_code == 200


def test_a_session_signs_out() -> None:
    client = Client()
    client.force_login(UserFactory(), backend="django.contrib.auth.backends.ModelBackend")
    assert client.post(f"{V1}/auth/logout/", {}, content_type="application/json").status_code == 204
    assert client.get(f"{V1}/auth/me/").status_code == 401


def test_a_ticket_for_the_socket() -> None:
    answer = client_of(UserFactory(role=Role.MANAGER)).post(f"{V1}/auth/ws-ticket/").json()
    assert set(answer) == {"ticket", "expires_in"}
    assert answer["expires_in"] == 30
    assert len(answer["ticket"]) > 20


def test_a_success_forgets_the_failures_before_it() -> None:
    user = UserFactory()
    for _ in range(2):
        for _ in range(settings.AXES_FAILURE_LIMIT - 1):
            assert login(user.email, "wrong").status_code == 401
        assert login(user.email).status_code == 200
    user.refresh_from_db()
    assert user.last_login is not None
