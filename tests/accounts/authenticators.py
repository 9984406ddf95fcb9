"""A TOTP authenticator for tests."""

import re
import time
from typing import Any

from django.test import Client
from django_otp.oath import TOTP
from django_otp.plugins.otp_totp.models import TOTPDevice

from smartscheduler.accounts.models import User
from smartscheduler.accounts.second_factor import totp_keys
from smartscheduler.accounts.second_factor.services import set_up
from tests.factories import PASSWORD, UserFactory

STEP = 30
CODE = re.compile(r"<code>([a-z0-9]{5}-[a-z0-9]{5})</code>")


def code_of(key: str, ahead: int = 0) -> str:
    """What the authenticator with this key shows now, or so many steps of 30 s ahead."""
    totp = TOTP(bytes.fromhex(key))
    totp.time = time.time() + ahead * STEP
    return f"{totp.token():06d}"


def next_code(user: User, ahead: int = 1) -> str:
    """The next code: the present one was spent when the authenticator was set up."""
    return code_of(TOTPDevice.objects.get(user=user).key, ahead)


def with_second_factor(**values: Any) -> User:
    """An account with an authenticator; its recovery codes are those of `recovery_codes_of`."""
    user = UserFactory(**values)
    key = totp_keys.new_key()
    user.recovery_codes = set_up(user=user, key=key, code=code_of(key))  # type: ignore[attr-defined]
    return user


def recovery_codes_of(user: User) -> list[str]:
    """The recovery codes of an account of `with_second_factor`."""
    codes: list[str] = user.recovery_codes  # type: ignore[attr-defined]
    return codes


def give_password(user: User, password: str = PASSWORD, *, to: str = "/admin/", **meta: Any) -> Client:
    """A browser after the first step."""
    client = Client(**meta)
    client.post(f"/admin/login/?next={to}", {"username": user.email, "password": password})
    return client


def signed_in_with_code(user: User) -> Client:
    client = give_password(user)
    answer = client.post("/admin/login/code/", {"code": next_code(user)})
    assert answer.status_code == 302, answer.content
    return client
