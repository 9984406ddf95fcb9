"""Shared fixtures and the settings of property-based tests."""

import gc
import os
import random
from collections.abc import Callable, Generator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import redis
import time_machine
from django.db import connection
from django.template import Context, Template
from django.test import Client, TransactionTestCase
from django.test import utils as test_utils
from django.test.utils import CaptureQueriesContext
from django.utils.safestring import SafeString
from hypothesis import HealthCheck, settings
from pytest_django import DjangoDbBlocker, Settings

from smartscheduler import settings as settings_of_product
from smartscheduler.ops.local.servers.valkey import Valkey
from tests import declared_answers
from tests.events.declared import check_data

settings.register_profile(
    "suite", deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
settings.load_profile("suite")


# The key of the advisory lock of the processes of a run, on the maintenance database.
TEMPLATE_LOCK = 1_720_618_446
LONGEST_ID = 100


@pytest.fixture(scope="session")
def django_db_setup(
    request: pytest.FixtureRequest,
    django_test_environment: None,
    django_db_modify_db_settings: None,
    django_db_blocker: DjangoDbBlocker,
) -> Iterator[None]:
    """A copy of one migrated database: without a template, each process would run all migrations."""
    from tests.kept_schema import KeptSchema  # after Django is set up

    run = os.environ.get("PYTEST_XDIST_TESTRUNUID", str(os.getpid()))
    template, names = f"test_template_{run}", connection.settings_dict
    own = names["TEST"]["NAME"] or f"test_{names['NAME']}"
    with django_db_blocker.unblock():
        with connection._nodb_cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [TEMPLATE_LOCK])
            cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [template])
            if not cursor.fetchone():
                schema = KeptSchema(request.config.cache)
                if not schema.restore(template):
                    names["TEST"]["NAME"] = template
                    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
                    connection.close()
                    schema.keep(template)
            cursor.execute(f'DROP DATABASE IF EXISTS "{own}" WITH (FORCE)')
            cursor.execute(f'CREATE DATABASE "{own}" TEMPLATE "{template}"')
        names["TEST"]["NAME"] = names["NAME"] = own
    yield
    with django_db_blocker.unblock():
        connection.close()
        with connection._nodb_cursor() as cursor:
            for name in (own, template):
                cursor.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


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


# Once for the run: setting them for each test would notify all listeners of Django's settings ten times a test.
SETTINGS_OF_ALL_TESTS = {
    # Argon2 is slow on purpose; tests of passwords themselves need no strength.
    "PASSWORD_HASHERS": ["django.contrib.auth.hashers.MD5PasswordHasher"],
    # Each test client would look through all static files when it is made; those who serve them are real processes.
    "SERVESTATIC_USE_FINDERS": False,
    "SERVESTATIC_USE_STATIC_ROOT": False,
    # Tests ask more in a minute than people do; those of the limits themselves set them.
    "RATE_LIMITS": False,
    # Write no erasure list; tests of the list set its path.
    "ERASURE_LIST": "",
    # Tests wait for nothing; those of the delay itself set it.
    "MAIL_DELAY": timedelta(0),
    # The one asynchronous middleware would start an event loop and a thread for each request: 40 % of a short one.
    # It serves static files, of which there are none here; tests of the answers of all middleware restore it.
    "MIDDLEWARE": [name for name in settings_of_product.MIDDLEWARE if not name.startswith("servestatic.")],
}


@pytest.fixture(scope="session", autouse=True)
def settings_of_all_tests(django_test_environment: None) -> Iterator[None]:
    with test_utils.override_settings(**SETTINGS_OF_ALL_TESTS):
        yield


@pytest.fixture(scope="session", autouse=True)
def events_as_declared(django_test_environment: None) -> Iterator[None]:
    """Check the data of every event that a test publishes against docs/asyncapi.yaml."""
    from smartscheduler.events.publishing import Event, domain_event  # after Django is set up

    def check(*, event: Event, **_: Any) -> None:
        check_data(event.type, event.data)

    domain_event.connect(check, dispatch_uid="as declared")
    yield
    domain_event.disconnect(dispatch_uid="as declared")


