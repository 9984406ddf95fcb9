"""`make bench-events`: outbox → relay → sockets, compared with a bare group_send to the same sockets in one run."""

import asyncio
import json
import os
import resource
import subprocess
import sys
import time
from contextlib import ExitStack
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, NamedTuple

import django

from benchmarks import listeners
from benchmarks.report import quantile
from benchmarks.servers import free_port
from smartscheduler.ops.local import process_specs
from smartscheduler.ops.local.servers import Servers
from smartscheduler.ops.local.servers.postgresql import PostgreSQL
from smartscheduler.ops.local.servers.valkey import Valkey
from smartscheduler.ops.preflight import answers

HOME = Path(os.environ.get("DATA_DIR") or ".data").resolve() / "bench-events"
# Number of sockets; number and rate of events in the steady run; number of events in the burst.
RUNS = [(100, 100, 10, 500), (1_000, 20, 1, 60)]


class Figures(NamedTuple):
    p50: float
    p99: float
    burst: float


class Way:
    """A delivery method: the address of its sockets, and a function that sends an event."""

    def __init__(self, name: str, url: str, headers: dict[str, str], send: Any) -> None:
        self.name, self.url, self.headers, self.send = name, url, headers, send

    def measure(self, sockets: int, even: int, pace: int, burst: int) -> Figures:
        """Milliseconds at a steady rate, and events per second in a burst."""
        link, theirs = get_context("spawn").Pipe()
        process = get_context("spawn").Process(target=listeners.main, args=(theirs,), daemon=True)
        process.start()
        link.send({"url": self.url, "headers": self.headers, "count": sockets})
        link.recv()
        time.sleep(2)  # let the load of opening them settle
        took, _ = self._collect(link, even, lambda: self._paced(even, pace))
        began = time.time()
        _, ended = self._collect(link, burst, lambda: [self.send() for _ in range(burst)])
        link.send(None)
        process.join()
        return Figures(quantile(took, 0.5), quantile(took, 0.99), burst / (ended - began))

    def _collect(self, link: Connection, count: int, act: Any) -> tuple[list[float], float]:
        link.send(count)
        link.recv()
        act()
        measured: tuple[list[float], float] = link.recv()
        return measured

    def _paced(self, count: int, pace: int) -> None:
        for _ in range(count):
            self.send()
            time.sleep(1 / pace)


def main() -> int:
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(most, 65536), most))
    postgresql, valkey = PostgreSQL(HOME / "postgresql"), Valkey(HOME / "valkey", throwaway=True)
    with ExitStack() as stack:
        stack.enter_context(Servers(HOME, [postgresql, valkey]))
        os.environ |= {
            "DATABASE_URL": postgresql.url,
            "REDIS_URL": valkey.url,
            "LOG_LEVEL": "ERROR",
            "EVENT_SOCKETS_PER_ACCOUNT": "5000",
            "RATE_LIMITS": "0",
            "DJANGO_SETTINGS_MODULE": "smartscheduler.settings",
        }
        subprocess.run([sys.executable, "manage.py", "migrate", "-v", "0"], check=True)
        django.setup()
        ways = [_ours(stack), _bare(stack)]
        print(f"{'':24} {'sockets':>8} {'p50 ms':>8} {'p99 ms':>8} {'events/s':>9} {'deliveries/s':>13}")
        for sockets, even, pace, burst in RUNS:
            results = [way.measure(sockets, even, pace, burst) for way in ways]
            for way, (p50, p99, rate) in zip(ways, results, strict=True):
                print(f"{way.name:24} {sockets:8,} {p50:8.1f} {p99:8.1f} {rate:9.0f} {rate * sockets:13,.0f}")
            ours, bare = results
            ratios = ours.p50 / bare.p50, ours.p99 / bare.p99, ours.burst / bare.burst
            print(f"{'ratio':24} {'':8} {ratios[0]:8.2f} {ratios[1]:8.2f} {ratios[2]:9.2f}", flush=True)
    return 0


def _ours(stack: ExitStack) -> Way:
    from uuid import uuid4

    from django.conf import settings
    from django.db import transaction

    from smartscheduler.accounts.services import ensure_logins
    from smartscheduler.events.publishing import RecommendationsUpdated, publish

    user, *_ = ensure_logins("benchmark-password")
    port = _web(stack, "smartscheduler.asgi:application")
    _process(stack, *process_specs.RELAY)

    def send() -> None:
        with transaction.atomic():
            publish(RecommendationsUpdated(job_id=uuid4()), actor=None)

    cookie = f"{settings.SESSION_COOKIE_NAME}={session_of(user)}"
    headers = {"Cookie": cookie, "Origin": f"http://127.0.0.1:{port}"}
    return Way("outbox, relay, sockets", f"ws://127.0.0.1:{port}/ws/events/", headers, send)


def session_of(user: Any) -> str:
    """The session key of a signed-in `user`."""
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY

    from smartscheduler.accounts.session_store import SessionStore

    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    return str(session.session_key)


def _bare(stack: ExitStack) -> Way:
    from channels import DEFAULT_CHANNEL_LAYER
    from channels.layers import channel_layers
    from django.utils import timezone

    from benchmarks.bare import GROUP

    port = _web(stack, "benchmarks.bare:application")
    loop, layer = asyncio.new_event_loop(), channel_layers[DEFAULT_CHANNEL_LAYER]

    def send() -> None:
        event = {"sequence": 1, "type": "RecommendationsUpdated", "occurred_at": timezone.now().isoformat(), "data": {}}
        loop.run_until_complete(layer.group_send(GROUP, {"type": "bare.event", "text": json.dumps({"event": event})}))

    return Way("bare group_send", f"ws://127.0.0.1:{port}/", {}, send)


def _web(stack: ExitStack, application: str) -> int:
    port = free_port()
    _process(stack, "-m", "uvicorn", application, "--port", str(port), "--no-access-log", "--log-level", "error")
    while not answers(f"http://127.0.0.1:{port}/api/v1/health/live"):
        time.sleep(0.05)
    return port


def _process(stack: ExitStack, *command: str) -> None:
    process = subprocess.Popen([sys.executable, *command])  # noqa: S603
    stack.callback(process.wait)
    stack.callback(process.terminate)


if __name__ == "__main__":
    sys.exit(main())
