"""The channel layer of channels-redis, with two changes that a process full of sockets needs."""

from functools import lru_cache
from typing import Any

from channels_redis.pubsub import RedisPubSubChannelLayer
from redis.asyncio.connection import DefaultParser
from redis.exceptions import ConnectionError as ConnectionLost

# Those that are on their way; all sockets read the same ones at about the same time.
MOST_MESSAGES = 128


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


class SharedReading(RedisPubSubChannelLayer):
    """A message is read once for all sockets of a process; whoever receives it must not change it.

    Of itself the layer hands each socket the bytes to read: a thousand sockets would read every hint a thousand times,
    and those that fall behind would keep a thousand copies of the envelopes in it.
    """

    def __init__(self, *args: Any, hosts: list[dict[str, Any]], **kwargs: Any) -> None:
        super().__init__(*args, hosts=[{"parser_class": Parser, **host} for host in hosts], **kwargs)
        self.deserialize = lru_cache(maxsize=MOST_MESSAGES)(super().deserialize)
