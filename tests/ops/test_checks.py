"""System checks report all wrong settings and prevent the start."""

import os
import re
import subprocess
import sys
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import pytest
from django.core import checks as django_checks
from django.core.exceptions import ImproperlyConfigured
from pytest_django import Settings

from smartscheduler import BASE_DIR
from smartscheduler.core.env import Environment
from smartscheduler.ops import checks
from smartscheduler.settings import INSECURE_SECRET_KEY
from smartscheduler.settings import env as environment_of_settings

WEIGHTS = {"availability": 0.40, "rating": 0.35, "distance": 0.25}


def findings() -> set[str]:
    """The numbers of what the product's own checks report: those of Django take a hundred times as long."""
    registered = django_checks.registry.registry.get_checks()
    own = [check for check in registered if check.__module__.startswith("smartscheduler.")]
    return numbers(message for check in own for message in check(app_configs=None, databases=None))


def numbers(messages: Iterable[django_checks.CheckMessage]) -> set[str]:
    return {message.id for message in messages if message.id and message.id.startswith("smartscheduler.E")}


@pytest.fixture(autouse=True)
def debug(settings: Settings) -> None:
    """As on a developer's machine; the test runner turns it off."""
    settings.DEBUG = True


def test_the_settings_of_the_suite_are_clean() -> None:
    assert findings() == numbers(django_checks.run_checks()) == set()
    checks.refuse_bad_settings()


MODEL = {
    "EXPLANATION_MODEL_PROVIDER": "anthropic",
    "EXPLANATION_MODEL_NAME": "a-model",
    "EXPLANATION_MODEL_KEY": "key",
    "EXPLANATION_MODEL_URL": "https://api.anthropic.com",
}


def test_a_model_of_the_house_needs_its_network_and_no_key(settings: Settings) -> None:
    for name, value in MODEL.items():
        setattr(settings, name, value)
    assert findings() == set()
    settings.EXPLANATION_MODEL_URL, settings.EXPLANATION_MODEL_KEY = "http://127.0.0.1:11434/v1", ""
    settings.OUTGOING_PRIVATE_NETWORKS = ["127.0.0.0/8"]
    assert findings() == set()


