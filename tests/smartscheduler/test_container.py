"""compose.yaml and the Dockerfile run exactly what is run here: the same commands, in production's settings."""

import json
import re
import signal
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest
import yaml

from smartscheduler import processes
from smartscheduler.embedded import Servers
from smartscheduler.embedded.postgresql import PostgreSQL
from smartscheduler.embedded.valkey import Valkey
from tests.smartscheduler.products import ROOT, Product, folder, wait_until

COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]
DOCKERFILE = (ROOT / "Dockerfile").read_text()
COMMANDS = {
    "web": processes.web(host="0.0.0.0", port=8000, workers=2),  # noqa: S104
    "worker": processes.WORKER,
    "beat": processes.beat("/tmp/beat-schedule"),  # noqa: S108
    "relay": processes.RELAY,
}
SHIPPED = ["smartscheduler", "contractors", "jobs", "assignments", "recommendations", "templates", "frontend"]


def locked(name: str) -> dict[str, str]:
    return dict(re.findall(r"^([a-z0-9._-]+)==([^ ;\\]+)", (ROOT / name).read_text(), flags=re.MULTILINE))


class TestFiles:
    def test_the_image_runs_the_web(self):
        command = re.search(r"^CMD (\[.*\])$", DOCKERFILE, flags=re.MULTILINE)
        assert json.loads(command[1]) == ["python", *COMMANDS["web"]]
        assert "command" not in COMPOSE["web"]

    @pytest.mark.parametrize("name", ["worker", "beat", "relay"])
    def test_the_other_services_run_their_process(self, name):
        assert COMPOSE[name]["command"] == ["python", *COMMANDS[name]]

    def test_all_are_the_same_image_and_wait_for_the_migrations(self):
        assert COMPOSE["migrate"]["command"] == ["python", "manage.py", "migrate", "--noinput"]
        for name in COMMANDS:
            assert COMPOSE[name]["image"] == COMPOSE["migrate"]["image"]
            assert COMPOSE[name]["depends_on"]["migrate"]["condition"] == "service_completed_successfully"

    def test_every_service_that_runs_on_has_a_health_check(self):
        from_the_image = {"web"}
        checked = {name for name, service in COMPOSE.items() if "test" in service.get("healthcheck", {})}
        assert checked | from_the_image == set(COMPOSE) - {"migrate"}
        assert "HEALTHCHECK" in DOCKERFILE

    def test_the_image_is_built_from_the_hashed_lock_and_is_not_root(self):
        assert "--require-hashes --compile-bytecode requirements-prod.lock" in DOCKERFILE
        last_stage = DOCKERFILE.split("FROM ")[-1]
        assert re.search(r"^USER (?!root)", last_stage, flags=re.MULTILINE)
        assert "DEBUG=0" in last_stage

    def test_the_production_lock_has_what_the_project_needs_and_no_more(self):
        project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]

        def names(requirements: list[str]) -> set[str]:
            return {re.match(r"[A-Za-z0-9._-]+", requirement)[0].lower() for requirement in requirements}

        production, everything = locked("requirements-prod.lock"), locked("requirements.lock")
        assert names(project["dependencies"]) <= production.keys()
        extras = project["optional-dependencies"]
        # Of the embedded servers only PostgreSQL's client programs are of use there, and they come in one wheel.
        assert names(extras["backup"]) == names(extras["embedded"]) & production.keys()
        assert not {"pytest", "mypy", "ruff", "playwright"} & production.keys()
        assert production.items() <= everything.items()

    @pytest.mark.parametrize("name", ["requirements.lock", "requirements-prod.lock"])
    def test_locks_name_no_host(self, name):
        assert "://" not in (ROOT / name).read_text()

    def test_the_image_gets_the_product_and_nothing_else(self):
        lines = (ROOT / ".dockerignore").read_text().split("\n")
        assert lines[0] == "*"
        assert {line[1:] for line in lines if line.startswith("!")} == {
            *SHIPPED,
            "manage.py",
            "requirements-prod.lock",
        }


@contextmanager
def service(name: str, product: Product) -> Iterator["subprocess.Popen[bytes]"]:
    """A service of compose.yaml with our Python, port and folder in place of the container's."""
    here = {"0.0.0.0": "127.0.0.1", "8000": str(product.port)}  # noqa: S104
    here["/tmp/beat-schedule"] = str(product.data_dir / "beat-schedule")  # noqa: S108
    command = [sys.executable, *(here.get(word, word) for word in COMMANDS[name])]
    with (product.data_dir / f"{name}.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=product.environment, stdout=log, stderr=log)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


@pytest.fixture(scope="module")
def production():
    """Every service of compose.yaml on servers given by URL, as `manage.py` sees them."""
    with folder() as home, ExitStack() as stack:
        postgresql, valkey = PostgreSQL(home / "pg", throwaway=True), Valkey(home / "valkey", throwaway=True)
        stack.enter_context(Servers(home, [postgresql, valkey]))
        given = {"DATABASE_URL": postgresql.url, "REDIS_URL": valkey.url}
        secrets = {"DEBUG": "0", "SECRET_KEY": "a key for this test alone, and long enough for tokens"}
        product = Product(home / "data", STATIC_ROOT=str(home / "static"), **given, **secrets)
        product.data_dir.mkdir()
        assert product.manage("migrate", "--noinput").returncode == 0
        assert product.manage("collectstatic", "--noinput", "-v", "0").returncode == 0
        started = [stack.enter_context(service(name, product)) for name in COMMANDS]
        wait_until(lambda: product.status_of("/admin/login/") == 200)
        yield product
        for process in started:
            process.send_signal(signal.SIGTERM)
        codes = [process.wait(timeout=30) for process in started]
        assert set(codes) <= {0, -signal.SIGTERM, 128 + signal.SIGTERM}, codes


@pytest.mark.xdist_group("up")
class TestInProduction:
    def test_the_web_serves_the_admin_and_its_hashed_files(self, production):
        page = production.page("/admin/login/")
        hashed = re.search(r'/static/[^"]+\.[0-9a-f]{12}\.css', page)
        assert hashed
        assert production.status_of(hashed[0]) == 200

    def test_the_health_check_of_the_image_passes(self, production):
        assert production.status_of("/api/v1/health/ready") == 200

    def test_the_relay_passes_its_health_check(self, production):
        test = COMPOSE["relay"]["healthcheck"]["test"]
        assert test[:2] == ["CMD", "python"]
        wait_until(lambda: production.manage(*test[3:]).returncode == 0)

    def test_the_worker_passes_its_health_check(self, production):
        command = [sys.executable, "-m", "celery", "-A", "smartscheduler", "inspect", "ping"]
        wait_until(
            lambda: (
                "pong"
                in subprocess.run(
                    command, cwd=ROOT, env=production.environment, capture_output=True, text=True, check=False
                ).stdout
            )
        )

    def test_nobody_is_there_to_sign_in_as(self, production):
        count = "from smartscheduler.accounts.models import User; print(User.objects.count())"
        assert production.manage("shell", "-v", "0", "-c", count).stdout.strip() == "0"
