"""The Caddyfile in front of two web processes; without Caddy, the values that it must agree with."""

import json
import os
import re
import shutil
import signal
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from http.client import HTTPConnection, HTTPResponse, HTTPSConnection
from pathlib import Path
from typing import Any

import pytest
from axes.models import AccessAttempt

from smartscheduler import BASE_DIR
from smartscheduler.accounts.credentials import Credential
from smartscheduler.accounts.websocket_tickets import issue_ticket
from smartscheduler.core.http import body_limit, protocols
from smartscheduler.imports.file_reader import MOST_BYTES
from smartscheduler.ops.local import process_specs
from tests.events.processes import answers, free_port, running, wait_until
from tests.events.wire import Subscriber, connect, subprotocols
from tests.factories import UserFactory
from tests.products import folder

CADDYFILE = (BASE_DIR / "deploy" / "caddy" / "Caddyfile").read_text()
CADDY = os.environ.get("CADDY") or shutil.which("caddy")
CLIENT = "127.0.0.5"


def in_caddyfile(pattern: str) -> str:
    """The group of `pattern` where the file of the proxy first has it."""
    return str(re.findall(pattern, CADDYFILE)[0])


class TestFile:
    def test_asks_the_service_and_port_that_the_image_opens(self) -> None:
        (block,) = re.findall(r"dynamic a \{(.*?)\}", CADDYFILE, flags=re.DOTALL)
        assert re.findall(r"(name|port) (\S+)", block) == [("name", "web"), ("port", "8000")]

    def test_lets_the_largest_import_through(self) -> None:
        megabytes = int(in_caddyfile(r"max_size (\d+)MB"))
        assert MOST_BYTES < megabytes * 1_000_000 < 2 * MOST_BYTES

    def test_bounds_heads_and_the_time_of_bodies_like_the_web(self) -> None:
        (kibibytes,), (head,), (body,) = (
            re.findall(rf"{name} (\d+)", CADDYFILE) for name in ("max_header_size", "read_header", "read_body")
        )
        assert int(kibibytes) * 1024 == protocols.MOST_HEAD_BYTES
        assert int(head) == protocols.HEAD_SECONDS
        # The web gives up earlier, and says why.
        assert int(body) >= body_limit.BODY_SECONDS + body_limit.MOST_BYTES / body_limit.SLOWEST_BYTES_A_SECOND

    def test_its_log_has_no_addresses_and_no_queries(self) -> None:
        left_out = set(re.findall(r"(\S+) delete", CADDYFILE))
        assert {"request>uri", "request>headers", "request>remote_ip", "request>client_ip"} <= left_out

    def test_closes_idle_connections_before_the_web_does(self) -> None:
        assert int(in_caddyfile(r"keepalive (\d+)s")) < process_specs.KEEP_ALIVE_SECONDS

    def test_its_braces_are_in_pairs(self) -> None:
        assert CADDYFILE.count("{") == CADDYFILE.count("}")


class Proxy:
    def __init__(
        self, port: int, plain_port: int, home: Path, webs: "list[subprocess.Popen[bytes]]", web_port: int
    ) -> None:
        self.port, self.plain_port, self.webs, self.web_port = port, plain_port, webs, web_port
        self._root = home / "caddy" / "pki" / "authorities" / "local" / "root.crt"

    @property
    def tls(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(self._root))

    def is_up(self) -> bool:
        try:
            return self.ask("GET", "/api/v1/health/live").status == 200
        except (OSError, ssl.SSLError):
            return False

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> HTTPResponse:
        """From an address that is not the proxy's own."""
        web = HTTPSConnection("localhost", self.port, source_address=(CLIENT, 0), timeout=120, context=self.tls)
        content = json.dumps(body) if isinstance(body, dict) else body
        web.request(method, path, content, {"Content-Type": "application/json", **headers})
        return web.getresponse()


def start_webs(stack: ExitStack) -> "dict[int, subprocess.Popen[bytes]]":
    production: dict[str, Any] = {
        "DEBUG": "0",
        "SECRET_KEY": "a key for this test alone, and long enough for every token",
        "ALLOWED_HOSTS": "localhost",
        "TRUSTED_PROXIES": "127.0.0.1",
    }
    ports = [free_port(), free_port()]
    return {
        port: stack.enter_context(
            running([sys.executable, *process_specs.web(host="127.0.0.1", port=port, workers=1)], **production)
        )
        for port in ports
    }


