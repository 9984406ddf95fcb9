"""Web, worker, relays, PostgreSQL, and Valkey on separate hosts that are disconnected one after the other.

While people book through both webs and others listen at both: nothing is lost, nothing happens twice, numbers have no
gap, and each host says of itself how it is. What each took to recover is printed.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from smartscheduler.ops.local import process_specs
from tests.faults.bookers import ask, booked, booking
from tests.faults.crowd import Client, Crowd, listening
from tests.faults.invariants import check
from tests.faults.networks import Loopback, Namespaces, network
from tests.faults.stack import AT_LENGTH, Stack
from tests.products import folder, free_port, wait_until

pytestmark = AT_LENGTH
HOSTS = ["postgresql", "valkey", "web1", "web2", "relay1", "relay2", "worker"]
# Longer than the detection of a dead peer and than all time-outs.
CUT_SECONDS = 25.0
# The TCP time-out, plus time to reconnect.
NOTICED_SECONDS = 20.0
HEARTBEAT_SECONDS = 5.0


class Layout(Stack):
    """The product spread over the hosts of a network."""

    def __init__(self, home: Path, net: Namespaces | Loopback, write: Callable[[str], None]) -> None:
        self.net, self.write = net, write
        self.ports = {"postgresql": 5432, "valkey": free_port(), "web1": free_port(), "web2": free_port()}
        self.pids: dict[str, int] = {}
        super().__init__(
            home,
            postgresql={"listen_addresses": net.address("postgresql")},
            valkey={
                "port": str(self.ports["valkey"]),
                "bind": net.address("valkey"),
                "protected-mode": "no",
            },
            ALLOWED_HOSTS=",".join(net.address(host) for host in HOSTS),
            RATE_LIMITS="0",
            EVENT_HEARTBEAT_SECONDS=f"{HEARTBEAT_SECONDS:g}",
            LOG_LEVEL="WARNING",
        )

    def up(self) -> None:
        with self.net.inside("postgresql"):
            self.postgresql.start()
        with (self.postgresql.directory / "pg_hba.conf").open("a") as rules:
            rules.write(f"host all all {self.net.trusted} trust\n")
        self.rows("SELECT pg_reload_conf()")
        with self.net.inside("valkey"):
            self.valkey.start()
        super().up()
        self.office()
        for host in ("web1", "web2"):
            command = process_specs.web(host=self.net.address(host), port=self.ports[host], workers=1)
            self.start_on(host, *command)
        for host in ("relay1", "relay2"):
            self.start_on(host, *process_specs.RELAY)
        self.start_on("worker", *process_specs.FILE_WORKER)
        self.start_on("worker", *process_specs.PLAN_WORKER)
        self.start_on("worker", *process_specs.worker_with_beat(str(self.product.data_dir / "beat")))
        wait_until(lambda: all(self.readiness(host) == "ok" for host in ("web1", "web2")))
        wait_until(self.active_relay)

    def start_on(self, host: str, *command: str) -> None:
        at, port = self.net.way(host, "postgresql", self.ports["postgresql"])
        there, other = self.net.way(host, "valkey", self.ports["valkey"])
        addresses: dict[str, Any] = {
            "DATABASE_URL": f"postgresql://postgres@{quote(at)}:{port}/smartscheduler",
            "REDIS_URL": f"redis://{there}:{other}/0",
        }
        with self.net.inside(host):
            self.pids[host] = self.start(*command, **addresses).pid

    def tell(self, text: str) -> None:
        self.write(f"  {text}")

    def base(self, host: str) -> str:
        return f"http://{self.net.address(host)}:{self.ports[host]}"

    def readiness(self, host: str) -> str:
        """What a web says of itself: ok, degraded, failed, or nothing."""
        answer = ask(self.base(host), "health/ready", patience=5)
        return str(answer.body["status"]) if answer.body else "nothing"

    def active_relay(self) -> str | None:
        query = (
            "SELECT application_name FROM pg_stat_activity JOIN pg_locks USING (pid)"
            " WHERE locktype = 'advisory' AND granted AND application_name LIKE 'smartscheduler-relay %'"
        )
        rows = self.rows(query)
        assert len(rows) <= 1
        numbers = {pid: host for host, pid in self.pids.items()}
        return numbers[int(rows[0][0].split()[1])] if rows else None

    def sessions_of(self, host: str) -> int:
        """Connections that PostgreSQL still believes in; what comes by a proxy comes from an address of its own."""
        query = "SELECT count(*) FROM pg_stat_activity WHERE host(client_addr) = %s"
        return int(self.rows(query, self.net.address(host))[0][0])

    def head(self) -> int:
        return int(self.rows("SELECT coalesce(max(sequence), 0) FROM events_eventhead")[0][0])


@pytest.fixture(scope="module")
def layout(pytestconfig: pytest.Config) -> Iterator[Layout]:
    plugins = pytestconfig.pluginmanager
    capture, reporter = plugins.getplugin("capturemanager"), plugins.getplugin("terminalreporter")

    def write(text: str) -> None:
        """The figures of a run are for its reader, not for pytest's capture."""
        with capture.global_and_fixture_disabled():
            reporter.write_line(text) if reporter else print(text)

    with folder() as home, network(HOSTS) as net, ExitStack() as cleaning:
        running = Layout(home, net, write)
        cleaning.callback(running.down)
        running.up()
        running.tell(f"On {net.name}")
        yield running


