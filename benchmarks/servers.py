"""The product over HTTP: a server for a world, and a signed-in client with a persistent connection."""

import http.client
import json
import os
import socket
import subprocess
import sys
import time
from contextlib import suppress
from time import perf_counter
from typing import Any


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Server:
    """uvicorn with production settings; a context manager."""

    def __init__(self, url: str, *, workers: int = 1, settings: str = "benchmarks.settings") -> None:
        self.port = free_port()
        environment = os.environ | {
            "DATABASE_URL": url,
            "DJANGO_SETTINGS_MODULE": settings,
            "HTTPS_REDIRECT": "0",
            "DEBUG": "0",
            "SECRET_KEY": "benchmarks" * 6,
            "LOG_LEVEL": "INFO",
            "RATE_LIMITS": "0",
        }
        command = [sys.executable, "-m", "uvicorn", "smartscheduler.asgi:application", "--port", str(self.port)]
        self._process = subprocess.Popen(  # noqa: S603
            [*command, "--workers", str(workers), "--no-access-log", "--timeout-keep-alive", "3600"],
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def __enter__(self) -> "Server":
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1):
                return self
            time.sleep(0.05)
        raise RuntimeError("The server does not start.")

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait()


class Client:
    """A persistent connection that signs in itself."""

    def __init__(self, port: int, token: str = "") -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port)
        self.token = token or self._login()

    def _login(self) -> str:
        account = {"email": "benchmark@example.com", "password": "benchmark-password"}
        return str(self.ask("POST", "auth/login/", account)[1]["access"])

    def ask(self, method: str, path: str, body: Any = None) -> tuple[float, Any]:
        """Milliseconds until the whole response, and the response. Raises RuntimeError unless the status is 200."""
        headers = {"Content-Type": "application/json"}
        if path != "auth/login/":
            headers["Authorization"] = f"Bearer {self.token}"
        text = None if body is None else json.dumps(body)
        began = perf_counter()
        self._connection.request(method, f"/api/v1/{path}", text, headers)
        response = self._connection.getresponse()
        answer = response.read()
        took = (perf_counter() - began) * 1_000
        if response.status != 200:
            raise RuntimeError(f"{method} {path}: {response.status} {answer[:500]!r}")
        return took, json.loads(answer)
