"""The channel layer of channels-redis, with a fix for dead connections."""

from typing import Any

from channels_redis.pubsub import RedisPubSubChannelLayer
from redis.asyncio.connection import DefaultParser
from redis.exceptions import ConnectionError as ConnectionLost


class Parser(DefaultParser):  # type: ignore[valid-type,misc]  # redis-py selects one of two parsers at import
    """Reports a TCP time-out as a lost connection.

    TCP raises the same TimeoutError as redis-py's read time-out. Otherwise a dead connection would look like one
    without new messages, and the receiver would read it in an endless loop that blocks the process.
    """

    async def read_response(self, *args: Any, **kwargs: Any) -> Any:
        try:
            return await super().read_response(*args, **kwargs)
        except TimeoutError as error:
            raise ConnectionLost("The connection to Valkey timed out.") from error


class Layer(RedisPubSubChannelLayer):
    """The channel layer on Valkey's publish/subscribe."""

    def __init__(self, *args: Any, hosts: list[dict[str, Any]], **kwargs: Any) -> None:
        super().__init__(*args, hosts=[{"parser_class": Parser, **host} for host in hosts], **kwargs)

    def forget_channels(self) -> None:
        """Drop all channels of this event loop: an abandoned channel would keep collecting messages."""
        self.channels.clear()