def as_here(upstreams: list[int]) -> str:
    """The file, with the addresses of this machine in place of a container engine's names."""
    text, replaced = re.subn(
        r"dynamic a \{.*?\}",
        "to " + " ".join(f"127.0.0.1:{upstream}" for upstream in upstreams),
        CADDYFILE,
        flags=re.DOTALL,
    )
    assert replaced == 1
    # Here one address has one port: plain HTTP gets another.
    text = text.replace("http://{$SITE_ADDRESS:localhost}", "http://localhost:{$PLAIN_PORT}")
    return text.replace("{\n", "{\n\tauto_https disable_redirects\n\tskip_install_trust\n", 1)


@pytest.fixture
def proxy(transactional_db: None) -> Iterator[Proxy]:
    with folder() as home, ExitStack() as stack:
        webs = start_webs(stack)
        port, plain, admin = free_port(), free_port(), free_port()
        (home / "Caddyfile").write_text(as_here(list(webs)))
        caddy = [str(CADDY), "run", "--config", str(home / "Caddyfile"), "--adapter", "caddyfile"]
        stack.enter_context(
            running(
                caddy,
                SITE_ADDRESS=f"localhost:{port}",
                PLAIN_PORT=str(plain),
                CADDY_ADMIN=f"localhost:{admin}",
                XDG_DATA_HOME=str(home),
                XDG_CONFIG_HOME=str(home),
            )
        )
        caddy_proxy = Proxy(port, plain, home, list(webs.values()), next(iter(webs)))
        wait_until(lambda: all(answers(each) for each in webs) and caddy_proxy.is_up(), 300)
        yield caddy_proxy


@pytest.mark.system
@pytest.mark.skipif(CADDY is None, reason="There is no caddy here; TestFile holds what the file must agree with.")
def test_before_two_web_processes(proxy: Proxy) -> None:
    # TLS is the proxy's; the web knows of it, and refuses plain HTTP.
    assert proxy.ask("GET", "/api/v1/auth/me/").status == 401
    plain = HTTPConnection("localhost", proxy.web_port, timeout=120)
    plain.request("GET", "/api/v1/auth/me/")
    assert plain.getresponse().status == 403

    # So does the proxy, which sends people to HTTPS.
    for path, status in (("/api/v1/auth/me/", 403), ("/admin/", 308)):
        plain = HTTPConnection("localhost", proxy.plain_port, timeout=120)
        plain.request("GET", path)
        answer = plain.getresponse()
        assert answer.status == status
        assert (answer.getheader("Location") or "").startswith("https://") == (status == 308)

    # The client's address is its own, whatever it claims.
    wrong = {"email": "somebody@example.com", "password": "not the password"}
    refused = proxy.ask("POST", "/api/v1/auth/login/", wrong, **{"X-Forwarded-For": "6.6.6.6"})
    assert refused.status == 401
    assert list(AccessAttempt.objects.values_list("ip_address", flat=True)) == [CLIENT]

    # A large body is rejected, or cut off without Content-Length. Neither counts as a failure of a web process.
    assert proxy.ask("POST", "/api/v1/auth/login/", **{"Content-Length": "12500000"}).status == 413
    for _ in range(3):
        with suppress(OSError):  # it may hang up while we go on sending
            assert proxy.ask("POST", "/api/v1/auth/login/", iter([b"x" * 12_500_000])).status in {413, 502}
    assert {proxy.ask("GET", "/api/v1/health/live").status for _ in range(4)} == {200}

    # Sockets pass, over TLS.
    ticket, _ = issue_ticket(Credential.of(UserFactory()))
    address = f"wss://localhost:{proxy.port}/ws/events/"
    with connect(address, ssl=proxy.tls, subprotocols=subprotocols(ticket), close_timeout=60) as socket:
        assert Subscriber(socket).until("ready")

    # One web process ends; no request fails.
    proxy.webs[0].send_signal(signal.SIGTERM)
    assert {proxy.ask("GET", "/api/v1/health/ready").status for _ in range(20)} == {200}
    proxy.webs[0].wait(120)
    assert {proxy.ask("GET", "/api/v1/health/ready").status for _ in range(20)} == {200}
