"""`manage.py up` with real processes: start, supervision, and stop."""

import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from http.client import HTTPConnection
from signal import Signals
from typing import Any

import psutil
import pytest

from smartscheduler.ops.local.servers.wait import wait_until_gone
from tests.products import Product, product, wait_until

pytestmark = [pytest.mark.system, pytest.mark.xdist_group("up")]
FROM_BEFORE = (
    "from django.db import connection; from django.db.migrations.recorder import MigrationRecorder; "
    "MigrationRecorder(connection).record_applied('exchange', '0001_initial')"
)
TABLES = "from django.db import connection; print(connection.introspection.table_names())"
USERS = "from smartscheduler.accounts.models import User; print(sorted(User.objects.values_list('email', 'role')))"


@pytest.fixture(scope="module")
def running() -> Iterator[Product]:
    with product(measured=True) as started:
        started.up()
        yield started
        started.stop()


def leftovers(local: Product) -> list[object]:
    """Processes, sockets and records that outlived the product."""
    files = [path for name in ("*.sock", ".s.PGSQL*", "*.pid", "up.json") for path in local.data_dir.rglob(name)]
    return [*local.processes(), *files]


class TestWhileItRuns:
    def test_the_web_answers(self, running: Product) -> None:
        assert running.status_of("/admin/login/") == 200
        assert running.status_of("/static/admin/css/base.css") == 200

    def test_the_web_reads_no_body_that_is_too_large(self, running: Product) -> None:
        asked = HTTPConnection("127.0.0.1", running.port, timeout=60)
        asked.putrequest("POST", "/api/v1/auth/login/")
        asked.putheader("Content-Length", str(10**9))
        asked.endheaders()
        assert asked.getresponse().status == 413
        asked.close()

    def test_says_where_it_is_and_who_may_sign_in(self, running: Product) -> None:
        output = running.output()
        assert f"http://127.0.0.1:{running.port}/admin/" in output
        assert f"http://127.0.0.1:{running.port}/api/v1/docs/" in output
        assert "coordinator@example.com" in output
        assert "smartscheduler-demo" in output

    def test_another_command_works_on_the_same_database(self, running: Product) -> None:
        done = running.manage("shell", "-v", "0", "-c", USERS)
        assert done.stdout.strip() == (
            "[('admin@example.com', 'administrator'), ('coordinator@example.com', 'coordinator'), "
            "('manager@example.com', 'manager')]"
        )
        assert running.status_of("/admin/login/") == 200  # and it left the servers alone

    def test_the_relay_holds_its_lock(self, running: Product) -> None:
        assert running.manage("check_relay").returncode == 0

    def test_the_worker_answers_over_the_embedded_valkey(self, running: Product) -> None:
        broker = f"redis+socket://{running.data_dir}/valkey/valkey.sock"
        command = [sys.executable, "-m", "celery", "--broker", broker, "inspect", "ping"]
        wait_until(lambda: b"pong" in subprocess.run(command, capture_output=True, check=False).stdout)

    def test_a_task_logs_the_id_of_the_request_that_sent_it(self, running: Product) -> None:
        send = (
            "import structlog; structlog.contextvars.bind_contextvars(request_id='asked-by-me'); "
            "from smartscheduler.events.tasks import prune_events; prune_events.delay()"
        )
        assert running.manage("shell", "-v", "0", "-c", send).returncode == 0
        log = running.data_dir / "logs" / "worker.log"
        wait_until(
            lambda: [line for line in log.read_text().split("\n") if "task_succeeded" in line and "asked-by-me" in line]
        )

    def test_a_second_one_is_told_so_and_changes_nothing(self, running: Product) -> None:
        before = running.record()
        done = running.manage("up", PORT="1")
        assert done.returncode == 1
        assert "already runs" in done.stderr
        assert running.process
        assert f"process {running.process.pid}, http://127.0.0.1:{running.port}/" in done.stderr
        assert "Traceback" not in done.stderr
        assert running.record() == before
        assert running.status_of("/admin/login/") == 200

    def test_down_does_not_touch_it(self, running: Product) -> None:
        done = running.manage("down")
        assert done.returncode == 1
        assert "is running" in done.stderr
        assert running.status_of("/admin/login/") == 200

    @pytest.mark.parametrize("place", [0, 1, 2], ids=["web", "worker", "relay"])
    def test_a_child_that_dies_is_started_again(self, running: Product, place: int) -> None:
        dead = running.children()[place]
        helpers = psutil.Process(dead).children(recursive=True)
        psutil.Process(dead).kill()
        wait_until(lambda: running.children()[place] != dead)
        wait_until(lambda: running.status_of("/admin/login/") == 200)
        assert wait_until_gone(helpers, 0) == []
        assert f"{('web', 'worker', 'relay')[place]} ended (SIGKILL)" in running.output()

    @pytest.mark.parametrize("name", ["postgres", "valkey-server"])
    def test_a_server_that_dies_is_started_again(self, running: Product, name: str) -> None:
        def server() -> psutil.Process | None:
            processes = [process for process in running.processes() if process.name().startswith(name[:15])]
            return next(
                (process for process in processes if (parent := process.parent()) and parent.name() != process.name()),
                None,
            )

        dead = server()
        assert dead
        killed = dead.pid
        dead.kill()
        wait_until(lambda: (now := server()) and now.pid != killed)
        wait_until(lambda: running.manage("check_relay").returncode == 0)
        assert running.status_of("/admin/login/") == 200


