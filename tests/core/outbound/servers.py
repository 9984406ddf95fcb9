"""Local servers for attacks on outgoing requests, also over TLS with a test certificate."""

import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any


class Handler(BaseHTTPRequestHandler):
    """What is at an address says the address."""

    protocol_version = "HTTP/1.1"
    server: "Server"

    def do_GET(self) -> None:
        self.server.asked.append((self.headers["Host"], self.path, self.headers.get("Authorization")))
        getattr(self, self.path.strip("/").split("?")[0].replace("-", "_") or "fine")()

    def fine(self) -> None:
        self._send(200, b'{"all": "well"}')

    def to_metadata(self) -> None:
        self._send(302, b"", Location="http://169.254.169.254/latest/meta-data/")

    def to_another(self) -> None:
        self._send(307, b"", Location=f"http://127.0.0.1:{self.server.port}/fine")

    def endless(self) -> None:
        self._begin()
        with suppress(OSError):
            while not self.server.over.is_set():
                self.wfile.write(b"10000\r\n" + b" " * 0x10000 + b"\r\n")

    def dripping_headers(self) -> None:
        self.wfile.write(b"HTTP/1.1 200 OK\r\n")
        with suppress(OSError):
            for number in range(1000):
                self.wfile.write(f"X-{number}: 1\r\n".encode())
                if self.server.over.wait(0.05):
                    return

    def packed(self) -> None:
        self._send(200, b"\x1f\x8b\x08", Content_Encoding="gzip")

    def no_http(self) -> None:
        self.wfile.write(b"\x00\x01\x02 what?\r\n\r\n")
        self.close_connection = True

    def _begin(self) -> None:
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()

    def _send(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: Any) -> None:
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, host: str = "127.0.0.1") -> None:
        if ":" in host:
            self.address_family = socket.AF_INET6
        super().__init__((host, 0), Handler)
        self.asked: list[tuple[str, str, str | None]] = []
        self.names: list[str | None] = []
        self.over = threading.Event()

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def with_tls(self, certificate: Path) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        context.sni_callback = lambda _socket, name, _context: self.names.append(name)
        self.socket = context.wrap_socket(self.socket, server_side=True)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that go away are the point here."""


@contextmanager
def serving(host: str = "127.0.0.1", certificate: Path | None = None) -> Iterator[Server]:
    with Server(host) as server:
        if certificate:
            server.with_tls(certificate)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        try:
            yield server
        finally:
            server.over.set()
            server.shutdown()


def make_certificate(folder: Path, name: str) -> Path:
    """A key and a certificate for `name` in one file; it is its own authority."""
    path = folder / "server.pem"
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", str(path)]
    named = [
        "-subj",
        f"/CN={name}",
        "-addext",
        f"subjectAltName=DNS:{name}",
        "-days",
        "2",
        "-out",
        str(folder / "cert.pem"),
    ]
    subprocess.run(["openssl", "req", "-x509", *key, *named], check=True, capture_output=True)  # noqa: S607
    path.write_bytes(path.read_bytes() + (folder / "cert.pem").read_bytes())
    return path
