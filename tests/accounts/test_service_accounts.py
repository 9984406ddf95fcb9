"""Service accounts: their keys, scopes, limits and pages."""

import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings
from rest_framework.test import APIClient

from jobs.models import Job
from smartscheduler.accounts.credentials import Credential, standing
from smartscheduler.accounts.models import ServiceAccount, ServiceKey
from smartscheduler.accounts.permissions import PERMISSIONS, Permission, Role
from smartscheduler.accounts.scopes import SCOPES, Scope
from smartscheduler.accounts.service_accounts import (
    NewKey,
    change_service_account,
    create_service_account,
    find_key,
    revoke_key,
    rotate_key,
)
from smartscheduler.accounts.service_key_text import SHOWN, is_key, new_key
from smartscheduler.audit.models import Act, AuditEntry
from smartscheduler.errors import InvalidInput, InvalidTransition
from smartscheduler.events.models import OutboxEvent
from tests.accounts.test_websocket_auth import handshake, visitor_of
from tests.api import V1, client_with, problem
from tests.factories import PASSWORD, AssignmentFactory, UserFactory
from tests.jobs.test_api import BODY
from tests.pages import errors, fields, saved, signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("rate limits")]
LIST, ADD = "/admin/accounts/serviceaccount/", "/admin/accounts/serviceaccount/add/"


def made(*scopes: str, **options: Any) -> NewKey:
    return create_service_account(
        **{"name": "Website", "scopes": scopes or ("jobs:read",), "days": 30, **options}, actor=None
    )


def asked(text: str, path: str = "auth/me/") -> Any:
    return APIClient().get(f"{V1}/{path}", HTTP_AUTHORIZATION=f"Bearer {text}")


