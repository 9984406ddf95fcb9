"""The consumer of docs/events.md, as it stands there, through everything that it promises to survive."""

import asyncio
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest

from smartscheduler import BASE_DIR
from smartscheduler.accounts.models import TokenFamily, User
from smartscheduler.accounts.tokens import SignedAccess, sign_in
from tests.events import processes
from tests.events.processes import wait_until
from tests.events.wire import happen, happen_numbered, numbered

pytestmark = [pytest.mark.system, pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("event socket")]


class Store:
    """The events that were handled, in order."""

    def __init__(self) -> None:
        self.sequences: list[int] = []
        self.position = 0

    def last(self) -> int:
        return self.position

    def handle(self, event: dict[str, Any]) -> None:
        self.sequences.append(event["sequence"])
        self.position = event["sequence"]

    def remember(self, position: int) -> None:
        self.position = position

    def start_anew(self, position: int) -> None:
        self.position = position


class Consumer:
    """The documented program in a thread of its own."""

    def __init__(self, port: int, user: User) -> None:
        page = (BASE_DIR / "docs" / "events.md").read_text()
        [program] = [code for code in re.findall(r"```python\n(.*?)```", page, re.DOTALL) if "def follow" in code]
        self.names: dict[str, Any] = {"__name__": "consumer"}
        exec(compile(program, "docs/events.md", "exec"), self.names)  # noqa: S102
        self.names["LONGEST_PAUSE"] = 2
        pair = sign_in(user)
        self.tokens: dict[str, Any] = {"access": pair.access, "refresh": pair.refresh}
        self.store, self.server, self.error = Store(), f"http://127.0.0.1:{port}", ""

    async def _run(self) -> None:
        self.task = asyncio.current_task()
        self.loop = asyncio.get_running_loop()
        try:
            await self.names["follow"](self.server, self.tokens, self.store)
        except asyncio.CancelledError:
            pass
        except Exception as error:
            self.error = type(error).__name__

    @contextmanager
    def running(self) -> Iterator[None]:
        thread = threading.Thread(target=lambda: asyncio.run(self._run()))
        thread.start()
        try:
            yield
        finally:
            if thread.is_alive():
                self.loop.call_soon_threadsafe(self.task.cancel)  # type: ignore[union-attr]
            thread.join(60)

    def has_all(self) -> bool:
        return self.store.sequences == numbered()


def expired(user: User) -> str:
    """An access token that was valid a moment ago."""
    token = SignedAccess.for_user(user)
    token.set_exp(lifetime=timedelta(seconds=-1))
    return str(token)


def test_it_survives_a_dead_server_an_expired_token_and_a_refused_ticket(relay: None, user: User) -> None:
    port = processes.free_port()
    consumer = Consumer(port, user)
    issue = consumer.names["new_ticket"]
    refused: list[str] = []

    async def ticket(*arguments: Any) -> str:
        """A ticket; the first one after each start of a server is already used."""
        if refused:
            return str(await issue(*arguments))
        refused.append("no-such-ticket")
        return refused[0]

    consumer.names["new_ticket"] = ticket
    happen_numbered(3)
    with consumer.running():  # there is no server yet
        with processes.web_process(port=port, EVENT_HEARTBEAT_SECONDS="0.5") as (_, server):
            wait_until(lambda: len(numbered()) == 3 and consumer.has_all())
            happen(2)
            wait_until(lambda: len(numbered()) == 5 and consumer.has_all())
            server.kill()
        refresh = consumer.tokens["refresh"]
        consumer.tokens["access"] = expired(user)
        refused.clear()
        happen_numbered(2)
        with processes.web_process(port=port, EVENT_HEARTBEAT_SECONDS="0.5"):
            wait_until(lambda: len(numbered()) == 7 and consumer.has_all())
            assert refused == ["no-such-ticket"]
            assert consumer.tokens["refresh"] != refresh
            happen(1)
            wait_until(lambda: len(numbered()) == 8 and consumer.has_all())
            assert consumer.error == ""
            # A sign-in that has ended is the end: the program has to sign in again.
            TokenFamily.objects.all().delete()
            wait_until(lambda: consumer.error == "SignInEnded")
