"""Sign-in with a second factor: no access before the code, codes are valid once, and guessing is limited."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import timezone
from django_otp.plugins.otp_static.models import StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice
from pytest_django import Settings

from smartscheduler.accounts.models import TokenFamily, User
from smartscheduler.accounts.permissions import Role
from smartscheduler.accounts.second_factor.services import CodeRefused, check
from smartscheduler.accounts.session_store import SessionStore
from smartscheduler.accounts.websocket_auth import Visitor
from smartscheduler.audit.models import AuditEntry
from tests.accounts.authenticators import (
    CODE,
    code_of,
    give_password,
    next_code,
    recovery_codes_of,
    signed_in_with_code,
    with_second_factor,
)
from tests.accounts.test_websocket_auth import visitor_of
from tests.api import V1, client_of, problem
from tests.factories import PASSWORD, UserFactory
from tests.pages import PageResponse, model_admins, signed_in

pytestmark = pytest.mark.django_db
STANDING, SET_UP, CODES, OFF = (
    "/admin/second-factor/",
    "/admin/second-factor/set-up/",
    "/admin/second-factor/codes/",
    "/admin/second-factor/off/",
)
CODE_STEP = "/admin/login/code/"


def acts(user: User) -> list[Any]:
    """What was written about an account since it was made."""
    rows = AuditEntry.objects.filter(about=user) | AuditEntry.objects.filter(user=user)
    return [(entry.act, entry.reason) for entry in rows.exclude(act="user-created").order_by("id")]


def signed_in_as(client: Client) -> Any:
    answer = client.get(f"{V1}/auth/me/")
    return answer.json()["email"] if answer.status_code == 200 else None


def handshake(client: Client) -> Visitor | None:
    """A WebSocket's handshake with the cookie of `client`, from the same origin."""
    cookie = "; ".join(f"{name}={morsel.value}" for name, morsel in client.cookies.items())
    headers = [(b"host", b"testserver"), (b"origin", b"http://testserver"), (b"cookie", cookie.encode())]
    return visitor_of({"type": "websocket", "path": "/ws/events/", "headers": headers, "query_string": b""})


