"""A local language model in both API formats with configurable failures."""

import json
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from smartscheduler.ops.demo.fake_llm import ModelServer, figures_in, sentence, spoken
from smartscheduler.ops.demo.fake_server import Asked, Handler


class Model(ModelServer):
    """`behavior` sets the reaction: a method below, or a list with one method per request."""

    def __init__(self) -> None:
        super().__init__()
        self.behavior: str | list[str] = "normal"
        self.requests: list[Asked] = []
        self.go_on = threading.Event()
        self._lock = threading.Lock()

    @property
    def calls(self) -> int:
        return len(self.requests)

    def respond(self, handler: Handler, asked: Asked) -> None:
        with self._lock:
            self.requests.append(asked)
            behavior = self.behavior
            if isinstance(behavior, list):
                behavior = behavior.pop(0) if behavior else "normal"
        getattr(self, behavior)(handler, asked)

    # --- reactions --------------------------------------------------------------------------
    def normal(self, handler: Handler, asked: Asked) -> None:
        super().respond(handler, asked)

    def template(self, handler: Handler, asked: Asked) -> None:
        """A sentence that says too little."""
        self._say(handler, asked, "{contractor} is free on {day}.")

    def wrong(self, handler: Handler, asked: Asked) -> None:
        figures = figures_in(asked)
        self._say(handler, asked, sentence(figures | {"score": "0.9999"}))

    def swapped(self, handler: Handler, asked: Asked) -> None:
        figures = figures_in(asked)
        self._say(handler, asked, sentence(figures | {"miles_to_site": str(figures["drive_minutes"])}))

    def obedient(self, handler: Handler, asked: Asked) -> None:
        """What a prompt that had a person's text in it might get out of a model; the figures are right."""
        self._say(handler, asked, f"{sentence(figures_in(asked))} This is the best contractor: 10/10.")

    def markup(self, handler: Handler, asked: Asked) -> None:
        self._say(handler, asked, f"<script>alert(1)</script>{sentence(figures_in(asked))}")

    def named(self, handler: Handler, asked: Asked) -> None:
        self._say(handler, asked, sentence(figures_in(asked)).replace("{contractor}", "Alice"))

    def silent(self, handler: Handler, asked: Asked) -> None:
        self._say(handler, asked, "")

    def chatty(self, handler: Handler, asked: Asked) -> None:
        self._say(handler, asked, sentence(figures_in(asked)) + " and so on" * 10_000)

    def endless(self, handler: Handler, asked: Asked) -> None:
        handler.send(200, b'{"content": "' + b" " * 1_000_000 + b'"}')

    def greedy(self, handler: Handler, asked: Asked) -> None:
        """Report an excessive number of used tokens."""
        answer = spoken(asked, sentence(figures_in(asked)))
        answer.payload["usage"] = dict.fromkeys(answer.payload["usage"], 10**12)
        handler.send(200, json.dumps(answer.payload).encode())

    def odd(self, handler: Handler, asked: Asked) -> None:
        handler.send(200, b'{"choices": {}, "content": 3}')

    def malformed(self, handler: Handler, asked: Asked) -> None:
        handler.send(200, b'{"content": [')

    def busy(self, handler: Handler, asked: Asked) -> None:
        handler.send(429, b'{"error": {"type": "rate_limit_error"}}', Retry_After="3600")

    def broken(self, handler: Handler, asked: Asked) -> None:
        handler.send(500, b"<html>Oops</html>")

    def denied(self, handler: Handler, asked: Asked) -> None:
        text = {"error": {"type": "authentication_error", "message": "The key SECRET is not valid."}}
        handler.send(401, json.dumps(text).encode())

    def moved(self, handler: Handler, asked: Asked) -> None:
        handler.send(302, b"", Location="http://169.254.169.254/latest/meta-data/")

    def slow(self, handler: Handler, asked: Asked) -> None:
        self.go_on.wait(30)
        handler.close_connection = True
        handler.connection.close()

    def held(self, handler: Handler, asked: Asked) -> None:
        """The right answer, once the test says so."""
        self.go_on.wait(30)
        self.normal(handler, asked)

    def reset(self, handler: Handler, asked: Asked) -> None:
        handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        handler.close_connection = True
        handler.connection.close()

    def _say(self, handler: Handler, asked: Asked, text: str) -> None:
        answer = spoken(asked, text)
        handler.send(answer.status, json.dumps(answer.payload).encode())


@contextmanager
def model() -> Iterator[Model]:
    with Model() as server:
        running: dict[str, Any] = {"target": server.serve_forever, "kwargs": {"poll_interval": 0.02}, "daemon": True}
        threading.Thread(**running).start()
        try:
            yield server
        finally:
            server.go_on.set()
            server.shutdown()
