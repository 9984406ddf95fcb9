"""Production behind a proxy: HTTPS for users, plain HTTP for health checks, and trust in the proxy's headers only."""

from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest
from asgiref.testing import ApplicationCommunicator
from django.test import Client
from pytest_django import Settings

from smartscheduler.core.http.proxy_headers import behind_proxies
from tests.api import problem
from tests.products import Product

PROXY, STRANGER = "10.89.0.2", "203.0.113.9"
PRODUCTION: dict[str, Any] = {
    "DEBUG": "0",
    "SECRET_KEY": "tLp0vJ4yVt8wq2nXzr6mB1kQf9sEhU3aGdYcWi7oNjM5xR-lS-Zf",
    "ALLOWED_HOSTS": "scheduler.example.com",
    "TRUSTED_PROXIES": PROXY,
}


@pytest.mark.system
def test_the_deployment_check_has_nothing_to_say_and_cookies_are_bound_to_their_host(tmp_path: Path) -> None:
    script = (
        "from django.conf import settings as s; from django.core.management import call_command; "
        "print(s.SESSION_COOKIE_NAME, s.SESSION_COOKIE_SECURE, s.CSRF_COOKIE_NAME, s.CSRF_COOKIE_SECURE, "
        "s.SESSION_COOKIE_PATH, s.SESSION_COOKIE_DOMAIN, s.DEBUG); "
        "call_command('check', '--deploy', '--fail-level', 'WARNING')"
    )
    done = Product(tmp_path / "data", **PRODUCTION).manage("shell", "-v", "0", "-c", script)
    assert done.returncode == 0, done.stderr
    cookies = done.stdout.splitlines()[0].split()
    assert cookies == ["__Host-sessionid", "True", "__Host-csrftoken", "True", "/", "None", "False"]
    assert "System check identified no issues (1 silenced)." in done.stdout + done.stderr


@pytest.mark.system
def test_it_says_so_when_nothing_is_encrypted(tmp_path: Path) -> None:
    direct = Product(tmp_path / "data", **PRODUCTION | {"HTTPS_REDIRECT": "0"})
    done = direct.manage("check", "--deploy", "--fail-level", "WARNING")
    assert done.returncode != 0
    assert "security.W008" in done.stderr


@pytest.fixture
def production(settings: Settings) -> None:
    settings.SECURE_SSL_REDIRECT, settings.SECURE_HSTS_SECONDS = True, 31_536_000


class TestRedirect:
    def test_people_are_sent_to_https(self, client: Client, production: None) -> None:
        answer = client.get("/admin/login/?next=/")
        assert answer.status_code == 301
        assert answer["Location"] == "https://testserver/admin/login/?next=/"

    @pytest.mark.django_db
    @pytest.mark.parametrize("path", ["live", "ready", "live/"])
    def test_health_checks_are_answered(self, client: Client, production: None, path: str) -> None:
        assert client.get(f"/api/v1/health/{path}").status_code == 200

    @pytest.mark.django_db
    def test_metrics_are_answered_to_the_token(self, client: Client, settings: Settings, production: None) -> None:
        settings.METRICS_TOKEN = "s3cret"
        assert client.get("/api/v1/metrics", headers={"Authorization": "Bearer s3cret"}).status_code == 200

    def test_nothing_else_is(self, client: Client, production: None) -> None:
        assert client.get("/x/api/v1/health/live").status_code == 301

    @pytest.mark.parametrize("path", ["/api/v1/metricsx", "/api/v1/healthy", "/api/v1/metrics/x", "/api/v1/jobs/"])
    def test_a_program_is_refused_instead(self, client: Client, production: None, path: str) -> None:
        for method in (client.get, client.post):
            answer = method(path, headers={"Authorization": "Bearer told-to-everybody"})
            assert "Location" not in answer
            problem(answer, 403, "https-required")

    def test_browsers_are_told_to_stay_with_it(self, client: Client, production: None) -> None:
        answer = client.get("/api/v1/health/live", secure=True)
        assert answer["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"
        assert answer["Referrer-Policy"] == "same-origin"


class TestWhoAsks:
    """What Django sees of a request that came from `peer` with a proxy's headers."""

    @pytest.fixture
    def seen(self, settings: Settings) -> Callable[..., Coroutine[Any, Any, tuple[str, str]]]:
        async def look(peer: str, trusted: list[str], kind: str = "http") -> tuple[str, str]:
            settings.TRUSTED_PROXIES = trusted
            seen = {}

            async def application(scope: Any, receive: Any, send: Any) -> None:
                seen.update(scope)

            scope = {
                "type": kind,
                "scheme": {"http": "http", "websocket": "ws"}[kind],
                "client": (peer, 1234),
                "headers": [(b"x-forwarded-for", b"198.51.100.7, 192.0.2.4"), (b"x-forwarded-proto", b"https")],
            }
            await ApplicationCommunicator(behind_proxies(application), scope).wait()
            return seen["client"][0], seen["scheme"]

        return look

    async def test_the_proxy_is_believed(self, seen: Callable[..., Coroutine[Any, Any, tuple[str, str]]]) -> None:
        # The last one in the list is whom the proxy itself has seen.
        assert await seen(PROXY, [PROXY]) == ("192.0.2.4", "https")

    async def test_for_a_socket_as_well(self, seen: Callable[..., Coroutine[Any, Any, tuple[str, str]]]) -> None:
        assert await seen(PROXY, [PROXY], "websocket") == ("192.0.2.4", "wss")

    async def test_a_network_of_proxies_is(self, seen: Callable[..., Coroutine[Any, Any, tuple[str, str]]]) -> None:
        assert await seen(PROXY, ["10.89.0.0/24"]) == ("192.0.2.4", "https")

    async def test_a_stranger_is_not(self, seen: Callable[..., Coroutine[Any, Any, tuple[str, str]]]) -> None:
        assert await seen(STRANGER, [PROXY]) == (STRANGER, "http")

    async def test_none_by_default(
        self, seen: Callable[..., Coroutine[Any, Any, tuple[str, str]]], settings: Settings
    ) -> None:
        assert settings.TRUSTED_PROXIES == []
        assert await seen("127.0.0.1", []) == ("127.0.0.1", "http")
