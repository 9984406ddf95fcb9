"""Readiness with real servers: full disk, frozen worker, frozen relay, and Valkey without memory."""

import os
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from smartscheduler.ops.local.servers.postgresql import PostgreSQL
from tests.faults.bookers import ask
from tests.faults.stack import Stack, stack
from tests.products import folder, wait_until

pytestmark = [pytest.mark.system, pytest.mark.xdist_group("readiness")]
SMALL_DISK = "200m"


@contextmanager
def small_disk() -> Iterator[Path]:
    """A file system of its own, small enough to fill."""
    with folder() as home:
        disk = home / "disk"
        disk.mkdir()
        mounted = subprocess.run(
            ["/usr/bin/mount", "-t", "tmpfs", "-o", f"size={SMALL_DISK}", "tmpfs", disk],
            check=False,
            capture_output=True,
        )
        if mounted.returncode:  # no root, or a container that may not
            pytest.skip("this user may not mount a file system")
        try:
            yield disk
        finally:
            subprocess.run(["/usr/bin/umount", "--lazy", disk], check=False)


def fill(disk: Path) -> Path:
    """Take all the room there is."""
    ballast = disk / "ballast"
    with ballast.open("ab", buffering=0) as file:
        for size in (1 << 20, 1 << 12, 1):
            try:
                while file.write(b"x" * size):
                    pass
            except OSError:
                continue
    return ballast


def readiness(base: str) -> dict[str, Any]:
    answer = ask(base, "health/ready")
    return {"code": answer.status, **answer.body}


def test_a_full_disk_is_noticed_and_so_is_room_again() -> None:
    with small_disk() as disk, stack(RATE_LIMITS="0") as product:
        product.postgresql.stop()
        subprocess.run(["/usr/bin/cp", "-a", product.postgresql.directory, disk / "pg"], check=True)
        product.postgresql = PostgreSQL(disk / "pg", throwaway=True, synchronous_commit="on")
        product.postgresql.start()
        product.product.environment["DATABASE_URL"] = product.postgresql.url
        product.relay()
        product.worker()
        product.file_worker()
        product.plan_worker()
        base = f"http://127.0.0.1:{product.web()}"
        wait_until(lambda: readiness(base)["status"] == "ok")
        ballast = fill(disk)
        wait_until(lambda: readiness(base)["checks"].get("writes") == "failed", 60)
        state = readiness(base)
        assert (state["code"], state["status"], state["checks"]["database"]) == (200, "degraded", "ok")
        ballast.unlink()
        wait_until(lambda: readiness(base)["status"] == "ok", 60)
        product.running.reverse()  # nothing may still write when the disk goes
        product.clear()
        product.postgresql.stop()


@pytest.fixture(scope="module")
def running() -> Iterator[tuple[Stack, str]]:
    with stack(RATE_LIMITS="0", WORKER_LATE_SECONDS="8") as product:
        product.relay()
        product.file_worker()
        product.plan_worker()
        yield product, f"http://127.0.0.1:{product.web()}"


MAIL = (
    "import uuid; from django.utils import timezone; from tests.factories import AssignmentFactory;"
    "from smartscheduler.notifications.models import Mail;"
    "Mail.objects.create(id=uuid.uuid4(), kind='assigned', assignment=AssignmentFactory(), revision=0,"
    " due_at=timezone.now())"
)


def test_mail_goes_on_when_the_worker_that_sends_it_is_frozen(running: tuple[Stack, str]) -> None:
    product, _ = running
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent.settimeout(120)
        address = f"smtp://127.0.0.1:{silent.getsockname()[1]}"
        first = product.worker(EMAIL_URL=address, LEASE_SECONDS="5")
        made = product.product.manage("shell", "-v", "0", "-c", MAIL)
        assert made.returncode == 0, made.stderr
        connection, _ = silent.accept()  # it waits for a greeting that does not come
        os.killpg(first.pid, signal.SIGSTOP)
    second = product.worker(EMAIL_URL="dummymail://", LEASE_SECONDS="5")
    wait_until(lambda: product.rows("SELECT state FROM notifications_mail") == [("sent",)], 120)
    connection.close()
    product.kill(first)
    product.kill(second)


def test_a_frozen_relay_makes_room_for_another(running: tuple[Stack, str]) -> None:
    product, base = running
    (frozen,) = product.running[:1]
    second = product.relay()
    wait_until(lambda: readiness(base)["checks"]["events"] == "ok")
    os.killpg(frozen.pid, signal.SIGSTOP)
    try:
        product.rows(
            "INSERT INTO events_outboxevent (id, type, occurred_at, data, request_id, traceparent)"
            " VALUES (gen_random_uuid(), 'JobCreated', now(), '{}', '', '') RETURNING 1"
        )
        wait_until(product.is_sent, 60)
        wait_until(lambda: readiness(base)["checks"]["events"] == "ok", 60)
    finally:
        os.killpg(frozen.pid, signal.SIGCONT)
    product.kill(second)
    wait_until(lambda: readiness(base)["checks"]["events"] == "ok", 60)


def test_a_frozen_worker_is_noticed_with_its_queue(running: tuple[Stack, str]) -> None:
    product, base = running
    worker = product.worker()
    wait_until(lambda: readiness(base)["status"] == "ok")
    os.killpg(worker.pid, signal.SIGSTOP)
    try:
        # The queue of files may be late as well, and before: the frozen worker also runs beat, which sends heartbeats.
        wait_until(lambda: "celery" in readiness(base)["late_queues"], 60)
        state = readiness(base)
        assert (state["code"], state["status"], state["checks"]["workers"]) == (200, "degraded", "failed")
    finally:
        os.killpg(worker.pid, signal.SIGCONT)
    wait_until(lambda: readiness(base)["status"] == "ok", 60)
    product.kill(worker)
