"""Web server, relay, and WebSocket client of the walkthrough."""

import json
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from websockets.exceptions import WebSocketException
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from smartscheduler.accounts.credentials import Credential
from smartscheduler.accounts.models import User
from smartscheduler.accounts.websocket_tickets import issue_ticket
from smartscheduler.events import event_log
from smartscheduler.ops import preflight
from smartscheduler.ops.local import process_specs
from smartscheduler.ops.local.supervisor import Child, Record, Supervisor

HOST = "127.0.0.1"
START_SECONDS = 30.0
EVENT_SECONDS = 10.0


class NotLive(Exception):
    """The web server, the relay, or the WebSocket failed. The message is a sentence."""


class LiveSide:
    """Web server and relay as child processes on a free port; a context manager that starts and stops them."""

    def __init__(self) -> None:
        self.port = _free_port()
        self.address = f"http://{HOST}:{self.port}"
        run_dir, log_dir = settings.DATA_DIR / "run", settings.DATA_DIR / "logs"
        for directory in (run_dir, log_dir):
            directory.mkdir(parents=True, exist_ok=True)
        commands = {
            "demo-web": process_specs.web(host=HOST, port=self.port, workers=1),
            "demo-relay": process_specs.RELAY,
        }
        self._children = [
            Child(name, arguments, folder=settings.BASE_DIR, log=log_dir / f"{name}.log")
            for name, arguments in commands.items()
        ]
        record = Record(run_dir / f"demo-{self.port}.json", self.address)
        self._supervisor = Supervisor(self._children, record=record, say=lambda text: None)

    def __enter__(self) -> "LiveSide":
        try:
            self._supervisor.start()
        except BaseException:
            self._supervisor.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._supervisor.stop()
        for child in self._children:
            child.log.unlink(missing_ok=True)

    def wait(self) -> None:
        """Wait until the web server answers. Raises NotLive."""
        deadline = time.monotonic() + START_SECONDS
        while not preflight.answers(f"{self.address}/api/v1/health/live"):
            for child in self._children:
                if child.exit_code() is not None:
                    raise NotLive(f"The process {child.name} does not start:\n{child.last_words()}")
            if time.monotonic() > deadline:
                raise NotLive(f"The web does not answer at {self.address} within {START_SECONDS:g} seconds.")
            time.sleep(0.05)

    @contextmanager
    def listener(self, user: User) -> Iterator["Listener"]:
        """A client that has replayed all events and receives new ones. Raises NotLive."""
        ticket, _ = issue_ticket(Credential.of(user))
        url = f"ws://{HOST}:{self.port}/ws/events/?after={event_log.head()}"
        credentials = [Subprotocol("events.v1"), Subprotocol(f"ticket.{ticket}")]
        try:
            with connect(url, subprotocols=credentials, open_timeout=EVENT_SECONDS, proxy=None) as connection:
                listener = Listener(connection)
                listener.wait_until_live()
                yield listener
        except (WebSocketException, OSError) as error:
            raise NotLive(f"The WebSocket failed: {error}") from error


class Listener:
    """Reader of the frames of a WebSocket."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection

    def wait_until_live(self) -> None:
        while "ready" not in self._frame(EVENT_SECONDS):
            pass

    def wait_for(self, kind: str, **data: Any) -> dict[str, Any]:
        """The next event of type `kind` whose data contains these values. Raises NotLive."""
        deadline = time.monotonic() + EVENT_SECONDS
        while True:
            event = self._frame(deadline - time.monotonic()).get("event", {})
            if event.get("type") == kind and data.items() <= event["data"].items():
                return dict(event)

    def _frame(self, seconds: float) -> dict[str, Any]:
        try:
            return dict(json.loads(self._connection.recv(timeout=max(0.0, seconds))))
        except TimeoutError as error:
            raise NotLive(f"No event arrived over the WebSocket within {EVENT_SECONDS:g} seconds.") from error


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])
