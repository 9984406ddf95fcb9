"""ASGI middleware that limits request bodies before Django buffers them: size, duration, and total memory.

Only import files may be larger than a megabyte, and only signed-in accounts may send them.
"""

import asyncio
import json
from collections import Counter
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from smartscheduler.core.http.client_networks import network_of
from smartscheduler.core.rest.problems import MEDIA_TYPE, Problem

# An import file has at most 10 MB (imports.file_reader), and its form adds little. The proxy has the same limit.
MOST_BYTES = 12_000_000
# For all other bodies: Django and the API read a megabyte at most (DATA_UPLOAD_MAX_MEMORY_SIZE).
USUAL_BYTES = 1_100_000
UPLOADS = frozenset({"/admin/imports/importrun/add/"})
# Limits of each process: bytes of all requests and of one address, and the number of uploads. Django and the proxy
# both write an upload to disk.
BYTES_AT_ONCE, BYTES_OF_AN_ADDRESS = 64_000_000, 26_000_000
UPLOADS_AT_ONCE, UPLOADS_OF_AN_ACCOUNT = 4, 2
# A body may take BODY_SECONDS plus the time that its bytes need at the slowest accepted rate.
BODY_SECONDS, SLOWEST_BYTES_A_SECOND = 20.0, 32_000
RETRY_SECONDS = 5

App = Callable[[Any, Any, Any], Awaitable[None]]


class Limits:
    """The ASGI `application` behind the limits; `account_of` returns the account id of a scope's session."""

    def __init__(self, application: App, account_of: Callable[[Any], Awaitable[str | None]]) -> None:
        self._application, self._account_of = application, account_of
        # Bytes by network address, uploads by account.
        self._held: Counter[str] = Counter()
        self._uploads: Counter[str] = Counter()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self._application(scope, receive, send)
        elif _declared(scope) > most_bytes(scope):
            await _refuse(scope, send, HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        elif _is_large(scope):
            await self._upload(scope, receive, send)
        else:
            await self._pass_on(scope, receive, send)

    async def _upload(self, scope: Any, receive: Any, send: Any) -> None:
        account = await self._account_of(scope)
        if account is None:
            await _refuse(scope, send, HTTPStatus.FORBIDDEN)
        elif self._uploads.total() >= UPLOADS_AT_ONCE or self._uploads[account] >= UPLOADS_OF_AN_ACCOUNT:
            await _refuse(scope, send, HTTPStatus.TOO_MANY_REQUESTS)
        else:
            self._uploads[account] += 1
            try:
                await self._pass_on(scope, receive, send)
            finally:
                _less(self._uploads, account, 1)

    async def _pass_on(self, scope: Any, receive: Any, send: Any) -> None:
        body = _Body(self, scope, receive)
        try:
            await self._application(scope, body.receive, body.watched(send))
            if body.refused and not body.is_answered:
                await _refuse(scope, send, body.refused)
        finally:
            _less(self._held, body.address, body.bytes)

    def hold(self, address: str, size: int) -> bool:
        """Add `size` bytes to the count of `address`; False when a limit is exceeded."""
        self._held[address] += size
        return not size or (self._held.total() <= BYTES_AT_ONCE and self._held[address] <= BYTES_OF_AN_ADDRESS)


def _less(counts: Counter[str], key: str, number: int) -> None:
    counts[key] -= number
    if counts[key] <= 0:
        del counts[key]


class _Body:
    def __init__(self, limits: Limits, scope: Any, receive: Any) -> None:
        self._limits, self._receive, self._most = limits, receive, most_bytes(scope)
        self.address = network_of((scope.get("client") or ("",))[0])
        self._began = asyncio.get_running_loop().time()
        self.bytes, self._is_whole = 0, False
        self.refused: HTTPStatus | None = None
        self.is_answered = False

    async def receive(self) -> Any:
        if self._is_whole:  # Django now waits for the client to disconnect
            return await self._receive()
        try:
            async with asyncio.timeout_at(self._began + BODY_SECONDS + self.bytes / SLOWEST_BYTES_A_SECOND):
                message = await self._receive()
        except TimeoutError:
            return self._given_up(HTTPStatus.REQUEST_TIMEOUT)
        size = len(message.get("body", b""))
        self.bytes += size
        has_room = self._limits.hold(self.address, size)
        self._is_whole = not message.get("more_body", False)
        if self.bytes > self._most:
            return self._given_up(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        if not has_room:
            return self._given_up(HTTPStatus.TOO_MANY_REQUESTS)
        return message

    def watched(self, send: Any) -> Any:
        async def watching(message: Any) -> None:
            self.is_answered = True
            await send(message)

        return watching

    def _given_up(self, status: HTTPStatus) -> dict[str, str]:
        self.refused = status
        return {"type": "http.disconnect"}


def most_bytes(scope: Any) -> int:
    return MOST_BYTES if scope["path"] in UPLOADS else USUAL_BYTES


def _is_large(scope: Any) -> bool:
    """Whether the request uploads an import file that may be larger than other bodies."""
    chunked = any(name == b"transfer-encoding" for name, _ in scope["headers"])
    return scope["path"] in UPLOADS and (chunked or _declared(scope) > USUAL_BYTES)


def _declared(scope: Any) -> int:
    lengths = [value for name, value in scope["headers"] if name == b"content-length"]
    # Cut to 20 digits: enough for any length, and int() of a long number takes quadratic time.
    return max((int(value[:20]) for value in lengths if value.isdigit()), default=0)


SENTENCES = {
    HTTPStatus.FORBIDDEN: ("permission-denied", _("Sign in to upload a file.")),
    HTTPStatus.REQUEST_TIMEOUT: ("request-timeout", _("The request body took too long to arrive.")),
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: ("payload-too-large", _("The request body is too large.")),
    HTTPStatus.TOO_MANY_REQUESTS: ("throttled", _("Too many large requests at once. Try again in a moment.")),
}


async def _refuse(scope: Any, send: Any, status: HTTPStatus) -> None:
    code, sentence = SENTENCES[status][0], str(SENTENCES[status][1])
    media_type, text = "text/plain; charset=utf-8", f"{sentence}\n"
    if scope["path"].startswith("/api/"):
        problem = Problem(code=code, detail=sentence)
        media_type, text = MEDIA_TYPE, json.dumps(problem.as_json(instance=scope["path"], trace_id=""))
    headers = [(b"content-type", media_type.encode()), (b"connection", b"close")]
    headers += [(b"content-length", str(len(text)).encode())]
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        headers.append((b"retry-after", str(RETRY_SECONDS).encode()))
    headers += _cors_headers(scope)
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": text.encode()})


def _cors_headers(scope: Any) -> list[tuple[bytes, bytes]]:
    """The headers with which a page of another origin can read the refusal; this answer passes no middleware."""
    origin = next((value for name, value in scope["headers"] if name == b"origin"), b"")
    if not scope["path"].startswith("/api/v1/") or origin.decode("latin-1") not in settings.CORS_ALLOWED_ORIGINS:
        return []
    exposed = ", ".join(settings.CORS_EXPOSE_HEADERS).encode()
    return [
        (b"access-control-allow-origin", origin),
        (b"access-control-expose-headers", exposed),
        (b"vary", b"origin"),
    ]