@contextmanager
def at_work(layout: Layout) -> Iterator[tuple[Crowd, list[Any]]]:
    """People book through both webs and listen at both, before and after; then everything is counted."""
    layout.forget()
    layout.office()
    clients = [
        Client(layout.ports[host], layout.cookie, host=layout.net.address(host)) for host in ("web1", "web2") * 3
    ]
    with listening(clients) as crowd:
        with booking(layout.base("web1"), layout.base("web2"), count=3) as crew:
            wait_until(lambda: booked(crew) >= 10 and crowd.connected())
            yield crowd, crew
            before = booked(crew)
            wait_until(lambda: booked(crew) >= before + 10)
        check(layout, crowd=crowd, crew=crew)
    assert [layout.readiness(host) for host in ("web1", "web2")] == ["ok", "ok"]
    answers = sum((booker.outcomes for booker in crew), Counter[int | None]())
    layout.tell(f"{booked(crew)} bookings, 0 lost, 0 double; answers by status {dict(answers)}")


@contextmanager
def cut(layout: Layout, host: str, other: str) -> Iterator[float]:
    began = time.monotonic()
    layout.net.cut(host, other)
    try:
        yield began
        time.sleep(max(0.0, began + CUT_SECONDS - time.monotonic()))
    finally:
        layout.net.heal(host, other)


def took(since: float, holds: Callable[[], object], seconds: float = NOTICED_SECONDS) -> float:
    """Seconds from `since` until it holds. Raises TimeoutError."""
    wait_until(holds, seconds)
    return time.monotonic() - since


def test_a_web_is_cut_off_from_postgresql(layout: Layout) -> None:
    with at_work(layout) as (_, crew):
        with cut(layout, "web1", "postgresql") as began:
            seen = took(began, lambda: layout.readiness("web1") == "failed")
            freed = took(began, lambda: layout.sessions_of("web1") == 0)
            assert layout.readiness("web2") == "ok"
            before = booked(crew)
            wait_until(lambda: booked(crew) > before + 5, CUT_SECONDS)
        healed = time.monotonic()
        ready = took(healed, lambda: layout.readiness("web1") == "ok")
    layout.tell(
        f"web, PostgreSQL: not ready after {seen:.1f} s, its locks freed after {freed:.1f} s, ready {ready:.1f} s after"
    )


def test_the_active_relay_is_cut_off_from_postgresql(layout: Layout) -> None:
    with at_work(layout):
        first = layout.active_relay()
        assert first
        with cut(layout, first, "postgresql") as began:
            passed = took(began, lambda: layout.active_relay() not in {first, None})
            head = layout.head()
            wait_until(lambda: layout.head() > head + 5)
            assert layout.active_relay() != first
        # Back again it stands by: what it held it has lost, and knows it.
        second = layout.active_relay()
        time.sleep(5)
        assert layout.active_relay() == second
    layout.tell(f"active relay, PostgreSQL: the other one is active after {passed:.1f} s")


def test_a_web_is_cut_off_from_valkey(layout: Layout) -> None:
    with at_work(layout) as (crowd, crew):
        far = [client for client in crowd.clients if client.host == layout.net.address("web2")]
        with cut(layout, "web2", "valkey") as began:
            seen = took(began, lambda: layout.readiness("web2") == "degraded")
            assert layout.readiness("web1") == "ok"
            # Their process polls the table every second.
            position = max(client.position for client in crowd.clients)
            followed = took(time.monotonic(), lambda: all(client.position > position for client in far))
            before = booked(crew)
            wait_until(lambda: booked(crew) > before + 5, CUT_SECONDS)
        healed = time.monotonic()
        ready = took(healed, lambda: layout.readiness("web2") == "ok")
        live = took(healed, lambda: _is_live(layout, far))
    layout.tell(
        f"web, Valkey: degraded after {seen:.1f} s, its sockets {followed:.1f} s behind meanwhile; ready {ready:.1f} s "
        f"after, hints again after {live:.1f} s"
    )


def _is_live(layout: Layout, far: list[Client]) -> bool:
    """Whether everything reaches these sockets in a moment, which one look a second does not do six times running."""
    for _ in range(6):
        head = layout.head()
        time.sleep(0.25)
        if any(client.position < head for client in far):
            return False
    return True


def test_the_worker_is_cut_off_from_valkey(layout: Layout) -> None:
    with at_work(layout):
        with cut(layout, "worker", "valkey"):
            time.sleep(CUT_SECONDS)
            waiting = unsent(layout)
        healed = time.monotonic()
        back = took(healed, lambda: sent_since(layout) < 5, 60)
    wait_until(lambda: unsent(layout) == 0, 120)
    mails = layout.rows(
        "SELECT count(*), count(DISTINCT assignment_id) FROM notifications_mail WHERE kind = 'assigned'"
    )
    ((assignments,),) = layout.rows("SELECT count(*) FROM assignments_assignment")
    assert mails == [(assignments, assignments)]
    layout.tell(f"worker, Valkey: {waiting} mails waited, it works again {back:.1f} s after, one mail a booking")


def unsent(layout: Layout) -> int:
    query = (
        "SELECT count(*) FROM assignments_assignment a"
        " WHERE NOT EXISTS (SELECT FROM notifications_mail m WHERE m.assignment_id = a.id AND m.state = 'sent')"
    )
    return int(layout.rows(query)[0][0])


def sent_since(layout: Layout) -> float:
    """Seconds since the last mail."""
    query = "SELECT coalesce(extract(epoch FROM clock_timestamp() - max(sent_at)), 1000) FROM notifications_mail"
    return float(layout.rows(query)[0][0])
