"""A process with many sockets that measures the delivery time of events."""

import asyncio
import json
from contextlib import AsyncExitStack
from datetime import datetime
from multiprocessing.connection import Connection
from time import time
from typing import Any

from websockets.asyncio.client import ClientConnection, connect


def main(link: Connection) -> None:
    """Process commands: a dict opens sockets at an address; a number collects this many events from each of them."""
    asyncio.run(_serve(link))


async def _serve(link: Connection) -> None:
    loop = asyncio.get_running_loop()
    async with AsyncExitStack() as stack:
        sockets: list[ClientConnection] = []
        while (order := await loop.run_in_executor(None, link.recv)) is not None:
            if isinstance(order, dict):
                sockets = await _open(stack, **order)
                link.send(len(sockets))
            else:
                collecting = [asyncio.create_task(_collect(socket, order)) for socket in sockets]
                link.send("listening")
                durations = await asyncio.gather(*collecting)
                link.send(([took for each in durations for took in each], time()))


async def _open(stack: AsyncExitStack, *, url: str, headers: dict[str, str], count: int) -> list[ClientConnection]:
    opened = []
    for start in range(0, count, 50):
        few = [_one(stack, url, headers) for _ in range(min(50, count - start))]
        opened += await asyncio.gather(*few)
    return opened


async def _one(stack: AsyncExitStack, url: str, headers: dict[str, str]) -> ClientConnection:
    options: dict[str, Any] = {"compression": None, "ping_interval": None, "open_timeout": 60, "max_queue": None}
    return await stack.enter_async_context(connect(url, additional_headers=headers, **options))


async def _collect(socket: ClientConnection, count: int) -> list[float]:
    """Milliseconds from the write to the arrival of each of the next `count` events."""
    took: list[float] = []
    async for text in socket:
        frame = json.loads(text)
        if "event" not in frame:
            continue
        took.append((time() - datetime.fromisoformat(frame["event"]["occurred_at"]).timestamp()) * 1_000)
        if len(took) == count:
            break
    return took
