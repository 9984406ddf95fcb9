"""Browser sessions: lifetime, list of active sign-ins, and revocation."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings
from time_machine import travel

from smartscheduler.accounts import active_sign_ins
from smartscheduler.accounts.models import BrowserSession, TokenFamily, User
from smartscheduler.accounts.permissions import Role
from smartscheduler.accounts.tokens import rotate, sign_in
from smartscheduler.audit.models import AuditEntry
from tests.accounts.test_websocket_auth import admitted, handshake
from tests.api import V1, client_of
from tests.factories import PASSWORD, UserFactory
from tests.pages import PageResponse, fields, saved, signed_in

pytestmark = pytest.mark.django_db
PAGE, NEW = "/admin/sign-ins/", "a completely different phrase"


@pytest.fixture
def user() -> User:
    return UserFactory(role=Role.ADMINISTRATOR)


def browser(user: User, password: str = PASSWORD) -> Client:
    client = Client()
    assert client.post("/admin/login/", {"username": user.email, "password": password}).status_code == 302
    return client


def is_in(client: Client) -> bool:
    return client.get(f"{V1}/auth/me/").status_code == 200


def later(**time: Any) -> travel:
    return time_machine.travel(timezone.now() + timedelta(**time))


class TestTime:
    def test_an_idle_hour_ends_the_session(self, user: User) -> None:
        client = browser(user)
        with later(minutes=settings.SESSION_IDLE_MINUTES - 1):
            assert is_in(client)
        with later(minutes=2 * settings.SESSION_IDLE_MINUTES - 5):
            assert is_in(client)  # because of the requests in between
        with later(minutes=3 * settings.SESSION_IDLE_MINUTES):
            assert not is_in(client)

    def test_every_session_ends_after_twelve_hours(self, user: User) -> None:
        client = browser(user)
        for hour in range(1, 2 * settings.SESSION_LONGEST_HOURS):
            with later(minutes=30 * hour):
                assert is_in(client), hour
        with later(hours=settings.SESSION_LONGEST_HOURS, seconds=1):
            assert not is_in(client)

    def test_the_socket_goes_by_the_same_clock(self, user: User, settings: Settings) -> None:
        settings.ALLOWED_HOSTS = ["testserver", "scheduler.example.com"]
        cookie = f"{settings.SESSION_COOKIE_NAME}={browser(user).cookies[settings.SESSION_COOKIE_NAME].value}"
        visitor = admitted(handshake(origin="https://scheduler.example.com", cookie=cookie))
        assert visitor.still() == user
        with later(minutes=settings.SESSION_IDLE_MINUTES + 1):
            assert visitor.still() is None

    def test_activity_is_saved_once_a_minute(self, user: User) -> None:
        client = browser(user)

        def writes() -> list[Any]:
            with CaptureQueriesContext(connection) as queries:
                assert is_in(client)
            return [query for query in queries if 'UPDATE "accounts_browsersession"' in query["sql"]]

        assert writes() == []
        with later(seconds=61):
            assert len(writes()) == 1
            assert writes() == []

    def test_signing_in_changes_the_key(self, user: User) -> None:
        client = Client()
        session = client.session
        session["before"] = "anything"
        session.save()
        client.cookies[settings.SESSION_COOKIE_NAME] = session.session_key or ""
        client.post("/admin/login/", {"username": user.email, "password": PASSWORD})
        assert client.session.session_key != session.session_key or ""
        assert not BrowserSession.objects.filter(session_key=session.session_key).exists()

    def test_a_row_says_whose_it_is_and_not_how_to_use_it(self, user: User) -> None:
        client = browser(user)
        row = BrowserSession.objects.get()
        assert row.user == user
        assert str(row.public_id) not in client.cookies[settings.SESSION_COOKIE_NAME].value
        client.post("/admin/logout/")
        assert not BrowserSession.objects.filter(user=user).exists()

    def test_tokens_that_are_always_refreshed_end_too(self, user: User) -> None:
        refresh = sign_in(user).refresh
        for day in range(6, settings.TOKEN_LONGEST_DAYS, 6):
            with later(days=day):
                refresh = rotate(refresh).refresh
        assert TokenFamily.objects.get().expires_at <= timezone.now() + timedelta(days=settings.TOKEN_LONGEST_DAYS)
        with later(days=settings.TOKEN_LONGEST_DAYS, seconds=1):
            answer = Client().post(f"{V1}/auth/refresh/", {"refresh": refresh}, content_type="application/json")
            assert answer.status_code == 401


class TestSeenAndEnded:
    def test_own_sessions_are_listed_with_this_one_marked(self, user: User) -> None:
        here, _elsewhere, _program = browser(user), browser(user), sign_in(user)
        browser(UserFactory())
        signings = here.get(PAGE).context["signings"]
        assert sorted(signing.kind for signing in signings) == ["API", "Browser", "Browser"]
        assert [signing.is_this for signing in signings].count(True) == 1
        shown = here.get(PAGE).content.decode()
        assert not any(row.session_key in shown for row in BrowserSession.objects.all())

    @pytest.mark.parametrize("kind", ["Browser", "API"])
    def test_one_ends(self, user: User, kind: str) -> None:
        here, elsewhere, program = browser(user), browser(user), client_of(user)
        chosen = next(
            signing for signing in here.get(PAGE).context["signings"] if signing.kind == kind and not signing.is_this
        )
        assert here.post(PAGE, {"signing": chosen.id, "password": PASSWORD}).status_code == 302
        assert (is_in(here), is_in(elsewhere)) == (True, kind == "API")
        assert program.get(f"{V1}/auth/me/").status_code == (401 if kind == "API" else 200)
        entry = AuditEntry.objects.get(act="sign-ins-ended")
        assert (entry.user_id, entry.about_id, entry.details) == (user.pk, user.pk, {"count": 1})

    def test_all_others_end_sockets_with_tickets_too(self, user: User, settings: Settings) -> None:
        settings.ALLOWED_HOSTS = ["testserver", "scheduler.example.com"]
        here, elsewhere, program = browser(user), browser(user), client_of(user)
        sockets = []
        for client in (program, elsewhere):
            ticket = client.post(f"{V1}/auth/ws-ticket/", content_type="application/json").json()["ticket"]
            sockets.append(admitted(handshake(origin="https://scheduler.example.com", ticket=ticket)))
        assert all(socket.still() for socket in sockets)
        assert here.post(PAGE, {"signing": "others", "password": PASSWORD}).status_code == 302
        assert (is_in(here), is_in(elsewhere)) == (True, False)
        assert program.get(f"{V1}/auth/me/").status_code == 401
        assert not any(socket.still() for socket in sockets)

    @pytest.mark.parametrize(
        "sent", [{"password": "not this one"}, {"password": ""}, {"signing": "x"}, {"signing": ""}]
    )
    def test_nothing_ends_without_the_password_or_a_choice(self, user: User, sent: dict[str, str]) -> None:
        here, elsewhere = browser(user), browser(user)
        answer = here.post(PAGE, {"signing": "others", "password": PASSWORD, **sent})
        assert answer.status_code == 200
        assert answer.context["form"].errors
        assert is_in(elsewhere)
        assert not AuditEntry.objects.filter(act="sign-ins-ended").exists()

    def test_those_of_others_are_out_of_reach(self, user: User) -> None:
        stranger = UserFactory()
        theirs = browser(stranger)
        chosen = active_sign_ins.active_sign_ins_of(stranger)[0]
        browser(user).post(PAGE, {"signing": chosen.id, "password": PASSWORD})
        assert is_in(theirs)

    def test_the_page_needs_a_sign_in(self) -> None:
        assert Client().get(PAGE)["Location"].startswith("/admin/login/")

    def test_an_administrator_ends_sessions_of_an_account(self, user: User) -> None:
        client, program, boss = browser(user), client_of(user), signed_in(Role.ADMINISTRATOR)
        page = f"/admin/accounts/user/{user.pk}/change/"
        saved(boss.post(page, fields(boss, page, "user_form") | {"sign_out": "on"}))
        assert not is_in(client)
        assert program.get(f"{V1}/auth/me/").status_code == 401
        assert is_in(boss)

    def test_an_account_that_is_reactivated_stays_signed_out(self, user: User) -> None:
        client, program, boss = browser(user), client_of(user), signed_in(Role.ADMINISTRATOR)
        page = f"/admin/accounts/user/{user.pk}/change/"
        sent = fields(boss, page, "user_form")
        saved(boss.post(page, {name: value for name, value in sent.items() if name != "is_active"}))
        assert not is_in(client)
        saved(boss.post(page, sent))
        user.refresh_from_db()
        assert user.is_active
        assert not is_in(client)
        assert program.get(f"{V1}/auth/me/").status_code == 401


class TestPassword:
    CHANGE = "/admin/password_change/"

    def change(self, client: Client, old: str, new: str = NEW) -> PageResponse:
        return client.post(self.CHANGE, {"old_password": old, "new_password1": new, "new_password2": new})

    def test_a_change_ends_all_others_and_keeps_this_one(self, user: User) -> None:
        here, elsewhere, program, refresh = browser(user), browser(user), client_of(user), sign_in(user).refresh
        assert self.change(here, PASSWORD).status_code == 302
        assert (is_in(here), is_in(elsewhere)) == (True, False)
        assert program.get(f"{V1}/auth/me/").status_code == 401
        answer = Client().post(f"{V1}/auth/refresh/", {"refresh": refresh}, content_type="application/json")
        assert answer.status_code == 401

    def test_it_needs_the_present_one(self, user: User) -> None:
        here = browser(user)
        assert "old_password" in self.change(here, "not the present one").context["form"].errors
        assert self.change(here, PASSWORD, "short").status_code == 200
        assert is_in(browser(user, PASSWORD))