class TestSigningIn:
    def test_asks_for_the_code_and_then_leads_on(self) -> None:
        user = with_second_factor()
        client = Client()
        sent = {"username": user.email, "password": PASSWORD}
        first = client.post("/admin/login/?next=/admin/jobs/job/", sent)
        assert first["Location"] == f"{CODE_STEP}?next=%2Fadmin%2Fjobs%2Fjob%2F"
        assert client.get(first["Location"]).status_code == 200
        assert client.post(first["Location"], {"code": next_code(user)})["Location"] == "/admin/jobs/job/"
        assert signed_in_as(client) == user.email
        assert acts(user)[-1] == ("signed-in", "")

    def test_nothing_is_open_before_the_code(self) -> None:
        client = give_password(with_second_factor(role=Role.ADMINISTRATOR))
        for path in ("/", "/admin/", "/admin/jobs/job/", STANDING, SET_UP, OFF, "/admin/password_change/"):
            assert client.get(path).status_code == 302, path
            assert "login" in client.get(path)["Location"]
        for path in ("auth/me/", "jobs/", "contractors/"):
            assert client.get(f"{V1}/{path}").status_code == 401
        assert client.get("/live/?parts=figures").status_code == 401
        assert client.post(f"{V1}/auth/ws-ticket/", {}, content_type="application/json").status_code == 401
        assert handshake(client) is None
        assert not AuditEntry.objects.filter(act="signed-in").exists()

    def test_the_socket_opens_after_it(self) -> None:
        user = with_second_factor()
        visitor = handshake(signed_in_with_code(user))
        assert visitor
        assert visitor.user == user

    def test_the_key_of_the_session_changes_with_each_step(self) -> None:
        user = with_second_factor()
        client = Client()
        client.get("/admin/login/")
        client.post("/admin/login/", {"username": user.email, "password": PASSWORD})
        halfway = client.session.session_key
        client.post(CODE_STEP, {"code": next_code(user)})
        assert halfway
        assert client.session.session_key != halfway
        stale = Client()
        stale.cookies["sessionid"] = halfway
        assert signed_in_as(stale) is None

    def test_earlier_sign_ins_of_the_browser_end(self) -> None:
        client = signed_in()
        user = with_second_factor()
        client.post("/admin/login/", {"username": user.email, "password": PASSWORD})
        assert signed_in_as(client) is None

    def test_a_foreign_address_is_not_led_to(self) -> None:
        user = with_second_factor()
        client = give_password(user, to="https://evil.example/")
        assert client.post(f"{CODE_STEP}?next=https://evil.example/", {"code": next_code(user)})["Location"] == "/"

    def test_a_wrong_code_opens_nothing_and_is_written_down(self) -> None:
        user = with_second_factor()
        client = give_password(user)
        answer = client.post(CODE_STEP, {"code": "000000"})
        assert "The code is wrong" in answer.content.decode()
        assert signed_in_as(client) is None
        assert acts(user)[-1] == ("sign-in-failed", "code")

    @pytest.mark.parametrize("code", ["", "x" * 21, "12345\x00", "１２３４５６", "१२३४५६", "-1", "1e5"])
    def test_odd_codes_are_wrong_codes(self, code: str) -> None:
        client = give_password(with_second_factor())
        assert client.post(CODE_STEP, {"code": code}).status_code == 200
        assert signed_in_as(client) is None

    @pytest.mark.parametrize("late", [0, 301])
    def test_waits_five_minutes_for_the_code(self, late: int) -> None:
        user = with_second_factor()
        client = give_password(user)
        with time_machine.travel(timezone.now() + timedelta(seconds=late)):
            assert client.get(CODE_STEP).status_code == (302 if late else 200)
            client.post(CODE_STEP, {"code": next_code(user)})
            assert signed_in_as(client) == (None if late else user.email)

    @pytest.mark.parametrize("change", [{"is_active": False}, {"password": "!"}, {"second_factor_at": None}])
    def test_an_account_that_changes_meanwhile_starts_again(self, change: dict[str, Any]) -> None:
        user = with_second_factor()
        client = give_password(user)
        User.objects.filter(pk=user.pk).update(**change)
        assert client.get(CODE_STEP)["Location"].startswith("/admin/login/?")

    def test_the_code_page_needs_the_password(self, client: Client) -> None:
        assert client.get(f"{CODE_STEP}?next=/admin/")["Location"] == "/admin/login/?next=%2Fadmin%2F"
        assert client.post(CODE_STEP, {"code": "123456"}).status_code == 302

    def test_an_account_without_one_signs_in_as_ever(self) -> None:
        user = UserFactory()
        assert signed_in_as(give_password(user)) == user.email


class TestCodes:
    def test_is_good_once(self) -> None:
        user = with_second_factor()
        code = next_code(user)
        check(user, code)
        with pytest.raises(CodeRefused):
            check(user, code)

    @pytest.mark.django_db(transaction=True)
    def test_of_eight_at_once_one_gets_through(self) -> None:
        user = with_second_factor()
        code, together = next_code(user), threading.Barrier(8)

        def attempt(_: Any) -> bool:
            together.wait(timeout=120)
            try:
                check(user, code)
            except CodeRefused:
                return False
            finally:
                connection.close()
            return True

        with ThreadPoolExecutor(8) as pool:
            assert sorted(pool.map(attempt, range(8))) == [False] * 7 + [True]

    def test_each_wrong_one_doubles_the_wait(self) -> None:
        user, now = with_second_factor(), timezone.now()
        for failures in range(1, 6):
            with time_machine.travel(now, tick=False):
                with pytest.raises(CodeRefused) as wrong:
                    check(user, "000000")
                assert wrong.value.wait == 0
                with pytest.raises(CodeRefused) as early:
                    check(user, next_code(user))
                assert early.value.wait == 2 ** (failures - 1)
            now += timedelta(seconds=2 ** (failures - 1) + 1)
        with time_machine.travel(now, tick=False):
            check(user, next_code(user))
        assert acts(user)[-2:] == [("second-factor-failed", "code"), ("second-factor-failed", "throttled")]

    def test_a_recovery_code_is_good_once_however_it_is_written(self) -> None:
        user = with_second_factor()
        first, second, *_ = recovery_codes_of(user)
        check(user, first.upper().replace("-", " "))
        with pytest.raises(CodeRefused):
            check(user, first)
        with time_machine.travel(timezone.now() + timedelta(seconds=2)):
            check(user, second)
        assert StaticToken.objects.count() == 8
        used = AuditEntry.objects.filter(act="recovery-code-used").order_by("id")
        assert [entry.details for entry in used] == [{"left": 9}, {"left": 8}]

    def test_a_wrong_recovery_code_does_not_stop_the_authenticator(self) -> None:
        user = with_second_factor()
        with pytest.raises(CodeRefused):
            check(user, "aaaaa-aaaaa")
        check(user, next_code(user))

    def test_the_code_of_another_account_is_wrong(self) -> None:
        user, other = with_second_factor(), with_second_factor()
        for code in (recovery_codes_of(other)[0], next_code(other)):
            with pytest.raises(CodeRefused):
                check(user, code)

    def test_recovery_codes_are_not_kept_as_they_are(self) -> None:
        user = with_second_factor()
        kept = {row.token for row in StaticToken.objects.all()}
        assert len(kept) == len(set(recovery_codes_of(user))) == 10
        assert not kept & {code.replace("-", "") for code in recovery_codes_of(user)}

    def test_recovery_codes_outlive_a_new_secret_key_that_knows_the_old(self, settings: Settings) -> None:
        user, old = with_second_factor(), settings.SECRET_KEY
        settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another" * 10, [old]
        check(user, recovery_codes_of(user)[0])


