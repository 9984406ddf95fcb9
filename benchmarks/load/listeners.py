"""A process with many sockets that record events, their order, and their delay."""

import asyncio
import json
import random
import signal
import time
from array import array
from bisect import bisect_right
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from multiprocessing.connection import Connection
from typing import Any

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, WebSocketException

SLOW_CONSUMER = 4008
OPENED_AT_ONCE = 20
OPTIONS: dict[str, Any] = {"compression": None, "ping_interval": None, "open_timeout": 60, "max_queue": None}


@dataclass
class Heard:
    """Events received by all sockets since the last report."""

    lag: "array[float]" = field(default_factory=lambda: array("f"))
    codes: Counter[int] = field(default_factory=Counter)
    disorder: int = 0  # events after a later one, or repeated
    missing: int = 0  # events that a socket has not received
    open: int = 0
    cpu_seconds: float = 0.0

    @property
    def fell_behind(self) -> int:
        return self.codes[SLOW_CONSUMER]


class Listener:
    """A socket that starts at the present and reconnects with its last sequence number."""

    def __init__(self, url: str, origin: str, cookie: str, heard: Heard, stay_seconds: float) -> None:
        self.url, self.heard, self.stay_seconds = url, heard, stay_seconds
        self.headers = {"Cookie": cookie, "Origin": origin}
        self.position: int | None = None
        self.start = 0
        self.count = 0
        self.opened = asyncio.Event()

    async def run(self, door: asyncio.Semaphore) -> None:
        while True:
            try:
                await self._listen(door)
            except ConnectionClosed as error:
                self.heard.codes[error.rcvd.code if error.rcvd else 1006] += 1
            except (OSError, WebSocketException, TimeoutError):
                self.heard.codes[0] += 1
            await asyncio.sleep(random.uniform(0.5, 2))  # noqa: S311  (load, not a secret)

    async def _listen(self, door: asyncio.Semaphore) -> None:
        where = self.url if self.position is None else f"{self.url}&after={self.position}"
        async with door:
            socket = await connect(where, additional_headers=self.headers, **OPTIONS)
        async with socket:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._stay()):
                    async for text in socket:
                        self._take(json.loads(text))

    def _stay(self) -> float | None:
        """Seconds until the page is closed and opened again; None without `stay_seconds`."""
        return self.stay_seconds * random.uniform(0.5, 1.5) if self.stay_seconds else None  # noqa: S311

    def _take(self, frame: dict[str, Any]) -> None:
        if "event" in frame:
            event = frame["event"]
            self.heard.lag.append((time.time() - datetime.fromisoformat(event["occurred_at"]).timestamp()) * 1_000)
            self.heard.disorder += event["sequence"] <= (self.position or 0)
            self.position = event["sequence"]
            self.count += 1
            return
        number = max(frame.values())
        self.heard.disorder += "resync" in frame or number < (self.position or 0)
        if self.position is None:
            self.start = number
        self.position = number
        self.opened.set()

    def missing(self, numbers: list[int]) -> int:
        """The number of events among these (sorted) that the socket should have received and has not."""
        return len(numbers) - bisect_right(numbers, self.start) - self.count


def main(link: Connection) -> None:
    """Process commands: a dict opens sockets; "begin" resets; a list of all event numbers requests a report."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent process handles Ctrl-C
    asyncio.run(_serve(link))


async def _serve(link: Connection) -> None:
    loop, heard, door = asyncio.get_running_loop(), Heard(), asyncio.Semaphore(OPENED_AT_ONCE)
    listeners, tasks = list[Listener](), list[asyncio.Task[None]]()
    while (order := await loop.run_in_executor(None, link.recv)) is not None:
        if isinstance(order, dict):
            cookies, count = order.pop("cookies"), order.pop("count")
            more = [Listener(cookie=cookies[n % len(cookies)], heard=heard, **order) for n in range(count)]
            tasks += [asyncio.create_task(listener.run(door)) for listener in more]
            await asyncio.gather(*(listener.opened.wait() for listener in more))
            listeners += more
            link.send(len(listeners))
        elif order == "begin":
            heard.lag, heard.codes, heard.disorder = array("f"), Counter(), 0
            began = time.process_time()
            link.send("listening")
        else:
            heard.missing = sum(abs(listener.missing(order)) for listener in listeners)
            heard.open, heard.cpu_seconds = len(listeners), time.process_time() - began
            link.send(heard)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
