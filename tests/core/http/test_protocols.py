"""Limits of a connection: HTTP heads, pipelining, slow readers, and WebSocket frames."""

import asyncio
import os
import struct
from asyncio.streams import StreamReader, StreamWriter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from uvicorn import Config
from uvicorn.server import ServerState

from smartscheduler.core.http import protocols
from smartscheduler.core.http.protocols import HttpProtocol, SocketProtocol

PATIENCE = 20.0
HOST = b"Host: localhost\r\n"


class App:
    """Answers each request once `may_answer` is set; keeps what sockets have sent."""

    def __init__(self) -> None:
        self.may_answer, self.begun = asyncio.Event(), 0
        self.messages: list[Any] = []
        self.closed: list[Any] = []
        self.may_answer.set()
        self.size = 2

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "websocket":
            await self._talk(receive, send)
            return
        self.begun += 1
        await self.may_answer.wait()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % self.size)]})
        await send({"type": "http.response.body", "body": b"x" * self.size})

    async def _talk(self, receive: Any, send: Any) -> None:
        assert (await receive())["type"] == "websocket.connect"
        await send({"type": "websocket.accept"})
        while (message := await receive())["type"] == "websocket.receive":
            self.messages.append(message)
        self.closed.append(message.get("code"))


@asynccontextmanager
async def serving(app: App, keep_alive: int = 5) -> AsyncIterator[tuple[Any, ServerState]]:
    """A server of our protocols; its port, and what it knows of its connections."""
    config = Config(
        app,
        http=HttpProtocol,
        ws=SocketProtocol,
        log_config=None,
        timeout_keep_alive=keep_alive,
        ws_max_size=8_192,
        ws_per_message_deflate=False,
    )
    config.load()
    state = ServerState()
    server = await asyncio.get_running_loop().create_server(lambda: HttpProtocol(config, state, {}), "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1], state
    finally:
        server.close()
        for connection in list(state.connections):
            connection.transport.abort()


@asynccontextmanager
async def client(port: Any) -> AsyncIterator[tuple[StreamReader, StreamWriter]]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield reader, writer
    finally:
        writer.transport.abort()


async def everything(reader: StreamReader) -> bytes:
    """All that comes until the other side closes."""
    received = b""
    async with asyncio.timeout(PATIENCE):
        try:
            while piece := await reader.read(65536):
                received += piece
        except ConnectionResetError:
            pass
    return received


async def answer_to(sent: bytes, *, app: App | None = None, keep_alive: int = 5) -> bytes:
    async with serving(app or App(), keep_alive) as (port, _), client(port) as (reader, writer):
        writer.write(sent)
        return await everything(reader)


async def until(holds: Callable[..., bool | list[Any]]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not holds():
            await asyncio.sleep(0.01)


class TestHeads:
    @pytest.mark.parametrize(
        ("head", "status"),
        [
            (b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\n" + HOST + b"\r\n", 414),
            (b"GET /?q=" + b"a" * 20_000 + b" HTTP/1.1\r\n" + HOST + b"\r\n", 414),
            (b"GET /" + b"a" * 20_000, 414),
            (b"GET / HTTP/1.1\r\n" + HOST + b"Cookie: " + b"a" * 40_000, 431),
            (b"GET / HTTP/1.1\r\n" + HOST + b"a" * 40_000, 431),
            (b"GET / HTTP/1.1\r\n" + HOST + b"X: y\r\n" * 101, 431),
            (b"GET / HTTP/1.1\r\n" + HOST + b"".join(b"X%d: %b\r\n" % (n, b"y" * 900) for n in range(40)), 431),
            (b"\r\n" * 20_000, 431),
            (b"nonsense\r\n\r\n", 400),
        ],
        ids=[
            "path",
            "query",
            "endless path",
            "endless value",
            "endless name",
            "many",
            "large",
            "blank lines",
            "nonsense",
        ],
    )
    async def test_what_is_too_large_is_refused_before_anything_reads_it(self, head: bytes, status: int) -> None:
        app = App()
        assert (await answer_to(head, app=app)).startswith(b"HTTP/1.1 %d " % status)
        assert app.begun == 0

    async def test_what_browsers_send_passes(self) -> None:
        many = b"".join(b"X%d: %b\r\n" % (n, b"y" * 300) for n in range(90))
        head = b"GET /?q=" + b"a" * 8_000 + b" HTTP/1.1\r\nConnection: close\r\n" + HOST
        assert (await answer_to(head + many[:20_000].rpartition(b"X")[0] + b"\r\n")).startswith(b"HTTP/1.1 200 ")

    async def test_trailers_of_a_body_count_too(self) -> None:
        app = App()
        app.may_answer.clear()
        head = b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n" + HOST + b"\r\n"
        assert await answer_to(head + b"1\r\nx\r\n0\r\n" + b"X: y\r\n" * 200, app=app) == b""

    @pytest.mark.parametrize("endless", [b"0\r\nX: ", b"0\r\n", b"1;x="], ids=["value", "name", "extension"])
    async def test_nor_may_one_trailer_or_extension_of_a_chunk_never_end(self, endless: bytes) -> None:
        """The parser would put each piece behind all others, which takes time by the square of their number."""
        app = App()
        app.may_answer.clear()
        head = b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n" + HOST + b"\r\n1\r\nx\r\n"
        assert await answer_to(head + endless + b"a" * 60_000, app=app) == b""

    async def test_a_body_of_any_length_passes(self) -> None:
        head = b"POST / HTTP/1.1\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n" + HOST + b"\r\n"
        chunks = b"".join(b"%x\r\n%b\r\n" % (size, b"a" * size) for size in (1, 70_000, 5_000) * 5)
        assert (await answer_to(head + chunks + b"0\r\nX: y\r\n\r\n")).startswith(b"HTTP/1.1 200 ")

    @pytest.mark.parametrize(
        ("sent", "answer"), [(b"", b""), (b"GET / HT", b"HTTP/1.1 408 "), (b"\r\n", b"HTTP/1.1 408 ")]
    )
    async def test_one_that_does_not_come_is_not_waited_for(
        self, monkeypatch: pytest.MonkeyPatch, sent: bytes, answer: bytes
    ) -> None:
        monkeypatch.setattr(protocols, "HEAD_SECONDS", 0.2)
        assert (await answer_to(sent))[:13] == answer

    async def test_nor_is_the_next_one_on_a_connection_that_is_kept(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(protocols, "HEAD_SECONDS", 0.2)
        answer = await answer_to(b"GET / HTTP/1.1\r\n" + HOST + b"\r\nGET / HT", keep_alive=1)
        assert answer.count(b"HTTP/1.1 200") == 1 or answer == b""

    async def test_an_answer_may_take_longer_than_a_head(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(protocols, "HEAD_SECONDS", 0.1)
        app = App()
        app.may_answer.clear()
        asyncio.get_running_loop().call_later(0.5, app.may_answer.set)
        answer = await answer_to(b"GET / HTTP/1.1\r\nConnection: close\r\n" + HOST + b"\r\n", app=app)
        assert answer.startswith(b"HTTP/1.1 200 ")


class TestPipelines:
    REQUEST = b"GET / HTTP/1.1\r\n" + HOST + b"\r\n"

    async def test_a_few_requests_are_answered_in_their_order(self) -> None:
        async with serving(App()) as (port, _), client(port) as (reader, writer):
            writer.write(self.REQUEST * protocols.MOST_PIPELINED)
            for _ in range(protocols.MOST_PIPELINED):
                async with asyncio.timeout(PATIENCE):
                    assert (await reader.readuntil(b"\r\n\r\nxx")).startswith(b"HTTP/1.1 200 ")

    async def test_a_flood_of_them_ends_the_connection_and_is_not_kept(self) -> None:
        app = App()
        app.may_answer.clear()
        async with serving(app) as (port, state), client(port) as (reader, writer):
            writer.write(self.REQUEST * 100_000)
            assert await everything(reader) == b""
            await until(lambda: not state.connections)
            app.may_answer.set()
            await until(lambda: not state.tasks)
        assert app.begun == 1


class TestReaders:
    async def test_one_that_does_not_read_is_cut_off(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(protocols, "UNREAD_SECONDS", 0.2)
        app = App()
        app.size = 30_000_000
        async with serving(app) as (port, state), client(port) as (reader, writer):
            reader._transport.pause_reading()  # type: ignore[attr-defined]  # StreamReader has no other way
            writer.write(TestPipelines.REQUEST)
            await until(lambda: app.begun == 1)
            await until(lambda: not state.connections)


def frame(opcode: int, data: bytes = b"", *, last: bool = True) -> bytes:
    mask = os.urandom(4)
    masked = bytes(byte ^ mask[place % 4] for place, byte in enumerate(data))
    length = bytes([0x80 | len(data)]) if len(data) < 126 else bytes([0x80 | 126]) + struct.pack("!H", len(data))
    return bytes([(0x80 if last else 0) | opcode]) + length + mask + masked


TEXT, CONTINUED, PING, PONG = 1, 0, 9, 10


@asynccontextmanager
async def socket(app: App) -> AsyncIterator[tuple[StreamReader, StreamWriter]]:
    async with serving(app) as (port, _), client(port) as (reader, writer):
        upgrade = b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        key = b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        writer.write(b"GET /ws/ HTTP/1.1\r\n" + HOST + upgrade + key + b"\r\n")
        async with asyncio.timeout(PATIENCE):
            assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 101 ")
        yield reader, writer


def close_code(sent: bytes) -> Any:
    """Of the close frame at the end of what a server has sent."""
    start = sent.rindex(b"\x88")
    return struct.unpack("!H", sent[start + 2 : start + 4])[0]


class TestFrames:
    @pytest.mark.parametrize(
        ("flood", "code"),
        [
            (frame(TEXT, last=False) + frame(CONTINUED, last=False) * 100_000, 1008),
            (frame(TEXT, b"x") * 10_000, 1008),
            (frame(PING) * 10_000, 1008),
            (frame(PONG, b"x") * 10_000, 1008),
            (frame(TEXT, b"x" * 9_000), 1009),
        ],
        ids=["empty fragments", "messages", "pings", "pongs", "a large one"],
    )
    async def test_a_flood_ends_the_socket_with_a_code_and_is_not_read(self, flood: bytes, code: int) -> None:
        app = App()
        async with socket(app) as (reader, writer):
            writer.write(flood)
            sent = await everything(reader)
            await until(lambda: app.closed)
        assert close_code(sent) == code
        assert app.closed == [code]
        # One piece of the parser may be read before the count is checked.
        assert len(app.messages) <= protocols.SOCKET_PIECE_BYTES // len(frame(TEXT, b"x")) + 1

    async def test_fragments_that_come_slowly_have_an_end_too(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(protocols, "MOST_FRAMES_A_SECOND", 1_000)
        app = App()
        async with socket(app) as (reader, writer):
            writer.write(frame(TEXT, last=False) + frame(CONTINUED, last=False) * protocols.MOST_FRAGMENTS)
            assert close_code(await everything(reader)) == 1009
            await until(lambda: app.closed == [1009])

    async def test_a_message_in_a_few_fragments_arrives(self) -> None:
        app = App()
        async with socket(app) as (_, writer):
            writer.write(frame(TEXT, b"a", last=False) + frame(CONTINUED, b"b", last=False) + frame(CONTINUED, b"c"))
            await until(lambda: app.messages)
        assert app.messages[0]["text"] == "abc"
