"""The HTTP and WebSocket protocols of uvicorn with limits on the data and the time of one connection.

`processes.web` passes both classes to uvicorn, which imports them before Django is set up: they must not read settings.
"""

import asyncio
import logging
from http import HTTPStatus
from typing import Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Opcode

# Limits on the URL, on the URL and all headers together, and on the number of headers.
MOST_URL_BYTES = 8_192
MOST_HEAD_BYTES = 32_768
MOST_HEADERS = 100
# Time for the head of a request to arrive, for a client to read a response, and for a closed connection to end.
HEAD_SECONDS = 20.0
UNREAD_SECONDS = 60.0
CLOSING_SECONDS = 10.0
# Pipelined requests that may wait behind the present one.
MOST_PIPELINED = 8
# The parser processes its whole input at once. Small pieces let the limits apply in between.
PIECE_BYTES = 4_096
# Smaller for WebSockets, because a frame may have only six bytes and takes longer to process than a header.
SOCKET_PIECE_BYTES = 512

# Frames of any kind that a client may send in a second, and fragments in one message.
MOST_FRAMES_A_SECOND = 20
MOST_FRAGMENTS = 16
POLICY_VIOLATION, TOO_BIG = 1008, 1009


class _Refused(Exception):
    """Stops the parser; the status is in `HttpProtocol._status`."""


class UnreadLimit(asyncio.Protocol):
    """Mixin for a protocol: aborts a connection whose client reads nothing for UNREAD_SECONDS."""

    loop: asyncio.AbstractEventLoop
    transport: asyncio.Transport
    _unread_timer: asyncio.TimerHandle | None = None

    def pause_writing(self) -> None:
        super().pause_writing()
        _cancel(self._unread_timer)
        self._unread_timer = self.loop.call_later(UNREAD_SECONDS, self.transport.abort)

    def resume_writing(self) -> None:
        _cancel(self._unread_timer)
        super().resume_writing()