class TestText:
    def test_a_key_has_its_form_and_checksum(self) -> None:
        keys = {new_key() for _ in range(200)}
        assert len(keys) == 200
        assert all(is_key(key) and re.match(r"ssk_[0-9A-Za-z]{46}\Z", key) for key in keys)

    @pytest.mark.parametrize("change", ["", "ssk_", "ssk_" + "0" * 46, "ssk_" + "é" * 46, "x" * 10_000])
    def test_other_text_is_none(self, change: str, django_assert_num_queries: DjangoAssertNumQueries) -> None:
        with django_assert_num_queries(0):
            assert find_key(change) is None

    def test_a_mistyped_key_is_recognized_without_the_database(
        self, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        key = new_key()
        with django_assert_num_queries(0):
            for position in range(len(key)):
                assert find_key(key[:position] + ("A" if key[position] != "A" else "B") + key[position + 1 :]) is None


class TestScopes:
    def test_no_scope_reaches_users_settings_or_erasures(self) -> None:
        most = PERMISSIONS[Role.COORDINATOR] | {Permission.VIEW_METRICS}
        assert set(SCOPES) == set(Scope)
        assert all(permissions <= most for permissions in SCOPES.values())

    def test_all_scopes_together_are_a_coordinator(self) -> None:
        assert frozenset().union(*SCOPES.values()) == PERMISSIONS[Role.COORDINATOR] | {Permission.VIEW_METRICS}

    def test_without_personal_data_it_is_hidden(self) -> None:
        job = AssignmentFactory(job__customer_name="Grace Hill").job
        hidden = client_with("jobs:read").get(f"{V1}/jobs/{job.pk}/").json()
        shown = client_with("jobs:read", "personal_data:read", name="CRM").get(f"{V1}/jobs/{job.pk}/").json()
        assert (hidden["customer_name"], hidden["location"]["address"]) == (None, None)
        assert (shown["customer_name"], shown["location"]["address"]) == ("Grace Hill", job.address)


class TestRequests:
    def test_me_has_the_scopes(self) -> None:
        body = client_with("jobs:write", "events:read").get(f"{V1}/auth/me/").json()
        assert (body["name"], body["role"], body["scopes"]) == ("Website", "service", ["jobs:write", "events:read"])
        assert set(body["permissions"]) == {*SCOPES["jobs:write"], *SCOPES["events:read"]}

    def test_the_account_is_the_author_of_its_changes(self) -> None:
        answer = client_with("jobs:write").post(f"{V1}/jobs/", BODY, headers={"Idempotency-Key": "one"})
        assert answer.status_code == 201
        account, event = ServiceAccount.objects.get(), OutboxEvent.objects.get()
        assert event.actor == {"id": str(account.pk), "email": account.email, "name": "Website", "role": "service"}
        change = Job.pgh_event_model.objects.get()  # type: ignore[attr-defined]
        assert (change.pgh_context["user"], change.pgh_context["name"]) == (str(account.pk), "Website")

    def test_a_ticket_opens_the_socket_until_the_key_is_revoked(self) -> None:
        key, text = made("events:read")
        ticket = APIClient().post(f"{V1}/auth/ws-ticket/", HTTP_AUTHORIZATION=f"Bearer {text}").json()["ticket"]
        visitor = visitor_of(handshake(origin=None, ticket=ticket))
        assert visitor
        assert visitor.user.pk == key.account_id
        revoke_key(account_id=key.account_id, key_id=key.pk, actor=None)
        assert visitor.still() is None

    def test_a_key_has_no_sign_in_to_end(self) -> None:
        problem(client_with("jobs:read").post(f"{V1}/auth/logout/"), 403, "permission-denied")

    def test_nobody_signs_in_as_a_service_account(self) -> None:
        made()
        account = ServiceAccount.objects.get()
        for password in ("", "!", account.password, PASSWORD):
            answer = APIClient().post(f"{V1}/auth/login/", {"email": account.email, "password": password})
            assert answer.status_code in {400, 401}

    def test_the_pages_do_not_take_a_key(self) -> None:
        _, text = made(*Scope.values)
        client = Client(headers={"Authorization": f"Bearer {text}"})
        for page in ("/", "/admin/", LIST):
            assert client.get(page).status_code == 302
        client = Client()
        client.force_login(ServiceAccount.objects.get())
        assert client.get("/admin/").status_code == 302
        assert client.get(f"{V1}/jobs/").status_code == 401

    @pytest.mark.parametrize("text", ["ssk_", "ssk_" + "0" * 46, ""])
    def test_an_unknown_key_is_refused(self, text: str) -> None:
        """Parts of a key, one with a wrong checksum, and a well-formed key of no account."""
        assert "key" in problem(asked(text or new_key()), 401, "authentication-failed")["detail"]

    def test_no_password_signs_it_in(self) -> None:
        account = made().key.account
        account.set_password("a-password-from-a-script")
        account.save()
        body = {"email": account.email, "password": "a-password-from-a-script"}
        problem(APIClient().post(f"{V1}/auth/login/", body), 401, "authentication-failed")

    def test_reads_go_on_while_the_database_refuses_writes(self) -> None:
        _, text = made()
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION READ ONLY")
            assert asked(text).status_code == 200
            transaction.set_rollback(True)


class TestEnds:
    def test_by_time(self) -> None:
        _, text = made(days=1)
        with time_machine.travel(timezone.now() + timedelta(hours=23)):
            assert asked(text).status_code == 200
        with time_machine.travel(timezone.now() + timedelta(days=1)):
            problem(asked(text), 401, "authentication-failed")

    def test_by_revocation(self) -> None:
        key, text = made()
        revoke_key(account_id=key.account_id, key_id=key.pk, actor=None)
        problem(asked(text), 401, "authentication-failed")
        with pytest.raises(InvalidTransition):
            revoke_key(account_id=key.account_id, key_id=key.pk, actor=None)

    def test_by_switching_the_account_off_for_good(self) -> None:
        key, text = made()
        credential = Credential.of(key.account, key.pk)
        options: dict[str, Any] = {"name": "Website", "scopes": ["jobs:read"], "actor": None}
        for is_active in (False, True):
            change_service_account(account_id=key.account_id, is_active=is_active, **options)
            problem(asked(text), 401, "authentication-failed")
            assert standing([credential]) != [key.account]
            if not is_active:
                with pytest.raises(InvalidTransition):
                    rotate_key(account_id=key.account_id, days=1, overlap_hours=0, actor=None)

    def test_by_rotation_after_the_overlap(self) -> None:
        first, text = made()
        second = rotate_key(account_id=first.account_id, days=30, overlap_hours=24, actor=None)
        assert asked(text).status_code == asked(second.text).status_code == 200
        with time_machine.travel(timezone.now() + timedelta(hours=25)):
            assert (asked(text).status_code, asked(second.text).status_code) == (401, 200)

    def test_by_rotation_at_once_and_never_later_than_before(self) -> None:
        first, text = made(days=1)
        expiry = first.expires_at
        rotate_key(account_id=first.account_id, days=30, overlap_hours=168, actor=None)
        first.refresh_from_db()
        assert first.expires_at == expiry
        last = rotate_key(account_id=first.account_id, days=30, overlap_hours=0, actor=None)
        assert [key.pk for key in ServiceKey.objects.all() if key.is_valid] == [last.key.pk]
        assert asked(text).status_code == 401

    def test_no_more_than_three_valid_keys(self) -> None:
        key, _ = made()
        for _ in range(2):
            rotate_key(account_id=key.account_id, days=30, overlap_hours=24, actor=None)
        with pytest.raises(InvalidInput):
            rotate_key(account_id=key.account_id, days=30, overlap_hours=24, actor=None)
        assert ServiceKey.objects.count() == 3


class TestUse:
    def test_is_noted_once_a_minute(self, django_assert_num_queries: DjangoAssertNumQueries) -> None:
        key, text = made()
        now = timezone.now()
        for seconds, noted in [(0, 0), (59, 0), (61, 61), (90, 61)]:
            with time_machine.travel(now + timedelta(seconds=seconds), tick=False):
                assert asked(text).status_code == 200
            key.refresh_from_db()
            assert key.last_used_at == now + timedelta(seconds=noted)
        with time_machine.travel(now + timedelta(seconds=90), tick=False), django_assert_num_queries(1):
            assert asked(text).status_code == 200

    def test_counts_against_a_limit_of_its_own(self, settings: Settings) -> None:
        settings.RATE_LIMITS, settings.REQUESTS_A_MINUTE = True, {"service": 2}
        _, text = made()
        _, other = made(name="CRM")
        assert [asked(text).status_code for _ in range(3)] == [200, 200, 429]
        assert asked(other)["RateLimit-Limit"] == "2"

    def test_unknown_keys_count_for_the_address(self, settings: Settings) -> None:
        settings.RATE_LIMITS, settings.QUOTAS_A_MINUTE = True, {**settings.QUOTAS_A_MINUTE, "visitors": 2}
        sent = {"HTTP_AUTHORIZATION": f"Bearer {new_key()}", "REMOTE_ADDR": "203.0.113.77"}
        assert [APIClient().get(f"{V1}/auth/me/", **sent).status_code for _ in range(3)] == [401, 401, 429]  # type: ignore[arg-type]


class TestPages:
    def test_an_administrator_creates_one_and_sees_the_key_once(self) -> None:
        client = signed_in(Role.ADMINISTRATOR)
        page = client.post(ADD, {"name": " Website ", "scopes": ["jobs:write", "events:read"], "days": "90"})
        text = re.findall(r"ssk_[0-9A-Za-z]{46}", page.content.decode())[0]
        account = ServiceAccount.objects.get()
        assert (account.name, account.scopes) == ("Website", ["jobs:write", "events:read"])
        assert asked(text).json()["name"] == "Website"
        assert "no-store" in page["Cache-Control"]
        for url in (
            LIST,
            keys_of(account),
            change_of(account),
            f"{LIST}{account.pk}/history/",
            "/admin/audit/auditentry/",
        ):
            shown = client.get(url).content.decode()
            assert "Website" in shown
            assert text not in shown
        assert text[:SHOWN] in client.get(keys_of(account)).content.decode()
        assert text not in str(list(ServiceKey.objects.values_list()))

    @pytest.mark.parametrize(
        ("values", "field"),
        [
            ({"name": ""}, "name"),
            ({"name": "TAKEN"}, "__all__"),
            ({"scopes": []}, "scopes"),
            ({"scopes": ["users:write"]}, "scopes"),
            ({"days": "366"}, "days"),
        ],
    )
    def test_refuses(self, values: dict[str, Any], field: str) -> None:
        made(name="Taken")
        valid = {"name": "Website", "scopes": ["jobs:read"], "days": "30"}
        assert field in errors(signed_in(Role.ADMINISTRATOR).post(ADD, {**valid, **values}))
        assert (ServiceAccount.objects.count(), ServiceKey.objects.count()) == (1, 1)

    def test_changes_scopes_and_switches_off(self) -> None:
        key, _ = made()
        client = signed_in(Role.ADMINISTRATOR)
        sent = {**fields(client, change_of(key.account), "serviceaccount_form"), "scopes": ["plans:read"]}
        del sent["is_active"]
        assert saved(client.post(change_of(key.account), sent))
        account = ServiceAccount.objects.get()
        assert (account.scopes, account.is_active) == (["plans:read"], False)
        key.refresh_from_db()
        assert key.revoked_at
        acts = AuditEntry.objects.filter(about=account.pk).values_list("act", flat=True)
        assert {Act.SCOPES_CHANGED, Act.USER_DEACTIVATED, Act.SIGN_INS_ENDED} <= set(acts)

    def test_rotates_and_revokes(self) -> None:
        key, first = made()
        client = signed_in(Role.ADMINISTRATOR)
        page = client.post(keys_of(key.account), {"days": "90", "overlap_hours": "24"})
        text = re.findall(r"ssk_[0-9A-Za-z]{46}", page.content.decode())[0]
        assert asked(text).status_code == asked(first).status_code == 200
        assert client.post(keys_of(key.account), {"revoke": str(key.pk)}).status_code == 302
        assert (asked(text).status_code, asked(first).status_code) == (200, 401)
        acts = list(AuditEntry.objects.filter(act__startswith="key-").order_by("id").values_list("act", flat=True))
        assert acts == ["key-created", "key-created", "key-revoked"]
        assert AuditEntry.objects.get(act="key-revoked").user is not None

    @pytest.mark.parametrize("role", [Role.COORDINATOR, Role.MANAGER])
    def test_are_for_administrators(self, role: str) -> None:
        key, _ = made()
        client = signed_in(role)
        for url in (LIST, ADD, change_of(key.account), keys_of(key.account)):
            assert client.get(url).status_code == 403
            assert client.post(url, {"revoke": str(key.pk)}).status_code in {403, 405}
        key.refresh_from_db()
        assert key.is_valid

    def test_are_not_among_the_users(self) -> None:
        key, _ = made()
        client = signed_in(Role.ADMINISTRATOR)
        assert key.account.email not in client.get("/admin/accounts/user/").content.decode()
        assert client.get(reverse("admin:accounts_user_change", args=[key.account_id])).status_code == 302
        assert client.get(f"{LIST}{UserFactory().pk}/change/").status_code == 302


def test_the_list_costs_the_same_for_any_number(django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    for number in range(5):
        made(name=f"Program {number}")
    client = signed_in(Role.ADMINISTRATOR)
    with django_assert_max_num_queries(8):
        assert b"Program 4" in client.get(LIST).content


def change_of(account: Any) -> str:
    return f"{LIST}{account.pk}/change/"


def keys_of(account: Any) -> str:
    return f"{LIST}{account.pk}/keys/"
