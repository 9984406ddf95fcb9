"""Shared fixtures and the settings of property-based tests."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import redis
import time_machine
from django.template import Context, Template
from django.test import utils as test_utils
from django.utils.safestring import SafeString
from hypothesis import HealthCheck, settings
from pytest_django import Settings

from smartscheduler.ops.local.servers.valkey import Valkey

settings.register_profile(
    "suite", deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
settings.load_profile("suite")


@pytest.fixture(scope="session", autouse=True)
def contexts_of_whole_pages(django_test_environment: None) -> Iterator[None]:
    """Keep the contexts of pages for `response.context`, not those of their hundreds of parts: 29 % of their CPU."""

    # The types of Django leave both out.
    instrumented_render: Any = getattr(test_utils, "instrumented_test_render")  # noqa: B009
    template_class: Any = Template

    def render(template: Template, context: Context) -> SafeString:
        is_page = context.template is template and "/widgets/" not in (template.name or "")
        rendered: SafeString = (instrumented_render if is_page else plain_render)(template, context)
        return rendered

    def plain_render(template: Template, context: Context) -> SafeString:
        return template.nodelist.render(context)

    instrumented, template_class._render = template_class._render, render
    yield
    template_class._render = instrumented


@pytest.fixture(autouse=True)
def fast_passwords(settings: Settings) -> None:
    """Argon2 is slow on purpose; tests of passwords themselves need no strength."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(autouse=True)
def no_search_for_static_files(settings: Settings) -> None:
    """Each test client would look through all of them when it is made; those who serve them are real processes."""
    settings.SERVESTATIC_USE_FINDERS = settings.SERVESTATIC_USE_STATIC_ROOT = False


@pytest.fixture(autouse=True)
def no_rate_limits(settings: Settings) -> None:
    """Tests ask more in a minute than people do; those of the limits themselves set them."""
    settings.RATE_LIMITS = False


@pytest.fixture(autouse=True)
def files_in_this_process(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A child process would not see an open transaction; tests of the processes ask for `files_apart`."""
    if "files_apart" not in request.fixturenames:
        from smartscheduler.imports import file_reader, isolated_reader, runner  # after Django is set up

        monkeypatch.setattr(isolated_reader, "read_apart", file_reader.read_table)
        monkeypatch.setattr(runner, "work_apart", lambda run: runner.work_on_file(run.pk))


@pytest.fixture
def files_apart() -> None:
    """Files are read and imported in processes of their own, as in the product."""


@pytest.fixture(autouse=True)
def no_list_of_erasures(settings: Settings) -> None:
    """Write no erasure list; tests of the list set its path."""
    settings.ERASURE_LIST = ""


def seed_of(config: pytest.Config) -> int:
    return int(config.getoption("randomly_seed", 0))


@pytest.fixture
def dice(request: pytest.FixtureRequest) -> random.Random:
    """Random numbers that the seed of the run repeats."""
    return random.Random(seed_of(request.config))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if terminalreporter.stats.get("failed") or terminalreporter.stats.get("error"):
        terminalreporter.write_line(
            f"Random order and random numbers as in this run: --randomly-seed={seed_of(config)}"
        )


@pytest.fixture
def own_valkey(settings: Settings, tmp_path: Path) -> Iterator[redis.Redis]:
    """A Valkey whose configuration the test may change: all processes of the run share the other one."""
    server = Valkey(tmp_path / "valkey", throwaway=True)
    server.start()
    settings.REDIS_URL = server.url
    try:
        with redis.Redis.from_url(server.url) as client:
            yield client
    finally:
        server.stop()


@pytest.fixture
def november_2026() -> Iterator[None]:
    """A clock that goes on from a Tuesday in November 2026, for tests with dates that would be past one day."""
    with time_machine.travel(datetime(2026, 11, 24, 15, tzinfo=UTC)):
        yield


@pytest.fixture(autouse=True)
def mails_without_delay(settings: Settings) -> None:
    """Tests wait for nothing; those of the delay itself set it."""
    settings.MAIL_DELAY = timedelta(0)


@pytest.fixture
def work_may_start_early(settings: Settings) -> None:
    """For tests of other things than the day on which work may start."""
    settings.EARLY_START = timedelta(days=30)