@pytest.mark.parametrize(
    ("number", "variable", "changes"),
    [
        ("E006", "WORKER_LATE_SECONDS", {"WORKER_LATE_SECONDS": 0}),
        ("E006", "LEASE_SECONDS", {"LEASE_SECONDS": -1}),
        ("E045", "EMAIL_FROM", {"DEFAULT_FROM_EMAIL": "Dispatch"}),
        ("E045", "EMAIL_FROM", {"DEFAULT_FROM_EMAIL": "Dispatch <dispatch@example..com>"}),
        ("E011", "TRAVEL_PROVIDERS", {"TRAVEL_PROVIDERS": ["here_maps"]}),
        ("E012", "GOOGLE_ROUTES_URL", {"TRAVEL_URLS": {"google_routes": "http://routes.example.com"}}),
        ("E012", "GOOGLE_ROUTES_URL", {"TRAVEL_URLS": {"google_routes": "https://10.1.2.3"}}),
        ("E012", "GOOGLE_ROUTES_URL", {"TRAVEL_URLS": {"google_routes": "https://[::ffff:10.1.2.3]"}}),
        ("E012", "GOOGLE_ROUTES_URL", {"TRAVEL_URLS": {"google_routes": "https://169.254.169.254"}}),
        ("E012", "GOOGLE_ROUTES_URL", {"TRAVEL_URLS": {"google_routes": "https://me:secret@routes.example.com"}}),
        ("E012", "GOOGLE_ROUTES_URL", {"TRAVEL_URLS": {"google_routes": "https://routes.example.com:port"}}),
        ("E032", "OUTGOING_PRIVATE_NETWORKS", {"OUTGOING_PRIVATE_NETWORKS": ["10.0.0.0/8", "ors.internal"]}),
        ("E032", "OUTGOING_PRIVATE_NETWORKS", {"OUTGOING_PRIVATE_NETWORKS": ["0.0.0.0/0"]}),
        ("E032", "OUTGOING_PROXY", {"OUTGOING_PROXY": "proxy:3128"}),
        ("E033", "EXPLANATION_MODEL_PROVIDER", {"EXPLANATION_MODEL_PROVIDER": "hal"}),
        ("E034", "EXPLANATION_MODEL_NAME", MODEL | {"EXPLANATION_MODEL_NAME": ""}),
        ("E034", "EXPLANATION_MODEL_KEY", MODEL | {"EXPLANATION_MODEL_KEY": ""}),
        ("E035", "EXPLANATION_MODEL_URL", MODEL | {"EXPLANATION_MODEL_URL": "http://localhost:11434/v1"}),
        ("E035", "EXPLANATION_MODEL_URL", MODEL | {"EXPLANATION_MODEL_URL": "https://192.168.0.9/v1"}),
        ("E035", "EXPLANATION_CALLS_A_DAY", {"EXPLANATION_CALLS_A_DAY": -1}),
        ("E035", "EXPLANATION_TIMEOUT_SECONDS", {"EXPLANATION_ATTEMPTS": 4}),
        ("E006", "EXPLANATION_FIRST", {"EXPLANATION_FIRST": 0}),
        ("E013", "OPENROUTESERVICE_BUDGET", {"TRAVEL_BUDGETS": {"openrouteservice": -1}}),
        ("E006", "TRAVEL_LEADERS", {"TRAVEL_LEADERS": 0}),
        ("E002", "SECRET_KEY", {"DEBUG": False, "SECRET_KEY": INSECURE_SECRET_KEY}),
        ("E003", "SCORE_WEIGHT_RATING", {"SCORE_WEIGHTS": {"availability": 1.1, "rating": -0.35, "distance": 0.25}}),
        ("E004", "SCORE_WEIGHT_RATING", {"SCORE_WEIGHTS": WEIGHTS | {"rating": 0.35001, "distance": 0.24999}}),
        ("E005", "SCORE_WEIGHT_DISTANCE", {"SCORE_WEIGHTS": WEIGHTS | {"distance": 0.26}}),
        ("E006", "SCORE_MAX_MILES", {"SCORE_MAX_MILES": 0.0}),
        ("E006", "DRIVE_MPH", {"DRIVE_MPH": -35.0}),
        ("E006", "LOCK_TIMEOUT_SECONDS", {"LOCK_TIMEOUT_SECONDS": 0.0}),
        ("E006", "WEB_WORKERS", {"WEB_WORKERS": 0}),
        ("E006", "RATE_LIMIT_MANAGER", {"REQUESTS_A_MINUTE": {"manager": 0}}),
        ("E006", "RATE_LIMIT_PAGES", {"QUOTAS_A_MINUTE": {"pages": 0}}),
        ("E006", "REQUESTS_AT_ONCE", {"REQUESTS_AT_ONCE": 0}),
        ("E006", "SESSION_IDLE_MINUTES", {"SESSION_IDLE_MINUTES": 0}),
        ("E006", "TOKEN_LONGEST_DAYS", {"TOKEN_LONGEST_DAYS": -1}),
        ("E006", "SIGN_INS_OF_AN_ADDRESS", {"SIGN_IN_LIMITS": {"address": 0, "account": 30}}),
        ("E007", "DRIVE_ROAD_FACTOR", {"DRIVE_ROAD_FACTOR": 0.99}),
        ("E008", "HORIZON_DAYS", {"HORIZON_DAYS": -1}),
        ("E008", "HORIZON_DAYS", {"HORIZON_DAYS": 31}),
        ("E008", "REFRESH_RETRY_SECONDS", {"REFRESH_RETRY_SECONDS": -1}),
        ("E008", "REFRESH_RETRY_SECONDS", {"REFRESH_RETRY_SECONDS": 61}),
        ("E009", "MINIMUM_GAP_MINUTES", {"MINIMUM_GAP": timedelta(minutes=-1)}),
        ("E009", "EARLY_START_HOURS", {"EARLY_START": timedelta(hours=-1)}),
        ("E009", "EARLY_START_HOURS", {"EARLY_START": timedelta(hours=25)}),
        ("E009", "MAIL_DELAY_SECONDS", {"MAIL_DELAY": timedelta(seconds=-1)}),
        ("E009", "MAIL_DELAY_SECONDS", {"MAIL_DELAY": timedelta(minutes=11)}),
        ("E009", "RATING_LINK_DAYS", {"RATING_LINK": timedelta(0)}),
        ("E009", "RATING_LINK_DAYS", {"RATING_LINK": timedelta(days=366)}),
        ("E009", "EVENT_RETENTION_DAYS", {"EVENT_RETENTION": timedelta(0)}),
        ("E009", "JOB_RETENTION_DAYS", {"JOB_RETENTION": timedelta(-1)}),
        ("E010", "PORT", {"PORT": 0}),
        ("E010", "PORT", {"PORT": 65536}),
        ("E030", "TRUSTED_PROXIES", {"TRUSTED_PROXIES": ["proxy"]}),
        ("E036", "SECOND_FACTOR_REQUIRED", {"SECOND_FACTOR_REQUIRED": ["administrator", "boss"]}),
        *[
            ("E060", "CORS_ALLOWED_ORIGINS", {"CORS_ALLOWED_ORIGINS": [origin]})
            for origin in (
                "*",
                "null",
                "app.example.com",
                "http://app.example.com",
                "https://app.example.com/",
                "https://",
            )
        ],
        *[
            ("E061", "MAP_TILE_URL", {"MAP_TILE_URL": url, "MAP_TILE_ATTRIBUTION": "Someone"})
            for url in (
                "http://tiles.example.com/{z}/{x}/{y}.png",
                "https://{s}.tiles.example.com/{z}/{x}/{y}.png",
                "https://user:pass@tiles.example.com/{z}/{x}/{y}.png",
                "https://tiles.example.com/{z}/{x}.png",
                "https://tiles.example.com/{z}/{z}/{x}/{y}.png",
                "https://tiles.example.com/{z}/{x}/{y}/{token}",
                "https://tiles.example.com; script-src */{z}/{x}/{y}",
                "https:///{z}/{x}/{y}.png",
            )
        ],
        ("E062", "MAP_TILE_ATTRIBUTION", {"MAP_TILE_URL": "https://tiles.example.com/{z}/{x}/{y}.png"}),
        ("E030", "TRUSTED_PROXIES", {"TRUSTED_PROXIES": ["*"]}),
        ("E030", "TRUSTED_PROXIES", {"TRUSTED_PROXIES": ["10.0.0.2", "10.0.0.1/24"]}),
    ],
)
def test_each_rule_has_a_number_and_names_its_variable(
    settings: Settings, number: str, variable: str, changes: dict[str, Any]
) -> None:
    for name, value in changes.items():
        setattr(settings, name, value)
    assert f"smartscheduler.{number}" in findings()
    with pytest.raises(ImproperlyConfigured, match=rf"smartscheduler\.{number}: .*{variable}"):
        checks.refuse_bad_settings()


