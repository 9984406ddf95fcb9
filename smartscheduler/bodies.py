"""How much a request may carry before anything reads it: the server would else keep all of it on the disk first."""

from typing import Any

# The largest file that may be imported has 10 MB (exchange.tables); its form adds little. The proxy has the same limit.
MOST_BYTES = 12_000_000


def within_limits(application: Any) -> Any:
    """The ASGI `application`, for requests of at most `MOST_BYTES`: a larger one is answered 413 and not passed on.

    One that does not say how much it is, is cut off when it has become too much.
    """

    async def limited(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await application(scope, receive, send)
        elif _declared(scope) > MOST_BYTES:
            await _refuse(send)
        else:
            body = _Body(receive)
            await application(scope, body.receive, body.watched(send))
            if body.is_too_much and not body.is_answered:
                await _refuse(send)

    return limited


class _Body:
    def __init__(self, receive: Any) -> None:
        self._receive, self._bytes = receive, 0
        self.is_too_much = self.is_answered = False

    async def receive(self) -> Any:
        message = await self._receive()
        self._bytes += len(message.get("body", b""))
        if self._bytes > MOST_BYTES:
            self.is_too_much = True
            return {"type": "http.disconnect"}
        return message

    def watched(self, send: Any) -> Any:
        async def watching(message: Any) -> None:
            self.is_answered = True
            await send(message)

        return watching


def _declared(scope: Any) -> int:
    lengths = [value for name, value in scope["headers"] if name == b"content-length"]
    return max((int(value) for value in lengths if value.isdigit()), default=0)


async def _refuse(send: Any) -> None:
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    await send({"type": "http.response.body", "body": b"That is larger than this service accepts.\n"})
