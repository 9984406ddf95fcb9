"""Subscription to the hints of the relay, one for all sockets of a process."""

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
    """Call `on_hint` for each hint until the task is cancelled; reconnect after errors."""
    layer = get_channel_layer()
    if not isinstance(layer, Layer):
        raise ImproperlyConfigured(
            "The default backend of CHANNEL_LAYERS must be smartscheduler.events.sockets.channel_layer.Layer."
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
            # An error here must not replace the exception that ends this task.
            with suppress(Exception):
                await layer.group_discard(group(), channel)
        layer.forget_channels()
        await asyncio.sleep(SILENCE_SECONDS)


def _is_over() -> bool:
    """Whether this task was cancelled. redis-py swallows the CancelledError while it connects."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