@pytest.mark.parametrize("days", [0, 30])
def test_the_ends_of_the_horizon_are_allowed(settings: Settings, days: int) -> None:
    settings.HORIZON_DAYS = days
    assert findings() == set()


class TestEnvironment:
    @pytest.mark.parametrize(
        ("kind", "text", "default"),
        [
            ("flag", "maybe", True),
            ("whole", "abc", 8000),
            ("whole", "8000.5", 8000),
            ("number", "35mph", 35.0),
            ("number", "nan", 35.0),
            ("number", "inf", 35.0),
            ("redis", "http://host", "redis://default"),
            ("redis", "redis://", "redis://default"),
            ("redis", "redis://host:port/0", "redis://default"),
            ("redis", "unix://", "redis://default"),
        ],
    )
    def test_what_cannot_be_read_is_noted_and_not_guessed(
        self, monkeypatch: pytest.MonkeyPatch, kind: str, text: str, default: float | str
    ) -> None:
        monkeypatch.setenv("SOME_VARIABLE", text)
        environment = Environment()
        assert getattr(environment, kind)("SOME_VARIABLE", default) == default
        assert [problem.variable for problem in environment.problems] == ["SOME_VARIABLE"]

    @pytest.mark.parametrize("url", ["mysql://host/name", "postgresql://host", "postgresql://host:abc/name"])
    def test_a_database_must_be_a_postgresql_with_a_name(self, monkeypatch: pytest.MonkeyPatch, url: str) -> None:
        monkeypatch.setenv("SOME_VARIABLE", url)
        environment = Environment()
        assert environment.database("SOME_VARIABLE", "postgresql://localhost/default")["NAME"] == "default"
        assert len(environment.problems) == 1

    @pytest.mark.parametrize("kind", ["flag", "whole", "number", "comma_list", "text", "redis"])
    @pytest.mark.parametrize("text", ["", "  "])
    def test_empty_counts_as_not_set(self, monkeypatch: pytest.MonkeyPatch, kind: str, text: str) -> None:
        monkeypatch.setenv("SOME_VARIABLE", text)
        environment = Environment()
        default = object()
        assert getattr(environment, kind)("SOME_VARIABLE", default) is default
        assert environment.problems == []

    def test_what_can_be_read_is(self, monkeypatch: pytest.MonkeyPatch) -> None:
        environment = Environment()
        for kind, text, value in [
            ("flag", "No", False),
            ("whole", "8001", 8001),
            ("number", "0.25", 0.25),
            ("comma_list", "a, b,,c", ["a", "b", "c"]),
            ("text", "$kept as it is", "$kept as it is"),
            ("redis", "rediss://host:6380/1", "rediss://host:6380/1"),
            ("redis", "unix:///run/valkey.sock?db=0", "unix:///run/valkey.sock?db=0"),
        ]:
            monkeypatch.setenv("SOME_VARIABLE", text)
            assert getattr(environment, kind)("SOME_VARIABLE", None) == value
        assert environment.problems == []


