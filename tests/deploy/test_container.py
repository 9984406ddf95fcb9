"""compose.yaml and the Dockerfile run the same commands as `manage.py up`, with production settings."""

import json
import re
import signal
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest
import yaml

from smartscheduler import BASE_DIR
from smartscheduler.core.http.body_limit import MOST_BYTES, UPLOADS_AT_ONCE
from smartscheduler.ops.local import process_specs
from smartscheduler.ops.local.servers import Servers
from smartscheduler.ops.local.servers.postgresql import LOG_OPTIONS, PostgreSQL
from smartscheduler.ops.local.servers.valkey import Valkey
from tests.products import Product, folder, wait_until

COMPOSE = yaml.safe_load((BASE_DIR / "compose.yaml").read_text())["services"]
DOCKERFILE = (BASE_DIR / "Dockerfile").read_text()
COMMANDS = {
    "web": process_specs.web(host="0.0.0.0", port=8000, workers=2),  # noqa: S104
    "worker": process_specs.WORKER,
    "worker-files": process_specs.FILE_WORKER,
    "worker-plans": process_specs.PLAN_WORKER,
    "beat": process_specs.beat("/tmp/beat-schedule"),  # noqa: S108
    "relay": process_specs.RELAY,
}


def services_of(name: str) -> dict[str, Any]:
    return dict(yaml.safe_load((BASE_DIR / name).read_text())["services"])


SHIPPED = [
    "smartscheduler",
    "contractors",
    "customers",
    "jobs",
    "assignments",
    "recommendations",
    "templates",
    "frontend",
]


def locked(name: str) -> dict[str, str]:
    return dict(re.findall(r"^([a-z0-9._-]+)==([^ ;\\]+)", (BASE_DIR / name).read_text(), flags=re.MULTILINE))


