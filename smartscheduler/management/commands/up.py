"""`manage.py up`: run the whole product on this machine until Ctrl-C."""

import signal
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError, connection
from rich.console import Console

from smartscheduler.accounts.services import LOGINS, ensure_logins
from smartscheduler.ops import preflight
from smartscheduler.ops.local import process_specs, servers
from smartscheduler.ops.local.servers.failure_reasons import sentence
from smartscheduler.ops.local.servers.file_lock import Lock
from smartscheduler.ops.local.signals import Interrupts
from smartscheduler.ops.local.supervisor import Child, Record, Supervisor

HOST = "127.0.0.1"
HEALTH = "/api/v1/health/live"
WEB_SECONDS = 60.0
WATCH_SECONDS = 0.2
SERVERS_WATCH_SECONDS = 2.0
DEMO_CONTRACTORS, DEMO_JOBS = 240, 90


class Command(BaseCommand):
    help = "Start PostgreSQL and Valkey unless configured, migrate, add demo data, and start web, worker, and relay."
    requires_system_checks: list[str] = []  # settings with errors refuse to load

    def handle(self, *args: Any, **options: Any) -> None:
        interrupts = Interrupts()
        interrupts.listen()
        try:
            Product(interrupts).run()
        except (servers.EmbeddedServerError, preflight.NotReady) as error:
            raise CommandError(str(error)) from error
        except OSError as error:
            if reason := sentence(error, settings.DATA_DIR):
                raise CommandError(reason) from error
            raise
        except OperationalError as error:
            reason = str(error).strip().splitlines()[0]
            raise CommandError(f"PostgreSQL failed: {reason}. See its log in {settings.DATA_DIR}.") from error


