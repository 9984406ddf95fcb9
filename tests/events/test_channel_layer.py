"""The product's changes of the channel layer."""

import asyncio

import pytest
from redis.asyncio import Connection
from redis.exceptions import ConnectionError as ConnectionLost

from smartscheduler.events.sockets.channel_layer import Parser


async def test_a_connection_that_tcp_has_given_up_is_lost() -> None:
    connection = Connection(parser_class=Parser)
    connection._reader = asyncio.StreamReader()
    connection._parser.on_connect(connection)
    # With patience for as long as a test takes: what comes is not the end of that.
    assert await connection.read_response(timeout=0.01) is None
    connection._reader.set_exception(TimeoutError(110, "Connection timed out"))
    with pytest.raises(ConnectionLost):
        await connection.read_response(timeout=120)