class TestFiles:
    def test_the_image_runs_the_web(self) -> None:
        (command,) = re.findall(r"^CMD (\[.*\])$", DOCKERFILE, flags=re.MULTILINE)
        assert json.loads(command) == ["python", *COMMANDS["web"]]
        assert "command" not in COMPOSE["web"]

    @pytest.mark.parametrize("name", ["worker", "worker-files", "worker-plans", "beat", "relay"])
    def test_the_other_services_run_their_process(self, name: str) -> None:
        assert COMPOSE[name]["command"] == ["python", *COMMANDS[name]]

    def test_all_are_the_same_image_and_wait_for_the_migrations(self) -> None:
        assert COMPOSE["migrate"]["command"] == ["python", "manage.py", "migrate", "--noinput"]
        for name in COMMANDS:
            assert COMPOSE[name]["image"] == COMPOSE["migrate"]["image"]
            assert COMPOSE[name]["depends_on"]["migrate"]["condition"] == "service_completed_successfully"

    def test_every_service_that_runs_on_has_a_health_check(self) -> None:
        from_the_image = {"web"}
        services = COMPOSE | services_of("deploy/compose.monitoring.yaml")
        checked = {name for name, service in services.items() if "test" in service.get("healthcheck", {})}
        assert checked | from_the_image == set(services) - {"migrate"}
        assert "HEALTHCHECK" in DOCKERFILE

    def test_every_service_that_runs_on_has_limits_and_logs_that_end(self) -> None:
        services = COMPOSE | services_of("deploy/compose.monitoring.yaml")
        for name in set(services) - {"migrate"}:
            assert services[name]["deploy"]["resources"]["limits"].keys() == {"cpus", "memory"}, name
        for name, service in services.items():
            assert service["logging"]["options"].keys() == {"max-size", "max-file"}, name

    def test_there_is_one_beat_and_a_relay_that_stands_by(self) -> None:
        replicas = {name: service.get("deploy", {}).get("replicas") for name, service in COMPOSE.items()}
        assert replicas["beat"] == 1
        assert replicas["relay"] == 2
        assert replicas["web"] == "${WEB_REPLICAS:-2}"
        assert replicas["worker"] == "${WORKER_REPLICAS:-2}"

    def test_the_web_believes_the_proxy_and_only_the_proxy_reaches_it_from_outside(self) -> None:
        address = COMPOSE["proxy"]["networks"]["edge"]["ipv4_address"]
        assert COMPOSE["web"]["environment"]["TRUSTED_PROXIES"] == address
        assert {name for name, service in COMPOSE.items() if "ports" in service} == {"proxy"}
        assert {name for name, service in COMPOSE.items() if "edge" in service["networks"]} == {"proxy", "web"}

    def test_the_temporary_folder_holds_the_files_of_all_processes_twice(self) -> None:
        (size,) = re.findall(r"size=(\d+)m", COMPOSE["web"]["tmpfs"][0])
        workers = int(COMMANDS["web"][COMMANDS["web"].index("--workers") + 1])
        assert workers * UPLOADS_AT_ONCE * 2 * MOST_BYTES < int(size) * 2**20

    def test_postgresql_writes_no_statement(self) -> None:
        assert {f"-c{name}={value}" for name, value in LOG_OPTIONS.items()} <= set(COMPOSE["postgresql"]["command"])

    def test_the_data_has_no_way_out(self) -> None:
        assert yaml.safe_load((BASE_DIR / "compose.yaml").read_text())["networks"]["inside"] == {"internal": True}
        assert {name for name, service in COMPOSE.items() if service["networks"] == ["inside"]} == {
            "postgresql",
            "valkey",
            "migrate",
        }

    def test_each_postgresql_has_a_folder_of_its_own_in_the_volume(self) -> None:
        database = COMPOSE["postgresql"]
        (volume,) = database["volumes"]
        data = database["environment"]["PGDATA"]
        assert data.startswith(volume.partition(":")[2])
        assert "${POSTGRES_VERSION:-18}" in data
        assert "${POSTGRES_VERSION:-18}" in database["image"]

    def test_redis_takes_the_place_of_valkey(self) -> None:
        instead = services_of("deploy/compose.redis.yaml")["valkey"]
        ours = COMPOSE["valkey"]
        assert instead["command"][1:] == ours["command"][1:]
        assert instead["healthcheck"].keys() == ours["healthcheck"].keys()

    def test_files_that_are_mounted_exist(self) -> None:
        for service in (COMPOSE | services_of("deploy/compose.monitoring.yaml")).values():
            for volume in service.get("volumes", []):
                if volume.startswith("."):
                    assert (BASE_DIR / volume.partition(":")[0]).exists(), volume

    def test_the_list_of_erasures_outlives_the_database_and_every_container(self) -> None:
        (place,) = re.findall(r"ERASURE_LIST=(\S+)/erasures.jsonl", DOCKERFILE)
        assert f"--owner smartscheduler {place}" in DOCKERFILE
        assert {tuple(COMPOSE[name]["volumes"]) for name in COMMANDS} == {(f"erasures:{place}",)}
        assert "erasures" in yaml.safe_load((BASE_DIR / "compose.yaml").read_text())["volumes"]

    def test_nothing_is_root_or_can_write_where_it_should_not(self) -> None:
        for name in {*COMMANDS, "migrate"}:
            service = COMPOSE[name]
            assert service["read_only"] is True
            assert service["tmpfs"] == ["/tmp:size=256m,mode=1777"]  # noqa: S108
            assert service["cap_drop"] == ["ALL"]

    def test_the_image_is_built_from_the_hashed_lock_and_is_not_root(self) -> None:
        assert "--require-hashes --compile-bytecode requirements-prod.lock" in DOCKERFILE
        last_stage = DOCKERFILE.split("FROM ")[-1]
        assert re.search(r"^USER (?!root)", last_stage, flags=re.MULTILINE)
        assert "DEBUG=0" in last_stage

    def test_the_production_lock_has_what_the_project_needs_and_no_more(self) -> None:
        project = tomllib.loads((BASE_DIR / "pyproject.toml").read_text())["project"]

        def names(requirements: list[str]) -> set[str]:
            return {re.split(r"[^A-Za-z0-9._-]", requirement)[0].lower() for requirement in requirements}

        production, everything = locked("requirements-prod.lock"), locked("requirements.lock")
        assert names(project["dependencies"]) <= production.keys()
        extras = project["optional-dependencies"]
        assert names(extras["observability"] + extras["plan"]) <= production.keys()
        # Of the embedded servers only PostgreSQL's client programs are of use there, and they come in one wheel.
        assert names(extras["backup"]) == names(extras["embedded"]) & production.keys()
        assert not {"pytest", "mypy", "ruff", "playwright"} & production.keys()
        assert production.items() <= everything.items()

    @pytest.mark.parametrize("name", ["requirements.lock", "requirements-prod.lock"])
    def test_locks_name_no_host(self, name: str) -> None:
        assert "://" not in (BASE_DIR / name).read_text()

    def test_the_image_gets_the_product_and_nothing_else(self) -> None:
        lines = (BASE_DIR / ".dockerignore").read_text().split("\n")
        assert lines[0] == "*"
        assert {line[1:] for line in lines if line.startswith("!")} == {
            *SHIPPED,
            "manage.py",
            "requirements-prod.lock",
            # Shown by the back-office.
            "docs/*.md",
            "docs/adr",
        }