class Product:
    """One run of the product, from the lock on the data directory to the end of the last process."""

    def __init__(self, interrupts: Interrupts) -> None:
        self.interrupts = interrupts
        self.began = time.monotonic()
        self.console = Console(highlight=False, soft_wrap=True)
        self.address = f"http://{HOST}:{settings.PORT}"
        self.run_dir = settings.DATA_DIR / "run"
        self.log_dir = settings.DATA_DIR / "logs"
        self.record = Record(self.run_dir / "up.json", f"{self.address}/")
        self.servers = servers.from_environment()
        self.supervisor = Supervisor(self._children(), record=self.record, say=self._say)

    def run(self) -> None:
        """Run until a stop signal. Raises EmbeddedServerError or NotReady when a requirement is not met."""
        lock = Lock(self.run_dir / "up")  # held as long as this process lives
        if not lock.acquire(wait=False):
            raise preflight.NotReady(
                f"SmartScheduler already runs on {settings.DATA_DIR} ({self.record.owner()}). "
                "Use or stop it, or set DATA_DIR and PORT to run a second one."
            )
        try:
            self._clear_the_way()
            self._bring_up()
            self._keep_up()
        except KeyboardInterrupt:
            self._say("Stopping …")
        finally:
            self._take_down()

    def _clear_the_way(self) -> None:
        if ended := self.record.end_leftovers():
            self._say(f"Stopped processes of a killed start: {ended}.")
        preflight.require_free_port(HOST, settings.PORT)
        if settings.TRAVEL_DEMO:
            preflight.require_free_port(HOST, settings.TRAVEL_DEMO_PORT)
        self.record.write()
        self.log_dir.mkdir(exist_ok=True)

    def _bring_up(self) -> None:
        for server in self.servers.members:
            with self._step(server.name):
                self.servers.start_one(server)
        preflight.require_database()
        preflight.require_redis()
        with self._step("Database migrations"):
            call_command("migrate", interactive=False, verbosity=0)
        if settings.DEBUG:
            self._fill()
        else:
            with self._step("Static files"):
                call_command("collectstatic", interactive=False, verbosity=0)
        connection.close()
        with self._step("Web, worker, and relay"):
            self._start_children()
        self._greet()

    def _fill(self) -> None:
        with self._step("Logins"):
            ensure_logins(settings.DEMO_PASSWORD)
        unfinished = self.run_dir / "demo-data-unfinished"
        if settings.DEMO and (unfinished.exists() or not apps.get_model("contractors.Contractor").objects.exists()):
            with self._step(f"Demo data: {DEMO_CONTRACTORS} contractors, {DEMO_JOBS} jobs"):
                unfinished.touch()
                self._seed()
                unfinished.unlink()

    def _seed(self) -> None:
        """Seed in a child process, so that its 200 MB of memory are freed at its end."""
        numbers = ("--contractors", str(DEMO_CONTRACTORS), "--jobs", str(DEMO_JOBS))
        seeding = self._child("demo data", ("manage.py", "seed_demo", "--verbosity", "0", *numbers))
        seeding.start()
        try:
            self.record.write([seeding.pid])
            while (code := seeding.exit_code()) is None:
                self.interrupts.check()
                time.sleep(0.05)
        finally:
            seeding.signal(signal.SIGKILL)
        if code:
            raise preflight.NotReady(f"The demo data failed. DEMO=0 starts without it.\n{seeding.last_words()}")

    def _start_children(self) -> None:
        for child in self.supervisor.children:
            child.log.unlink(missing_ok=True)
        self.supervisor.start()
        deadline = time.monotonic() + WEB_SECONDS
        while not preflight.answers(f"{self.address}{HEALTH}"):
            self.interrupts.check()
            failed = next((child for child in self.supervisor.children if child.failed_to_start()), None)
            if failed or time.monotonic() > deadline:
                child = failed or self.supervisor.children[0]
                raise preflight.NotReady(f"The {child.name} does not start:\n{child.last_words()}\nSee {child.log}.")
            time.sleep(0.05)

    def _keep_up(self) -> None:
        servers_due = 0.0
        while True:
            self.interrupts.check()
            time.sleep(WATCH_SECONDS)
            self.supervisor.restart_the_dead()
            if time.monotonic() >= servers_due:
                self._restart_dead_servers()
                servers_due = time.monotonic() + SERVERS_WATCH_SECONDS

    def _restart_dead_servers(self) -> None:
        for server in self.servers.members:
            if not server.is_running():
                self._say(f"{server.name} ended. It is being restarted.")
                try:
                    self.servers.start_one(server)
                except servers.EmbeddedServerError as error:
                    self._say(str(error))

    def _take_down(self) -> None:
        self.interrupts.ignore()
        self.supervisor.stop()
        connection.close()
        self.servers.stop()

    # --- Child processes and output ----------------------------------------------------------
    def _children(self) -> list[Child]:
        commands = {
            "web": process_specs.web(host=HOST, port=settings.PORT, workers=settings.WEB_WORKERS),
            "worker": process_specs.worker_with_beat(str(self.run_dir / "beat-schedule")),
            "relay": process_specs.RELAY,
            "files": process_specs.FILE_WORKER,
            "plans": process_specs.PLAN_WORKER,
            **({"roads": process_specs.DEMO_ROADS} if settings.TRAVEL_DEMO else {}),
            **({"words": process_specs.DEMO_WORDS} if settings.EXPLANATION_DEMO else {}),
        }
        return [self._child(name, arguments) for name, arguments in commands.items()]

    def _child(self, name: str, arguments: Sequence[str]) -> Child:
        return Child(name, arguments, folder=settings.BASE_DIR, log=self.log_dir / f"{name.replace(' ', '-')}.log")

    @contextmanager
    def _step(self, name: str) -> Iterator[None]:
        self.interrupts.check()
        began = time.monotonic()
        yield
        self.console.print(f"[green]✓[/] {name:<44} {time.monotonic() - began:6.2f} s")

    def _say(self, text: str) -> None:
        self.console.print(text, markup=False)

    def _greet(self) -> None:
        self._say(f"\nReady in {time.monotonic() - self.began:.1f} s. Ctrl-C stops everything; logs: {self.log_dir}\n")
        for name, path in (("Live page", "/"), ("Admin", "/admin/"), ("API", "/api/v1/docs/")):
            self._say(f"  {name:<10} {self.address}{path}")
        if settings.DEBUG:
            self._say(f"\n  Sign in as {', '.join(LOGINS)}\n  with the password {settings.DEMO_PASSWORD}\n")
