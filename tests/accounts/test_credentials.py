"""Credentials that have lost their role are rejected everywhere at once."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings
from rest_framework.test import APIClient

from smartscheduler.accounts.active_sign_ins import revoke_all
from smartscheduler.accounts.credentials import Credential, Refusal, standing
from smartscheduler.accounts.models import TokenFamily, User
from smartscheduler.accounts.permissions import Role
from smartscheduler.accounts.second_factor.services import remove
from smartscheduler.accounts.services import keep_account
from smartscheduler.accounts.tokens import SignedRefresh, sign_in
from smartscheduler.accounts.websocket_auth import Visitor
from smartscheduler.accounts.websocket_tickets import issue_ticket
from smartscheduler.audit.models import AuditEntry
from smartscheduler.events.sockets.connections import Connection, may_stay
from tests.accounts.authenticators import code_of, signed_in_with_code, with_second_factor
from tests.accounts.test_sessions import browser
from tests.accounts.test_websocket_auth import handshake, visitor_of
from tests.api import V1, ApiResponse
from tests.factories import PASSWORD, UserFactory

pytestmark = pytest.mark.django_db
SET_UP, OFF, PASSWORD_PAGE = "/admin/second-factor/set-up/", "/admin/second-factor/off/", "/admin/password_change/"


def refresh(token: Any, agent: str = "Firefox", address: str = "198.51.100.7") -> ApiResponse:
    body = {"refresh": token}
    return APIClient().post(f"{V1}/auth/refresh/", body, REMOTE_ADDR=address, HTTP_USER_AGENT=agent)


def identity(token: str) -> str:
    return str(SignedRefresh(token)["jti"])  # type: ignore[arg-type]


class Holder:
    """An account with one credential of each kind."""

    def __init__(self, user: User) -> None:
        self.user = user
        self.pair, spare = sign_in(user), sign_in(user)
        self.browser = browser(user)
        family = TokenFamily.objects.filter(user=user).earliest("created_at")
        self.ticket, _ = issue_ticket(Credential.of(user, family.pk))
        self.refreshed = spare.refresh
        self.socket = Connection(Visitor(user, Credential.of(user, family.pk)))

    def answers(self) -> dict[Any, Any]:
        """What each kind of credential is answered now; True where it still holds."""
        access = APIClient().get(f"{V1}/auth/me/", HTTP_AUTHORIZATION=f"Bearer {self.pair.access}")
        poll = APIClient().get(f"{V1}/events/", HTTP_AUTHORIZATION=f"Bearer {self.pair.access}")
        return {
            "session": self.browser.get(f"{V1}/auth/me/").status_code == 200,
            "access token": access.status_code == 200,
            "list of events": poll.status_code == 200,
            "refresh token": refresh(self.refreshed).status_code == 200,
            "ticket": visitor_of(handshake(origin=None, ticket=self.ticket, host="testserver")) is not None,
            "open socket": may_stay([self.socket]) == [True],
        }


def made_administrator(user: User) -> None:
    user.role = Role.ADMINISTRATOR
    keep_account(user)


def switched_off(user: User) -> None:
    user.is_active = False
    keep_account(user)


def given_another_password(user: User) -> None:
    user.set_password("another password, long enough")
    user.save()


def given_a_second_factor(user: User) -> None:
    User.objects.filter(pk=user.pk).update(second_factor_at=timezone.now())


CHANGES = [made_administrator, switched_off, given_another_password, given_a_second_factor, revoke_all]


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_every_kind_of_credential_ends_at_once(settings: Settings, change: Callable[..., Any]) -> None:
    settings.SECOND_FACTOR_REQUIRED = ["administrator"]
    holder = Holder(UserFactory(role=Role.COORDINATOR))
    change(holder.user)
    assert set(holder.answers().values()) == {False}, holder.answers()


def test_every_kind_of_credential_holds_before(settings: Settings) -> None:
    settings.SECOND_FACTOR_REQUIRED = ["administrator"]
    assert set(Holder(UserFactory(role=Role.COORDINATOR)).answers().values()) == {True}


def test_a_token_says_that_the_role_needs_a_second_factor(settings: Settings) -> None:
    settings.SECOND_FACTOR_REQUIRED = ["administrator"]
    user = UserFactory(role=Role.COORDINATOR)
    access = sign_in(user).access
    made_administrator(user)
    answer = APIClient().get(f"{V1}/contractors/", HTTP_AUTHORIZATION=f"Bearer {access}")
    assert answer.status_code == 401
    assert "requires a second factor" in answer.json()["detail"]


def test_many_credentials_cost_two_queries(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    users = [UserFactory() for _ in range(4)]
    credentials = [Credential.of(user, sign_in(user).user.token_families.get().pk) for user in users]
    with django_assert_num_queries(2):
        states = standing(credentials)
    assert states == users
    assert not any(isinstance(state, Refusal) for state in states)


class TestSettingUp:
    def test_asks_for_the_password(self) -> None:
        user = UserFactory()
        here = browser(user)
        page = here.get(SET_UP)
        key = here.session["second_factor_key"]
        assert b'name="password"' in page.content
        for typed in ({}, {"password": "wrong"}):
            answer = here.post(SET_UP, {"code": code_of(key), **typed})
            assert answer.status_code == 200
            assert not User.objects.get(pk=user.pk).second_factor_at

    def test_ends_all_other_sign_ins_and_keeps_this_one(self) -> None:
        user = UserFactory()
        here, elsewhere, pair = browser(user), browser(user), sign_in(user)
        here.get(SET_UP)
        here.post(SET_UP, {"code": code_of(here.session["second_factor_key"]), "password": PASSWORD})
        assert User.objects.get(pk=user.pk).second_factor_at
        assert here.get(f"{V1}/auth/me/").status_code == 200
        assert elsewhere.get(f"{V1}/auth/me/").status_code == 401
        assert refresh(pair.refresh).status_code == 401
        assert not TokenFamily.objects.filter(user=user, revoked_at=None).exists()

    def test_a_removal_ends_them_too(self) -> None:
        user = with_second_factor()
        pair = sign_in(user)
        remove(user=user, actor=None)
        assert refresh(pair.refresh).status_code == 401
        assert not TokenFamily.objects.filter(user=user, revoked_at=None).exists()


@pytest.mark.parametrize(
    ("path", "form"),
    [
        (PASSWORD_PAGE, {"old_password": "wrong", "new_password1": "x", "new_password2": "x"}),
        (SET_UP, {"password": "wrong", "code": "123456"}),
        (OFF, {"password": "wrong", "code": "123456"}),
        ("/admin/sign-ins/", {"signing": "others", "password": "wrong"}),
    ],
)
def test_a_wrong_password_counts_toward_the_sign_in_limits(settings: Settings, path: str, form: dict[str, str]) -> None:
    settings.AXES_FAILURE_LIMIT = 3
    user = UserFactory() if path != OFF else with_second_factor()
    client = browser(user) if path != OFF else signed_in_with_code(user)
    assert [client.post(path, form).status_code for _ in range(3)] == [200, 200, 429]
    assert Client().post("/admin/login/", {"username": user.email, "password": PASSWORD}).status_code == 429
    assert AuditEntry.objects.filter(about=user, act="sign-in-failed").count() >= 3


def test_the_right_old_password_changes_it_and_ends_all_other_sign_ins() -> None:
    user = UserFactory()
    here, elsewhere, pair = browser(user), browser(user), sign_in(user)
    new = "quite another passphrase 94"
    answer = here.post(PASSWORD_PAGE, {"old_password": PASSWORD, "new_password1": new, "new_password2": new})
    assert answer.status_code == 302, answer.content
    assert here.get(f"{V1}/auth/me/").status_code == 200
    assert elsewhere.get(f"{V1}/auth/me/").status_code == 401
    assert refresh(pair.refresh).status_code == 401


class TestRepeatedRefresh:
    def test_the_same_client_gets_the_same_new_token(self) -> None:
        old = sign_in(UserFactory()).refresh
        first, again = refresh(old).json(), refresh(old).json()
        assert refresh(first["refresh"]).status_code == 200
        assert refresh(again["refresh"]).status_code == 200  # a repetition of the exchange before
        assert APIClient().get(f"{V1}/auth/me/", HTTP_AUTHORIZATION=f"Bearer {again['access']}").status_code == 200
        assert TokenFamily.objects.get().revoked_at is None

    @pytest.mark.parametrize("other", [{"agent": "curl"}, {"address": "203.0.113.9"}])
    def test_another_client_ends_the_family(self, other: dict[str, str]) -> None:
        old = sign_in(UserFactory()).refresh
        new = refresh(old).json()["refresh"]
        assert refresh(old, **other).status_code == 401
        assert refresh(new).status_code == 401
        assert AuditEntry.objects.filter(act="token-reused").count() == 1

    def test_after_some_seconds_the_same_client_ends_it_too(self, settings: Settings) -> None:
        old = sign_in(UserFactory()).refresh
        new = refresh(old).json()["refresh"]
        with time_machine.travel(timezone.now() + timedelta(seconds=settings.REFRESH_RETRY_SECONDS + 1)):
            assert refresh(old).status_code == 401
            assert refresh(new).status_code == 401
        assert AuditEntry.objects.filter(act="token-reused").count() == 1

    def test_a_token_of_two_exchanges_ago_ends_it(self) -> None:
        old = sign_in(UserFactory()).refresh
        new = refresh(old).json()["refresh"]
        assert refresh(new).status_code == 200
        assert refresh(old).status_code == 401
        assert TokenFamily.objects.get().revoked_at

    def test_can_be_switched_off(self, settings: Settings) -> None:
        settings.REFRESH_RETRY_SECONDS = 0
        old = sign_in(UserFactory()).refresh
        assert [refresh(old).status_code, refresh(old).status_code] == [200, 401]

    @pytest.mark.django_db(transaction=True)
    def test_two_tabs_that_share_a_token_stay_signed_in_round_after_round(self) -> None:
        token, together = sign_in(UserFactory()).refresh, Barrier(2)

        def tab(_: int) -> str:
            together.wait(timeout=60)
            try:
                answer = refresh(token)
                assert answer.status_code == 200
                return str(answer.json()["refresh"])
            finally:
                connection.close()

        with ThreadPoolExecutor(2) as pool:
            for _ in range(8):
                first, second = pool.map(tab, range(2))
                assert identity(first) == identity(second)
                token = first
        family = TokenFamily.objects.get()
        assert (family.revoked_at, family.current) == (None, identity(token))
        assert not AuditEntry.objects.filter(act="token-reused").exists()

    @pytest.mark.django_db(transaction=True)
    def test_of_sixteen_at_once_one_family_lives_on_and_all_hold_its_tokens(self) -> None:
        old = sign_in(UserFactory()).refresh
        together = Barrier(16)

        def attempt(_: Any) -> ApiResponse:
            together.wait(timeout=60)
            try:
                return refresh(old)
            finally:
                connection.close()

        with ThreadPoolExecutor(16) as pool:
            answers = list(pool.map(attempt, range(16)))
        assert [answer.status_code for answer in answers] == [200] * 16
        family = TokenFamily.objects.get()
        assert family.revoked_at is None
        for answer in answers:
            access = answer.json()["access"]
            assert APIClient().get(f"{V1}/auth/me/", HTTP_AUTHORIZATION=f"Bearer {access}").status_code == 200
        assert refresh(answers[-1].json()["refresh"]).status_code == 200
        assert not AuditEntry.objects.filter(act="token-reused").exists()
