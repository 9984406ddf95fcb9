"""Exhausted connections, disk space, and locks: requests wait or are answered with a retry hint."""

import json
import resource
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg

from smartscheduler import BASE_DIR
from tests.factories import PASSWORD
from tests.faults.bookers import EMAIL, SITE, ask, booked, booking
from tests.faults.invariants import check
from tests.faults.stack import AT_LENGTH, Stack, stack
from tests.products import wait_until

pytestmark = AT_LENGTH
WELL = {200, 201, 409}


class Hog:
    """Takes every connection that there is, and every one that becomes free."""

    def __init__(self, url: str) -> None:
        self.url, self.held = url, list[psycopg.Connection]()
        self._told = threading.Event()
        self._thread = threading.Thread(target=self._take)

    def __enter__(self) -> "Hog":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._told.set()
        self._thread.join()
        for connection in self.held:
            connection.close()

    def _take(self) -> None:
        while not self._told.is_set():
            try:
                self.held.append(psycopg.connect(self.url, autocommit=True))
            except psycopg.OperationalError:
                time.sleep(0.001)

    def end_others(self) -> None:
        """Those of the product, which gets them back only when we do not."""
        mine = [connection.info.backend_pid for connection in self.held]
        query = (
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE backend_type = 'client backend' AND pid <> ALL(%s)"
        )
        self.held[0].execute(query, [mine])


def test_connections_run_out() -> None:
    few = {"max_connections": "20", "superuser_reserved_connections": "0"}
    with stack(RATE_LIMITS="0", postgresql=few) as product:
        product.office()
        port = product.web()
        base = f"http://127.0.0.1:{port}"
        product.relay()
        with booking(base) as crew:
            wait_until(lambda: booked(crew) >= 5)
            token = crew[0].tokens["access"]
            with Hog(product.postgresql.url) as hog:
                wait_until(lambda: len(hog.held) > 10)
                wait_until(lambda: _ended(hog, base), 60)
                began = time.monotonic()
                refused = ask(base, "jobs/", token=token, patience=20)
                assert (refused.status, refused.retry_after) == (503, "5")
                assert refused.body["type"] == "/problems/unavailable"
                assert time.monotonic() - began < 15
                assert ask(base, "health/ready").body["checks"]["database"] == "failed"
                assert ask(base, "health/live").status == 200
            began, before = time.monotonic(), booked(crew)
            wait_until(lambda: _all_but_the_workers_hold(base), 20)
            wait_until(lambda: booked(crew) > before, 30)
            assert time.monotonic() - began < 20
        check(product, crew=crew)


def _ended(hog: Hog, base: str) -> bool:
    hog.end_others()
    return ask(base, "health/ready").status == 503


def _all_but_the_workers_hold(base: str) -> bool:
    """No worker runs here, so that the whole status stays `degraded`."""
    ready = ask(base, "health/ready").body
    return {name for name, state in ready["checks"].items() if state != "ok"} == {"workers"}


def test_the_disk_of_the_log_is_full(product: Stack) -> None:
    product.office()
    with Path("/dev/full").open("wb") as full:
        port = product.web(log=full, LOG_LEVEL="INFO")
        product.relay(log=full, LOG_LEVEL="INFO")
        product.worker(log=full, LOG_LEVEL="INFO")
    with booking(f"http://127.0.0.1:{port}") as crew:
        wait_until(lambda: booked(crew) >= 30)
        # Written, if not sent: without a mail server mails are printed, for which there is no room.
        wait_until(lambda: product.rows("SELECT count(*) > 5 FROM notifications_mail") == [(True,)])
    assert set().union(*(booker.outcomes for booker in crew)) <= WELL
    check(product, crew=crew)


def test_the_disk_of_the_log_fills_up_and_has_room_again(product: Stack, tmp_path: Path) -> None:
    product.office()
    product.relay()
    file = tmp_path / "web.log"
    with file.open("ab") as log:
        port = product.web(log=log, LOG_LEVEL="INFO", LOG_FORMAT="json")
    web = product.running[-1]
    with booking(f"http://127.0.0.1:{port}") as crew:
        wait_until(lambda: booked(crew) >= 5)
        # Not one byte more: what writes beyond gets an error, as on a full disk.
        full = file.stat().st_size + 100
        resource.prlimit(web.pid, resource.RLIMIT_FSIZE, (full, resource.RLIM_INFINITY))
        before = booked(crew)
        wait_until(lambda: booked(crew) >= before + 20)
        assert file.stat().st_size == full
        resource.prlimit(web.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        wait_until(lambda: file.stat().st_size > full + 2_000)
    assert set().union(*(booker.outcomes for booker in crew)) <= WELL
    assert json.loads(file.read_text().rstrip().split("\n")[-1])["event"]
    check(product, crew=crew)


HOLD = """
import time
from django.db import transaction
from contractors.models import Contractor
with transaction.atomic():
    print(Contractor.objects.select_for_update().order_by("pk").first().pk, flush=True)
    time.sleep(120)
"""


@contextmanager
def forgotten_transaction(product: Stack, seconds: int) -> Iterator[str]:
    """Lock a contractor in a separate session that stays idle. Returns the contractor's id."""
    environment = product.product.environment | {"DATABASE_IDLE_TRANSACTION_SECONDS": str(seconds)}
    command = [sys.executable, "manage.py", "shell", "-v", "0", "-c", HOLD]
    shell = subprocess.Popen(
        command, cwd=BASE_DIR, env=environment, stdout=subprocess.PIPE, stderr=product.logs, text=True
    )
    try:
        assert shell.stdout
        yield shell.stdout.readline().strip()
    finally:
        shell.kill()
        shell.communicate()


def test_a_transaction_is_left_open(product: Stack) -> None:
    product.office()
    base = f"http://127.0.0.1:{product.web()}"
    product.relay()
    token = ask(base, "auth/login/", {"email": EMAIL, "password": PASSWORD}).body["access"]
    ranking = {"type": "flooring", "desired_date": _in_days(3), "duration": "01:00:00"}
    job = ask(base, "jobs/", ranking | {"location": SITE}, token=token).body["id"]
    entries = ask(base, f"jobs/{job}/recommendations/?max_results=50", token=token).body["recommendations"]
    with forgotten_transaction(product, seconds=12) as held:
        began = time.monotonic()
        start = next(entry for entry in entries if entry["contractor"]["id"] == held)["available_time_slots"][0][
            "start"
        ]
        body = {"job": job, "contractor": held, "start": start}
        busy = ask(base, "assignments/", body, token=token)
        assert (busy.status, busy.retry_after, busy.body["type"]) == (503, "1", "/problems/busy")
        assert time.monotonic() - began < 7
        # PostgreSQL ends what was forgotten, and the same request is granted.
        wait_until(lambda: ask(base, "assignments/", body, token=token).status == 201, 30)
        assert time.monotonic() - began < 25
    assert product.rows("SELECT count(*) FROM assignments_assignment") == [(1,)]
    check(product)


def _in_days(days: int) -> str:
    return (datetime.now(UTC) + timedelta(days=days)).isoformat()