@contextmanager
def service(name: str, product: Product) -> Iterator["subprocess.Popen[bytes]"]:
    """A service of compose.yaml with our Python, port and folder in place of the container's."""
    here = {"0.0.0.0": "127.0.0.1", "8000": str(product.port)}  # noqa: S104
    here["/tmp/beat-schedule"] = str(product.data_dir / "beat-schedule")  # noqa: S108
    command = [sys.executable, *(here.get(word, word) for word in COMMANDS[name])]
    with (product.data_dir / f"{name}.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=BASE_DIR, env=product.environment, stdout=log, stderr=log)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


@pytest.fixture(scope="module")
def production() -> Iterator[Product]:
    """Every service of compose.yaml on servers given by URL, as `manage.py` sees them."""
    with folder() as home, ExitStack() as stack:
        postgresql, valkey = PostgreSQL(home / "pg", throwaway=True), Valkey(home / "valkey", throwaway=True)
        stack.enter_context(Servers(home, [postgresql, valkey]))
        servers: dict[str, Any] = {"DATABASE_URL": postgresql.url, "REDIS_URL": valkey.url}
        secrets: dict[str, Any] = {
            "DEBUG": "0",
            "SECRET_KEY": "a key for this test alone, and long enough for tokens",
            "TRUSTED_PROXIES": "127.0.0.1",
        }
        product = Product(home / "data", STATIC_ROOT=str(home / "static"), **servers, **secrets)
        product.data_dir.mkdir()
        assert product.manage("migrate", "--noinput").returncode == 0
        assert product.manage("collectstatic", "--noinput", "-v", "0").returncode == 0
        started = [stack.enter_context(service(name, product)) for name in COMMANDS]
        wait_until(lambda: product.status_of("/admin/login/") == 200)
        yield product
        for process in started:
            process.send_signal(signal.SIGTERM)
        codes = [process.wait(timeout=120) for process in started]
        assert set(codes) <= {0, -signal.SIGTERM, 128 + signal.SIGTERM}, codes


@pytest.mark.system
@pytest.mark.xdist_group("up")
class TestInProduction:
    def test_the_web_serves_the_admin_and_its_hashed_files(self, production: Product) -> None:
        page = production.page("/admin/login/")
        hashed = re.search(r'/static/[^"]+\.[0-9a-f]{12}\.css', page)
        assert hashed
        assert production.status_of(hashed[0]) == 200

    def test_the_health_check_of_the_image_passes(self, production: Product) -> None:
        assert production.status_of("/api/v1/health/ready") == 200

    def test_the_relay_passes_its_health_check(self, production: Product) -> None:
        test = COMPOSE["relay"]["healthcheck"]["test"]
        assert test[:2] == ["CMD", "python"]
        wait_until(lambda: production.manage(*test[3:]).returncode == 0)

    def test_the_worker_passes_its_health_check(self, production: Product) -> None:
        command = [sys.executable, "-m", "celery", "-A", "smartscheduler", "inspect", "ping"]
        wait_until(
            lambda: (
                "pong"
                in subprocess.run(
                    command, cwd=BASE_DIR, env=production.environment, capture_output=True, text=True, check=False
                ).stdout
            )
        )

    def test_no_default_accounts_exist(self, production: Product) -> None:
        count = "from smartscheduler.accounts.models import User; print(User.objects.count())"
        assert production.manage("shell", "-v", "0", "-c", count).stdout.strip() == "0"