class TestTheApi:
    def login(self, user: User, **body: Any) -> PageResponse:
        return Client().post(
            f"{V1}/auth/login/", {"email": user.email, "password": PASSWORD, **body}, content_type="application/json"
        )

    def test_a_password_alone_is_refused(self) -> None:
        user = with_second_factor()
        answer = self.login(user)
        problem(answer, 401, "second-factor-required")
        assert answer["WWW-Authenticate"].startswith("Bearer")
        assert not TokenFamily.objects.exists()
        assert acts(user)[-1] == ("sign-in-failed", "no-code")

    def test_a_code_lets_in_once(self) -> None:
        user = with_second_factor()
        code = next_code(user)
        assert self.login(user, otp_code=code).status_code == 200
        problem(self.login(user, otp_code=code), 401, "second-factor-failed")

    def test_a_recovery_code_does_too(self) -> None:
        user = with_second_factor()
        assert self.login(user, otp_code=recovery_codes_of(user)[0]).status_code == 200

    def test_guessing_is_stopped(self) -> None:
        user = with_second_factor()
        problem(self.login(user, otp_code="000000"), 401, "second-factor-failed")
        answer = self.login(user, otp_code=next_code(user))
        assert problem(answer, 429, "locked-out")["detail"].startswith("Too many wrong codes")
        assert int(answer["Retry-After"]) == 1
        assert not TokenFamily.objects.exists()

    def test_the_code_says_nothing_about_a_wrong_password(self) -> None:
        user = with_second_factor()
        answer = self.login(user, password="wrong", otp_code=next_code(user))
        problem(answer, 401, "authentication-failed")
        check(user, next_code(user))

    def test_an_unrequested_code_has_no_effect(self) -> None:
        assert self.login(UserFactory(), otp_code="123456").status_code == 200

    def test_a_role_that_must_have_one_gets_no_tokens_without(self, settings: Settings) -> None:
        settings.SECOND_FACTOR_REQUIRED = ["administrator"]
        problem(self.login(UserFactory(role=Role.ADMINISTRATOR)), 401, "second-factor-required")
        assert self.login(UserFactory()).status_code == 200

    def test_tokens_of_before_end(self) -> None:
        user = UserFactory()
        client = client_of(user)
        TOTPDevice.objects.create(user=user)
        User.objects.filter(pk=user.pk).update(second_factor_at=timezone.now())
        assert client.get(f"{V1}/auth/me/").status_code == 401