def test_a_taken_port_is_named_and_nothing_starts() -> None:
    with product() as local, socket.socket() as other:
        other.bind(("127.0.0.1", local.port))
        other.listen()
        done = local.manage("up")
        assert done.returncode == 1
        assert f"Port {local.port} is used" in done.stderr
        assert "Traceback" not in done.stderr
        assert leftovers(local) == []
        assert not (local.data_dir / "postgresql").exists()


def test_a_data_folder_from_before_the_first_release_is_named_and_left_as_it_is() -> None:
    with product() as local:
        assert local.manage("shell", "-v", "0", "-c", FROM_BEFORE).returncode == 0
        for command in ("up", "migrate"):
            done = local.manage(command)
            assert done.returncode == 1
            assert f"The database in {local.data_dir} was made by a version before 0.1.0" in done.stderr
            assert f"mv {local.data_dir} {local.data_dir}-before" in done.stderr
            assert "Traceback" not in done.stderr
        assert local.manage("shell", "-v", "0", "-c", TABLES).stdout.strip() == "['django_migrations']"
        assert leftovers(local) == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "SIGINT"])
def test_a_signal_stops_everything_and_the_data_stays(number: Signals) -> None:
    with product() as local:
        local.up()
        children = [psutil.Process(pid) for pid in local.children()]
        assert local.stop(number) == 0
        assert wait_until_gone(children, 0) == []
        assert leftovers(local) == []
        assert "admin@example.com" in local.manage("shell", "-v", "0", "-c", USERS).stdout
        assert leftovers(local) == []  # the command started the servers for itself, and stopped them


@pytest.mark.parametrize("moment", ["PostgreSQL", "Valkey", "migrations", "Logins"])
def test_a_signal_during_the_start_leaves_nothing(moment: str) -> None:
    with product() as local:
        local.up(until=moment)
        local.stop(signal.SIGINT)
        assert leftovers(local) == []


def test_the_demo_data_is_made_once_and_finished_when_it_was_interrupted() -> None:
    with product(DEMO="1") as local:
        local.up(until="Logins")
        wait_until(lambda: local.rows("contractors_contractor") > 0)
        local.kill()
        local.up()
        assert "Demo data" in local.output()
        assert (local.rows("contractors_contractor"), local.rows("jobs_job")) == (240, 90)
        local.stop()
        local.up()
        assert "Demo data" not in local.output()
        assert (local.rows("contractors_contractor"), local.rows("jobs_job")) == (240, 90)
        local.stop()


def test_a_killed_one_takes_its_children_along_and_the_next_just_works() -> None:
    with product() as local:
        local.up()
        old = local.children()
        processes = [psutil.Process(pid) for pid in old]
        local.kill()
        local.up()
        assert wait_until_gone(processes, 0) == []
        assert not set(old) & set(local.children())
        assert local.status_of("/admin/login/") == 200
        assert local.stop() == 0
        assert leftovers(local) == []


def test_what_a_killed_one_left_can_be_taken_down() -> None:
    with product() as local:
        local.up()
        local.kill()
        assert local.manage("down").returncode == 0
        assert leftovers(local) == []


@pytest.mark.parametrize(
    ("variable", "url"),
    [
        ("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/nothing"),
        ("REDIS_URL", "redis://127.0.0.1:1/0"),
    ],
)
def test_a_given_server_that_does_not_answer_is_named(variable: str, url: str) -> None:
    variables: dict[str, Any] = {variable: url}
    with product(**variables) as local:
        done = local.manage("up")
        assert done.returncode == 1
        assert f"of {variable} does not answer" in done.stderr
        assert "Traceback" not in done.stderr
        assert leftovers(local) == []


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_web_that_cannot_start_is_reported_with_its_last_words(workers: str) -> None:
    with product(DJANGO_SETTINGS_MODULE="tests.smartscheduler.broken_web", WEB_WORKERS=workers) as local:
        done = local.manage("up")
        assert done.returncode == 1
        assert "The web does not start" in done.stderr
        assert "the web is broken on purpose" in done.stderr
        assert leftovers(local) == []
