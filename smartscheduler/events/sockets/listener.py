"""The hints of the relay, heard once for all sockets of a process."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import structlog
from channels.layers import get_channel_layer
from django.core.exceptions import ImproperlyConfigured

from smartscheduler.events.channel_group import group
from smartscheduler.events.sockets.channel_layer import Layer

SILENCE_SECONDS = 1.0

log = structlog.get_logger(__name__)


async def listen(on_hint: Callable[[dict[str, Any]], Awaitable[None]]) -> None:
    """Give `on_hint` one hint after the other, until cancelled; while there is nothing to be heard, try again."""
    layer = get_channel_layer()
    if not isinstance(layer, Layer):
        raise ImproperlyConfigured(
            "CHANNEL_LAYERS has another default layer than smartscheduler.events.sockets.channel_layer."
        )
    while not _is_over():
        channel = ""
        try:
            channel = await layer.new_channel()
            await layer.group_add(group(), channel)
            while not _is_over():
                await on_hint(await layer.receive(channel))
        except Exception as error:
            log.warning("event_sockets_hear_no_hints", error=repr(error))
        finally:
            # When this is the end, nothing may come in its way.
            with suppress(Exception):
                await layer.group_discard(group(), channel)
        layer.forget_channels()
        await asyncio.sleep(SILENCE_SECONDS)


def _is_over() -> bool:
    """Whether this task was told to end; redis-py swallows that while it connects."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
