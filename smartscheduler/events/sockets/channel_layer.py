"""The channel layer of channels-redis, with a change that a process which must not stop needs."""

from typing import Any

from channels_redis.pubsub import RedisPubSubChannelLayer
from redis.asyncio.connection import DefaultParser
from redis.exceptions import ConnectionError as ConnectionLost


class Parser(DefaultParser):  # type: ignore[valid-type,misc]  # whichever of two redis-py has found
    """Says that a connection is lost when TCP says so.

    TCP's “timed out” is the same exception as the end of redis-py's own patience. Taken for that, a connection that is
    dead looks like one on which nothing has come yet: the receiver would ask it again and again, without a pause and
    without end, in a process that does nothing else any more.
    """

    async def read_response(self, *args: Any, **kwargs: Any) -> Any:
        try:
            return await super().read_response(*args, **kwargs)
        except TimeoutError as error:
            raise ConnectionLost("Nothing has come from Valkey for too long.") from error


class Layer(RedisPubSubChannelLayer):
    """Publishes to Valkey, and hears what others have published."""

    def __init__(self, *args: Any, hosts: list[dict[str, Any]], **kwargs: Any) -> None:
        super().__init__(*args, hosts=[{"parser_class": Parser, **host} for host in hosts], **kwargs)

    def forget_channels(self) -> None:
        """Drop every channel of this loop: what nobody reads any more would go on collecting messages."""
        self.channels.clear()
