"""Rejected tokens: other algorithms, keys, purposes, and times; and rotation of the secret key."""

import base64
import json
from datetime import timedelta
from typing import Any

import jwt
import pytest
from django.conf import settings
from django.utils import timezone
from pytest_django import Settings
from rest_framework.test import APIClient

from smartscheduler.accounts.tokens import SignedAccess, rotate, sign_in
from tests.api import V1
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def access() -> str:
    return sign_in(UserFactory()).access


def me(token: str) -> int:
    return APIClient().get(f"{V1}/auth/me/", HTTP_AUTHORIZATION=f"Bearer {token}").status_code


def key() -> str:
    return str(SignedAccess().token_backend.signing_key)


def payload(token: str) -> dict[str, Any]:
    return jwt.decode(token, options={"verify_signature": False})


def part(value: dict[Any, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def test_ours_is_taken_and_says_nothing_about_a_person(access: str) -> None:
    assert me(access) == 200
    assert payload(access).keys() == {
        "token_type", "exp", "iat", "jti", "user_id", "family", "password", "iss", "aud"
    }  # fmt: skip
    assert jwt.get_unverified_header(access) == {"alg": "HS256", "typ": "JWT"}


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "nOnE"])
def test_one_without_a_signature_is_refused(access: str, algorithm: str) -> None:
    for signature in ("", access.split(".")[2]):
        assert me(f"{part({'alg': algorithm, 'typ': 'JWT'})}.{access.split('.')[1]}.{signature}") == 401


@pytest.mark.parametrize("algorithm", ["HS384", "HS512"])
def test_another_algorithm_is_refused_even_with_the_key(access: str, algorithm: str) -> None:
    assert me(jwt.encode(payload(access), key(), algorithm="HS256")) == 200
    assert me(jwt.encode(payload(access), key(), algorithm=algorithm)) == 401


@pytest.mark.parametrize(
    "header", [{"jwk": {"kty": "oct", "k": "YQ"}}, {"jku": "https://evil.example/keys"}, {"kid": "../x"}]
)
def test_a_key_that_it_brings_along_counts_for_nothing(access: str, header: dict[str, Any]) -> None:
    assert me(jwt.encode(payload(access), "a" * 64, algorithm="HS256", headers=header)) == 401


def test_the_key_of_cookies_signs_no_tokens(access: str) -> None:
    assert key() != settings.SECRET_KEY
    assert me(jwt.encode(payload(access), settings.SECRET_KEY, algorithm="HS256")) == 401


@pytest.mark.parametrize(
    "change",
    [
        {"aud": "another-service"},
        {"iss": "somebody-else"},
        {"aud": None},
        {"token_type": "refresh"},
        {"exp": 1},
        {"exp": None},
        {"nbf": 4_000_000_000},
        {"family": "00000000-0000-4000-8000-000000000000"},
        {"password": "x"},
        {"password": None},
    ],
)
def test_each_claim_counts(access: str, change: dict[str, Any]) -> None:
    claims = {name: value for name, value in (payload(access) | change).items() if value is not None}
    assert me(jwt.encode(claims, key(), algorithm="HS256")) == 401


def test_changed_by_one_letter_it_is_worth_nothing(access: str) -> None:
    head, _, signature = access.split(".")
    assert me(f"{head}.{part(payload(access) | {'user_id': str(UserFactory().pk)})}.{signature}") == 401


def test_a_new_secret_key_keeps_sign_ins_while_the_old_one_is_a_fallback(access: str, settings: Settings) -> None:
    refresh = sign_in(UserFactory()).refresh
    old, settings.SECRET_KEY = settings.SECRET_KEY, "another key, as long as one has to be for this " * 2
    assert me(access) == 401
    settings.SECRET_KEY_FALLBACKS = [old]
    assert me(access) == 200
    fresh = rotate(refresh)
    settings.SECRET_KEY_FALLBACKS = []
    assert (me(access), me(fresh.access)) == (401, 200)


def test_a_new_secret_key_leaves_sessions(settings: Settings) -> None:
    from tests.accounts.test_sessions import browser, is_in

    client = browser(UserFactory())
    old, settings.SECRET_KEY = settings.SECRET_KEY, "another key, as long as one has to be for this " * 2
    settings.SECRET_KEY_FALLBACKS = [old]
    assert is_in(client)
    settings.SECRET_KEY_FALLBACKS = []
    assert is_in(client)  # because its hash was updated


def test_lifetimes_are_short() -> None:
    lifetime: Any = settings.SIMPLE_JWT["ACCESS_TOKEN_LIFETIME"]
    assert lifetime <= timedelta(minutes=15)
    assert sign_in(UserFactory()).user.token_families.get().expires_at <= timezone.now() + timedelta(days=7)