class TestOnesOwn:
    def test_set_up_by_a_code_and_shown_ten_others_once(self) -> None:
        client = signed_in()
        elsewhere = Client()
        user = User.objects.get()
        elsewhere.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        page = client.get(SET_UP).content.decode()
        key = client.session["second_factor_key"]
        assert "<svg" in page
        assert "otpauth://totp/SmartScheduler%3A" in page
        before = client.session.session_key
        shown = client.post(SET_UP, {"code": code_of(key), "password": PASSWORD})
        codes = CODE.findall(shown.content.decode())
        assert len(set(codes)) == 10
        assert "no-store" in shown["Cache-Control"]
        assert client.session.session_key != before
        assert "second_factor_key" not in client.session
        # This session goes on, the other one was opened by a password alone.
        assert (signed_in_as(client), signed_in_as(elsewhere)) == (user.email, None)
        assert not any(code in client.get(STANDING).content.decode() for code in codes)
        assert acts(user)[-1] == ("second-factor-set-up", "")
        assert client.get(SET_UP)["Location"] == STANDING

    def test_a_wrong_first_code_sets_nothing_up(self) -> None:
        client = signed_in()
        client.get(SET_UP)
        key = client.session["second_factor_key"]
        answer = client.post(SET_UP, {"code": "000000", "password": PASSWORD})
        assert "does not match this key" in answer.content.decode()
        assert client.session["second_factor_key"] == key
        assert not TOTPDevice.objects.exists()
        assert User.objects.get().second_factor_at is None

    def test_new_recovery_codes_for_a_code(self) -> None:
        user = with_second_factor()
        client = signed_in_with_code(user)
        assert "The code is wrong" in client.post(CODES, {"code": "000000"}).content.decode()
        shown = client.post(CODES, {"code": recovery_codes_of(user)[0]}).content.decode()
        new = CODE.findall(shown)
        assert len(set(new)) == 10
        with pytest.raises(CodeRefused):
            check(user, recovery_codes_of(user)[1])
        assert ("recovery-codes-made", "") in acts(user)

    @pytest.mark.parametrize("fault", ["password", "code", ""])
    def test_off_with_password_and_code(self, fault: str) -> None:
        user = with_second_factor()
        client = signed_in_with_code(user)
        code = "aaaaa-aaaaa" if fault == "code" else recovery_codes_of(user)[0]
        client.post(OFF, {"password": "wrong" if fault == "password" else PASSWORD, "code": code})
        user.refresh_from_db()
        assert (user.second_factor_at is None) == (fault == "")
        assert TOTPDevice.objects.exists() == (fault != "")
        assert signed_in_as(client) == user.email
        assert (("second-factor-removed", "") in acts(user)) == (fault == "")

    def test_changed_for_another_where_the_role_needs_one(self, settings: Settings) -> None:
        settings.SECOND_FACTOR_REQUIRED = ["coordinator"]
        user = with_second_factor()
        client = signed_in_with_code(user)
        assert "Turn off" not in client.get(STANDING).content.decode()
        answer = client.post(OFF, {"password": PASSWORD, "code": recovery_codes_of(user)[0]})
        assert answer["Location"].startswith("/admin/login/set-up/")
        assert signed_in_as(client) is None
        assert client.get(answer["Location"]).status_code == 200
        client.post(answer["Location"], {"code": code_of(client.session["second_factor_key"])})
        assert signed_in_as(client) == user.email
        done = [act for act, _ in acts(user)]
        assert done[-4:] == ["second-factor-removed", "signed-out", "second-factor-set-up", "signed-in"]


class TestARoleThatMustHaveOne:
    @pytest.fixture(autouse=True)
    def required(self, settings: Settings) -> None:
        settings.SECOND_FACTOR_REQUIRED = ["administrator"]

    def test_is_led_to_set_it_up_before_anything_else(self) -> None:
        user = UserFactory(role=Role.ADMINISTRATOR)
        client = Client()
        step = client.post(
            "/admin/login/?next=/admin/audit/auditentry/", {"username": user.email, "password": PASSWORD}
        )
        assert step["Location"].startswith("/admin/login/set-up/")
        assert client.get(step["Location"]).status_code == 200
        assert client.get("/admin/").status_code == 302
        assert signed_in_as(client) is None
        shown = client.post(step["Location"], {"code": code_of(client.session["second_factor_key"])}).content.decode()
        assert len(CODE.findall(shown)) == 10
        assert 'href="/admin/audit/auditentry/"' in shown
        assert signed_in_as(client) == user.email
        assert acts(user) == [("second-factor-set-up", ""), ("signed-in", "")]

    def test_has_no_session_without(self) -> None:
        client = signed_in(Role.ADMINISTRATOR)
        assert client.get("/admin/").status_code == 302
        assert signed_in_as(client) is None
        assert signed_in_as(signed_in(Role.COORDINATOR)) is not None

    def test_set_up_is_not_for_those_who_have_it(self) -> None:
        client = give_password(with_second_factor(role=Role.ADMINISTRATOR))
        assert client.get("/admin/login/set-up/")["Location"].startswith("/admin/login/?")