@pytest.fixture
def answers_are_declared() -> Iterator[None]:
    """Each answer of the API is one that the OpenAPI document declares for its operation."""
    plain_request = Client.request

    def request(client: Client, **request: Any) -> Any:
        response = plain_request(client, **request)
        declared_answers.check(request["REQUEST_METHOD"], request["PATH_INFO"], response)
        return response

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Client, "request", request)
        yield


@pytest.fixture
def all_middleware(settings: Settings) -> None:
    settings.MIDDLEWARE = settings_of_product.MIDDLEWARE


@pytest.fixture(scope="session", autouse=True)
def files_in_this_process(django_test_environment: None) -> Iterator[dict[str, Callable[..., Any]]]:
    """A child process would not see an open transaction; tests of the processes ask for `files_apart`."""
    from smartscheduler.imports import file_reader, isolated_reader, runner  # after Django is set up

    apart: dict[str, Callable[..., Any]] = {"read_apart": isolated_reader.read_apart, "work_apart": runner.work_apart}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(isolated_reader, "read_apart", file_reader.read_file)
        patch.setattr(runner, "work_apart", lambda run, _watch=None: runner.work_on_file(run.pk))
        yield apart


@pytest.fixture
def files_apart(files_in_this_process: dict[str, Callable[..., Any]], monkeypatch: pytest.MonkeyPatch) -> None:
    """Files are read and imported in processes of their own, as in the product."""
    monkeypatch.setattr("smartscheduler.imports.isolated_reader.read_apart", files_in_this_process["read_apart"])
    monkeypatch.setattr("smartscheduler.imports.runner.work_apart", files_in_this_process["work_apart"])


@pytest.fixture(scope="session", autouse=True)
def only_filled_tables_are_emptied(django_test_environment: None) -> Iterator[None]:
    """After a test that commits: Django would empty all tables, and create the content types and permissions anew."""
    tables: list[str] = []

    def empty(test_case: Any) -> None:
        with connection.cursor() as cursor:
            if not tables:
                names = set(connection.introspection.django_table_names(only_existing=True, include_views=False))
                tables.extend(sorted(names - {"django_content_type", "auth_permission"}))
            cursor.execute(" UNION ALL ".join(f"(SELECT '{name}' FROM {name} LIMIT 1)" for name in tables))  # noqa: S608
            if filled := [name for (name,) in cursor.fetchall()]:
                cursor.execute(f"TRUNCATE {', '.join(filled)} CASCADE")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", empty)
        yield


COUNTING_FIXTURES = {"django_assert_num_queries", "django_assert_max_num_queries"}


@pytest.fixture(autouse=True)
def content_types_are_not_read_yet(request: pytest.FixtureRequest) -> None:
    """A test that counts queries begins like a new process, so that it does not depend on the tests before it."""
    counts_itself = hasattr(request.module, CaptureQueriesContext.__name__)
    if counts_itself or COUNTING_FIXTURES.intersection(request.fixturenames):
        from django.contrib.contenttypes.models import ContentType  # after Django is set up

        ContentType.objects.clear_cache()


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Files and long texts in the ID of a test are their argument's name, because the processes of a run compare IDs.

    The bytes of a workbook contain the time at which it was made.
    """
    return argname if isinstance(val, bytes | str) and len(val) > LONGEST_ID else None


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """All that is imported and collected stays, so that the garbage collector would look through it in vain."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()


# Rendering a page makes thousands of objects: at Python's 700, collections were a tenth of the CPU of the tests.
OBJECTS_OF_A_COLLECTION = 50_000


def pytest_collection_finish() -> None:
    """What is imported by now stays; the garbage collector need not look through it again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(OBJECTS_OF_A_COLLECTION)


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


@pytest.fixture
def work_may_start_early(settings: Settings) -> None:
    """For tests of other things than the day on which work may start."""
    settings.EARLY_START = timedelta(days=30)
