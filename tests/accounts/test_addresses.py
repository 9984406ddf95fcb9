"""Normal form of account addresses in every look-up and count."""

import pytest
from axes.models import AccessAttempt
from django.core.management import CommandError, call_command
from django.db import IntegrityError
from django.test import Client, RequestFactory
from pytest_django import Settings
from rest_framework.test import APIClient

from smartscheduler.accounts.axes_hooks import username_of
from smartscheduler.accounts.models import User
from smartscheduler.audit.models import AuditEntry
from smartscheduler.backoffice.forms.accounts import NewAccountForm
from tests.api import V1
from tests.factories import PASSWORD, UserFactory

pytestmark = pytest.mark.django_db
NAME = "coordinator.k.s@example.com"
# Letters that one of PostgreSQL and Python takes for i, k or s, and full-width ones.
OTHERS = [
    NAME.replace("i", "\u0131"),
    NAME.replace("i", "\u0130"),
    NAME.replace("k", "\u212a"),
    NAME.replace("s", "\u017f"),
    NAME.replace("c", "\uff43"),
    NAME.replace("s", "\u00df"),
]


@pytest.fixture
def user() -> User:
    return UserFactory(email=NAME)


@pytest.mark.parametrize("other", OTHERS, ids=ascii)
class TestAnotherSpelling:
    def test_finds_no_account(self, user: User, other: str) -> None:
        assert User.objects.with_address(other) is None
        with pytest.raises(User.DoesNotExist):
            User.objects.get_by_natural_key(other)

    def test_does_not_sign_in(self, user: User, other: str) -> None:
        answer = APIClient().post(f"{V1}/auth/login/", {"email": other, "password": PASSWORD})
        assert answer.status_code == 400
        assert "email" in answer.json()["errors"]
        page = Client().post("/admin/login/", {"username": other, "password": PASSWORD})
        assert page.status_code == 200
        assert "_auth_user_id" not in page.client.session

    def test_locks_no_account(self, user: User, other: str, settings: Settings) -> None:
        settings.AXES_FAILURE_LIMIT = 2
        for _ in range(3):
            Client().post("/admin/login/", {"username": other, "password": "wrong"})
        assert Client().post("/admin/login/", {"username": NAME, "password": PASSWORD}).status_code == 302

    def test_is_not_written_down_as_that_account(self, user: User, other: str) -> None:
        Client().post("/admin/login/", {"username": other, "password": "wrong"})
        assert not AuditEntry.objects.filter(about=user, act="sign-in-failed").exists()

    def test_is_refused_for_a_new_account(self, other: str) -> None:
        form_data = {"email": other, "name": "Ann", "role": "manager", "password1": PASSWORD, "password2": PASSWORD}
        assert "email" in NewAccountForm(form_data).errors
        with pytest.raises(ValueError, match="ASCII"):
            User.objects.create_user(other)
        with pytest.raises((CommandError, ValueError)):
            call_command("createsuperuser", email=other, interactive=False)
        assert not User.objects.exists()

    def test_is_refused_by_the_database(self, user: User, other: str) -> None:
        with pytest.raises(IntegrityError):
            User.objects.filter(pk=user.pk).update(email=other)

    def test_removes_no_second_factor(self, user: User, other: str) -> None:
        with pytest.raises(CommandError, match="No account"):
            call_command("remove_second_factor", other)


@pytest.mark.parametrize("written", [NAME.upper(), f"  {NAME} ", NAME.title()])
def test_case_and_blanks_are_the_same_account_and_the_same_count(user: User, written: str) -> None:
    assert User.objects.with_address(written) == user
    assert username_of(RequestFactory().post("/"), {"username": written}) == NAME
    Client().post("/admin/login/", {"username": written, "password": "wrong"})
    assert AccessAttempt.objects.get().username == NAME
    assert AuditEntry.objects.get(act="sign-in-failed").about == user
    assert Client().post("/admin/login/", {"username": written, "password": PASSWORD}).status_code == 302


def test_an_address_in_capitals_is_stored_in_lower_case_and_no_other_form_is() -> None:
    user = User(email="Boss@Example.com", role="manager")
    user.save()
    assert User.objects.get().email == "boss@example.com"
    with pytest.raises(IntegrityError):
        User.objects.filter(pk=user.pk).update(email="Boss@example.com")


def test_a_nul_is_no_error() -> None:
    assert User.objects.with_address("a\x00b@example.com") is None