class TestWhatWasLost:
    def test_an_administrator_removes_it_after_a_question(self) -> None:
        user = with_second_factor()
        theirs, client = signed_in_with_code(user), signed_in(Role.ADMINISTRATOR)
        page = reverse("admin:accounts_user_remove-second-factor", args=[user.pk])
        assert page in client.get(reverse("admin:accounts_user_change", args=[user.pk])).content.decode()
        assert "in person or by calling back" in client.get(page).content.decode()
        assert TOTPDevice.objects.exists()
        assert client.post(page).status_code == 302
        assert not TOTPDevice.objects.exists()
        assert not StaticToken.objects.exists()
        assert signed_in_as(theirs) is None
        removed = AuditEntry.objects.get(act="second-factor-removed")
        assert (removed.about, removed.user.role) == (user, Role.ADMINISTRATOR)
        assert signed_in_as(give_password(user)) == user.email

    def test_neither_own_nor_other_entries_can_be_removed_that_way(self) -> None:
        user = with_second_factor(role=Role.ADMINISTRATOR)
        page = reverse("admin:accounts_user_remove-second-factor", args=[user.pk])
        for client in (signed_in_with_code(user), signed_in(Role.COORDINATOR), signed_in(Role.MANAGER)):
            assert client.post(page).status_code == 403
        assert TOTPDevice.objects.exists()

    def test_the_command_is_for_the_last_administrator(self) -> None:
        user, output = with_second_factor(email="last@example.com"), StringIO()
        call_command("remove_second_factor", "Last@example.com", stdout=output)
        assert "was removed" in output.getvalue()
        assert not TOTPDevice.objects.exists()
        assert AuditEntry.objects.get(act="second-factor-removed").user is None
        for wrong, why in (("last@example.com", "has no second factor"), ("x@example.com", "No account")):
            with pytest.raises(CommandError, match=why):
                call_command("remove_second_factor", wrong)
        user.refresh_from_db()
        assert user.second_factor_at is None


class TestKeysAreNowhere:
    def test_in_no_page_of_the_back_office_history_log_or_export(self, caplog: pytest.LogCaptureFixture) -> None:
        user = with_second_factor(role=Role.ADMINISTRATOR)
        key = TOTPDevice.objects.get().key
        with caplog.at_level("DEBUG"):
            client = signed_in_with_code(user)
            pages = ["/admin/accounts/user/", reverse("admin:accounts_user_change", args=[user.pk]), STANDING]
            pages += ["/admin/history/", f"/admin/accounts/user/{user.pk}/history/", "/admin/audit/auditentry/"]
            shown = "".join(client.get(page).content.decode() for page in pages)
            shown += b"".join(client.get("/admin/audit/auditentry/export.csv")).decode()
        for text in (shown, caplog.text):
            assert key not in text
            assert not [code for code in recovery_codes_of(user) if code in text or code.replace("-", "") in text]

    def test_the_devices_have_no_pages(self) -> None:
        assert not [model for model in model_admins() if model._meta.app_label.startswith("otp_")]
        client = signed_in(Role.ADMINISTRATOR)
        assert client.get("/admin/otp_totp/totpdevice/").status_code == 404

    def test_what_a_debug_page_would_show(self) -> None:
        from smartscheduler.backoffice.pages.login import sign_in_code

        request = RequestFactory().post(CODE_STEP, {"code": "123456"})
        request.session = SessionStore()
        sign_in_code(request)
        assert getattr(request, "sensitive_post_parameters", None) == ("code",)
