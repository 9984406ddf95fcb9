"""Audit entries of sign-ins, failed sign-ins, and changed accounts."""

from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from pytest_django import Settings
from rest_framework.test import APIClient

from smartscheduler.accounts.models import User
from smartscheduler.accounts.permissions import Role
from smartscheduler.audit.models import AuditEntry
from tests.accounts.test_api_auth import login, refresh
from tests.api import V1
from tests.factories import PASSWORD, UserFactory
from tests.pages import fields, saved, signed_in

pytestmark = pytest.mark.django_db
FROM: dict[str, Any] = {"REMOTE_ADDR": "192.0.2.9"}


def entries(**filters: str) -> list[Any]:
    """Act, reason and account of what was written after the accounts had been made, in order."""
    rows = AuditEntry.objects.exclude(act="user-created").filter(**filters).order_by("id")
    return [(row.act, row.reason, (row.about or row.user) and (row.about or row.user).email) for row in rows]


def sign_in(email: str, password: str = PASSWORD, **headers: Any) -> Client:
    client = Client(**FROM)
    client.post("/admin/login/?next=/admin/", {"username": email, "password": password}, **headers)
    return client


def test_in_and_out_by_the_page() -> None:
    user = UserFactory(email="ann@example.com")
    sign_in("Ann@example.com").post("/admin/logout/")
    assert entries() == [("signed-in", "", "ann@example.com"), ("signed-out", "", "ann@example.com")]
    came = AuditEntry.objects.get(act="signed-in")
    assert (came.user, came.name, came.address, came.door, came.place) == (
        user,
        user.name,
        "192.0.2.9",
        "back-office",
        "POST /admin/login/",
    )


def test_in_and_out_by_the_api() -> None:
    user = UserFactory(email="ann@example.com")
    pair = login(user.email, REMOTE_ADDR="192.0.2.9").json()
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {pair['access']}")
    assert client.post(f"{V1}/auth/logout/", {"refresh": pair["refresh"]}).status_code == 204
    assert entries() == [("signed-in", "", user.email), ("signed-out", "", user.email)]
    came = AuditEntry.objects.get(act="signed-in")
    assert (came.door, came.address) == ("API", "192.0.2.9")


@pytest.mark.parametrize("door", [sign_in, login])
@pytest.mark.parametrize("reason", ["password", "inactive", "unknown"])
def test_a_refusal_says_why_and_about_whom(door: Callable[..., Any], reason: str) -> None:
    UserFactory(email="ann@example.com", is_active=reason != "inactive")
    email = "my-secret-password" if reason == "unknown" else "ann@example.com"
    door(f"{email}@example.org" if reason == "unknown" else email, PASSWORD if reason == "inactive" else "wrong")
    assert entries() == [("sign-in-failed", reason, None if reason == "unknown" else "ann@example.com")]
    (kept,) = AuditEntry.objects.exclude(act="user-created").values_list("name", "about_name", "details", "place")
    assert "my-secret-password" not in str(kept)


@pytest.mark.parametrize("door", [sign_in, login])
def test_a_locked_account_is_told_apart(door: Callable[..., Any]) -> None:
    user = UserFactory()
    for _ in range(settings.AXES_FAILURE_LIMIT):
        door(user.email, "wrong")
    door(user.email)
    rows = entries()
    assert rows[0] == ("sign-in-failed", "password", user.email)
    assert rows[-1] == ("sign-in-failed", "locked", user.email)
    assert not AuditEntry.objects.filter(act="signed-in").exists()


def test_a_refresh_token_used_twice_is_written_down_once(settings: Settings) -> None:
    settings.REFRESH_RETRY_SECONDS = 0
    user = UserFactory()
    first = login(user.email).json()
    refresh(first["refresh"])
    for _ in range(3):
        refresh(first["refresh"])
    assert entries(act="token-reused") == [("token-reused", "", user.email)]


def test_an_administrator_makes_an_account_and_changes_it() -> None:
    client = signed_in(Role.ADMINISTRATOR)
    boss = User.objects.get()
    body = {"email": "new@example.com", "name": "New", "role": "manager", "is_active": "on"}
    made = {**body, "password1": "correct horse battery", "password2": "correct horse battery"}
    assert saved(client.post("/admin/accounts/user/add/", made))
    user = User.objects.get(email="new@example.com")
    (created,) = AuditEntry.objects.filter(about=user)
    assert (created.act, created.user, created.details) == ("user-created", boss, {"role": "manager"})

    page = reverse("admin:accounts_user_change", args=[user.pk])
    sent = {**fields(client, page, "user_form"), "role": "administrator", "email": "other@example.com"}
    del sent["is_active"]
    assert saved(client.post(page, sent))
    changes = AuditEntry.objects.filter(about=user).exclude(pk=created.pk).order_by("id")
    assert [(change.act, change.details, change.user) for change in changes] == [
        ("email-changed", {}, boss),
        ("role-changed", {"before": "manager", "role": "administrator"}, boss),
        ("user-deactivated", {}, boss),
    ]
    user.refresh_from_db()
    user.is_active = True
    user.save(update_fields=["is_active"])
    assert AuditEntry.objects.filter(about=user).latest("id").act == "user-activated"


def test_what_does_not_matter_is_not_written() -> None:
    user = UserFactory(name="Ann")
    user.name = "Ann Other"
    user.save()
    assert entries() == []


def test_a_new_password_by_whatever_way() -> None:
    client = signed_in(Role.ADMINISTRATOR)
    boss, user = User.objects.get(), UserFactory()
    new = {"password1": "correct horse battery", "password2": "correct horse battery"}
    client.post(reverse("admin:auth_user_password_change", args=[user.pk]), new)
    own = {"old_password": PASSWORD, "new_password1": new["password1"], "new_password2": new["password1"]}
    client.post(reverse("admin:password_change"), own)
    user.set_password("yet another password")
    user.save(update_fields=["password"])
    changes = AuditEntry.objects.filter(act="password-changed").order_by("id")
    assert [(change.user, change.about) for change in changes] == [(boss, user), (boss, boss), (None, user)]


def test_a_hash_that_is_made_stronger_is_no_new_password(settings: Settings) -> None:
    user = UserFactory()
    settings.PASSWORD_HASHERS = [
        "django.contrib.auth.hashers.PBKDF2PasswordHasher",
        "django.contrib.auth.hashers.MD5PasswordHasher",
    ]
    before = user.password
    assert login(user.email).status_code == 200
    user.refresh_from_db()
    assert user.password != before
    assert entries() == [("signed-in", "", user.email)]


def test_a_command_is_a_source_too() -> None:
    call_command("createsuperuser", interactive=False, email="root@example.com", stdout=StringIO())
    made = AuditEntry.objects.get()
    assert (made.act, made.user, made.about.email) == ("user-created", None, "root@example.com")
    assert made.details == {"role": "administrator"}
