"""Base of the fake providers: an HTTP server on the loopback interface."""

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple


class Asked(NamedTuple):
    """Request: method, path with query, headers with names in lower case, body."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


class Answered(NamedTuple):
    """Response: status and JSON payload."""

    status: int
    payload: Any


class Handler(BaseHTTPRequestHandler):
    """Request handler that passes each request to `FakeServer.respond`."""

    protocol_version = "HTTP/1.1"
    server: "FakeServer"

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.server.respond(self, Asked(self.command, self.path, headers, body))

    def send(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: Any) -> None:
        """Write no log line per request."""


class FakeServer(ThreadingHTTPServer):
    """HTTP server on the loopback interface. Port 0 selects a free port."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def respond(self, handler: Handler, asked: Asked) -> None:
        """Send the response to a request with `handler.send`."""
        raise NotImplementedError