class HttpProtocol(UnreadLimit, HttpToolsProtocol):
    """HTTP/1.1 with limits on the request head, on pipelining, and on the time for both directions."""

    transport: asyncio.Transport

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._status = HTTPStatus.BAD_REQUEST
        self._reads_head, self._is_over = True, False
        # Bytes that the parser received since the start of a head or its last body callback, and bytes of the headers
        # that it reported.
        self._fed = self._head_bytes = 0
        self._head_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._is_over = True
        self._stop_timers()
        self.pipeline.clear()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._reads_head and not self._is_answering():
            self._expect_head()
        for start in range(0, len(data), PIECE_BYTES):
            if self._is_over or self.transport.is_closing():
                return
            piece = data[start : start + PIECE_BYTES]
            super().data_received(piece)
            self._fed += len(piece)
            # A header without an end, in a head or in trailers, triggers no callback of the parser.
            if self._fed > MOST_HEAD_BYTES + PIECE_BYTES:
                self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)

    def handle_websocket_upgrade(self) -> None:
        self._is_over = True
        self._stop_timers()
        super().handle_websocket_upgrade()

    def send_400_response(self, msg: str) -> None:
        """Answer with the status of the limit. uvicorn calls this after any error of the parser."""
        self._refuse(self._status)

    def on_message_begin(self) -> None:
        self._reads_head = True
        self._fed = self._head_bytes = 0
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        super().on_url(url)
        if len(self.url) > MOST_URL_BYTES:
            self._stop(HTTPStatus.REQUEST_URI_TOO_LONG)

    def on_header(self, name: bytes, value: bytes) -> None:
        # The parser also calls this for trailers, after the body.
        super().on_header(name, value)
        self._head_bytes += len(name) + len(value)
        if len(self.headers) > MOST_HEADERS or len(self.url) + self._head_bytes > MOST_HEAD_BYTES:
            self._stop(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)

    def on_headers_complete(self) -> None:
        self._reads_head = False
        _cancel(self._head_timer)
        self._head_timer = None
        if len(self.pipeline) >= MOST_PIPELINED:
            self._stop(HTTPStatus.TOO_MANY_REQUESTS)
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._fed = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self._reads_head, self._fed = True, 0

    def timeout_keep_alive_handler(self) -> None:
        # close() would wait for a client that does not read.
        if self.transport.get_write_buffer_size():
            self.transport.abort()
        super().timeout_keep_alive_handler()

    def _is_answering(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _expect_head(self) -> None:
        if self._head_timer is None:
            self._head_timer = self.loop.call_later(HEAD_SECONDS, self._refuse, HTTPStatus.REQUEST_TIMEOUT)

    def _stop(self, status: HTTPStatus) -> None:
        self._status = status
        raise _Refused

    def _refuse(self, status: HTTPStatus) -> None:
        """Answer and close the connection. When a response has begun, only close it."""
        if self._is_over or self.transport.is_closing():
            return
        self._is_over = True
        self._stop_timers()
        self.pipeline.clear()
        if self._is_answering() or (status is HTTPStatus.REQUEST_TIMEOUT and not self._fed):
            self.transport.abort()
            return
        text = f"{status.phrase}.\n".encode()
        head = b"content-type: text/plain; charset=utf-8\r\nconnection: close\r\ncontent-length: %d\r\n\r\n" % len(text)
        self.transport.write(STATUS_LINE[status] + head + text)
        self.transport.close()
        self.loop.call_later(CLOSING_SECONDS, self.transport.abort)

    def _stop_timers(self) -> None:
        _cancel(self._head_timer, self._unread_timer)
        self._unset_keepalive_if_required()


class SocketProtocol(UnreadLimit, WebSocketsSansIOProtocol):
    """WebSocket with a limit on the number of frames, because empty fragments pass every limit on size."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Both loggers write the client's address and the URL with its query string.
        self.logger = logging.getLogger("uvicorn.websocket")
        self.conn.logger, self.conn.debug = logging.getLogger("websockets.server"), False
        self._second, self._frames_in_it = 0.0, 0

    def connection_lost(self, exc: Exception | None) -> None:
        _cancel(self._unread_timer)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        for start in range(0, len(data), SOCKET_PIECE_BYTES):
            if self.close_sent and self.handshake_complete and self.close_timer is None:
                return  # the server has closed or rejected the connection
            super().data_received(data[start : start + SOCKET_PIECE_BYTES])
            if self._frames_in_it > MOST_FRAMES_A_SECOND:
                self._end(POLICY_VIOLATION, "Too many frames.")
            elif len(self.frames) > MOST_FRAGMENTS:
                self._end(TOO_BIG, "Too many fragments.")

    def on_task_complete(self, task: "asyncio.Task[None]") -> None:
        super().on_task_complete(task)
        self.loop.call_later(CLOSING_SECONDS, self.transport.abort)

    def handle_events(self) -> None:
        self._count(self.conn.events)
        super().handle_events()

    def _count(self, events: list[Any]) -> None:
        now = self.loop.time()
        if now - self._second >= 1:
            self._second, self._frames_in_it = now, 0
        self._frames_in_it += sum(getattr(event, "opcode", Opcode.CLOSE) is not Opcode.CLOSE for event in events)

    def _end(self, code: int, reason: str) -> None:
        """Close at once and discard all unread frames."""
        if self.transport.is_closing():
            return
        self.stop_keepalive()
        self.frames = []
        self.queue.put_nowait({"type": "websocket.disconnect", "code": code, "reason": reason})
        if not self.close_sent:
            self.conn.send_close(code, reason)
            self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_sent = True
        _cancel(self.close_timer)
        self.close_timer = None
        self.transport.close()


def _cancel(*timers: asyncio.TimerHandle | None) -> None:
    for timer in timers:
        if timer is not None:
            timer.cancel()
