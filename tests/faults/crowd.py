"""Many subscribers in one thread that reconnect with their last sequence number."""

import asyncio
import json
import random
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException


class Client:
    """What one subscriber has received: sequence numbers with ids, in the order of arrival."""

    def __init__(self, port: int, cookie: str, *, narrow: bool = False, host: str = "127.0.0.1") -> None:
        self.host, self.port, self.cookie, self.narrow = host, port, cookie, narrow
        self.received: list[tuple[int, str]] = []
        self.position = 0
        self.connections = 0
        self.heartbeats = 0
        self.codes: list[int] = []
        self.wire: ClientConnection | None = None
        self.reading = asyncio.Event()
        self.reading.set()

    async def run(self) -> None:
        while True:
            with suppress(OSError, WebSocketException, TimeoutError):
                await self._subscribe()
            self.wire = None
            await asyncio.sleep(random.uniform(0.01, 0.1))

    async def _subscribe(self) -> None:
        headers = {"Cookie": self.cookie, "Origin": f"http://{self.host}:{self.port}"}
        options: dict[str, Any] = {"ping_interval": None, "open_timeout": 10, "compression": None}
        if self.narrow:
            options |= {"sock": self._narrow_socket(), "max_queue": 1}
        address = f"ws://{self.host}:{self.port}/ws/events/?after={self.position}"
        async with connect(address, additional_headers=headers, **options) as self.wire:
            self.connections += 1
            try:
                async for text in self.wire:
                    self._take(json.loads(text))
                    await self.reading.wait()
            finally:
                self.codes.append(self.wire.close_code or 0)

    def _narrow_socket(self) -> socket.socket:
        narrow = socket.socket()
        narrow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 64 * 1024)
        narrow.connect((self.host, self.port))
        narrow.setblocking(False)
        return narrow

    def _take(self, frame: dict[str, Any]) -> None:
        if "event" in frame:
            self.position = frame["event"]["sequence"]
            self.received.append((self.position, frame["event"]["id"]))
        else:
            assert frame.keys() <= {"ready", "heartbeat"}, frame
            self.position = max(frame.values())
            self.heartbeats += "heartbeat" in frame

    def cut(self) -> bool:
        """Drop the connection without a word, as a network does; False when there is none."""
        wire = self.wire
        if wire is None or wire.transport is None:
            return False
        wire.transport.abort()
        return True


class Crowd:
    """Clients on an event loop of their own."""

    def __init__(self, clients: list[Client]) -> None:
        self.clients = clients
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        self._thread.start()
        self._loop.call_soon_threadsafe(
            lambda: self._tasks.extend(self._loop.create_task(client.run()) for client in self.clients)
        )

    def stop(self) -> None:
        async def end() -> None:
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

        asyncio.run_coroutine_threadsafe(end(), self._loop).result(30)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def connected(self) -> bool:
        return all(client.wire is not None and client.connections for client in self.clients)

    def cut_one(self) -> bool:
        """Cut a random client off; False when it was away already."""

        async def cut() -> bool:
            return random.choice(self.clients).cut()

        return asyncio.run_coroutine_threadsafe(cut(), self._loop).result(10)

    def stall(self, client: Client) -> None:
        self._loop.call_soon_threadsafe(client.reading.clear)

    def go_on(self, client: Client) -> None:
        self._loop.call_soon_threadsafe(client.reading.set)


@contextmanager
def crowd(port: int, cookie: str, count: int, **options: Any) -> Iterator[Crowd]:
    with listening([Client(port, cookie, **options) for _ in range(count)]) as listeners:
        yield listeners


@contextmanager
def listening(clients: list[Client]) -> Iterator[Crowd]:
    listeners = Crowd(clients)
    listeners.start()
    try:
        yield listeners
    finally:
        listeners.stop()