@pytest.mark.system
@pytest.mark.parametrize(
    "command",
    [
        ["manage.py", "up"],
        ["manage.py", "check"],
        ["manage.py", "relay_events"],
        ["-m", "celery", "-A", "smartscheduler", "worker"],
        ["-m", "uvicorn", "smartscheduler.asgi:application", "--port", "1"],
    ],
    ids=["up", "check", "relay", "worker", "web"],
)
def test_no_process_starts_in_production_without_a_key(command: list[str]) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "SECRET_KEY"}
    done = subprocess.run(
        [sys.executable, *command],
        cwd=BASE_DIR,
        env=environment | {"DEBUG": "0", "PORT": "70000"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode != 0
    output = done.stdout + done.stderr
    assert "smartscheduler.E002: SECRET_KEY must be set when DEBUG is off." in output
    assert "smartscheduler.E010: PORT must be 1 to 65535; it is 70000." in output
    if command[0] == "manage.py":
        assert "Traceback" not in output


def test_the_example_names_every_variable_that_is_read() -> None:
    read = set(environment_of_settings.variables)
    for file in [BASE_DIR / "compose.yaml", *(BASE_DIR / "deploy").glob("compose.*.yaml")]:
        read |= set(re.findall(r"\$\{([A-Z_]+)", file.read_text()))
    shown = re.findall(r"^(?:# )?([A-Z_]+)=", (BASE_DIR / ".env.example").read_text(), flags=re.MULTILINE)
    assert sorted(shown) == sorted(read)
