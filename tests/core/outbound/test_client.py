"""Outgoing requests reach only allowed addresses: against real servers, with all spellings of their addresses."""

import socket
import time
from collections.abc import Iterator
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from smartscheduler.core.outbound import client, network
from smartscheduler.core.outbound.addresses import METADATA, address, may_reach
from smartscheduler.core.outbound.client import Answered, send
from smartscheduler.core.outbound.errors import Broken, Refused, TimedOut, Unreadable
from tests.core.outbound.servers import Server, make_certificate, serving

INSIDE = [
    *("0.0.0.0", "10.0.0.1", "100.64.0.1", "127.0.0.1", "169.254.1.1", "172.16.0.1", "192.0.0.1"),  # noqa: S104
    *("192.0.2.1", "192.168.0.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.1.1.1"),
    *("240.0.0.1", "255.255.255.255", "::", "::1", "::ffff:10.0.0.1", "64:ff9b::a00:1", "64:ff9b:1::1", "100::1"),
    *("2001:db8::1", "2002:a00:1::", "2001:0:0:0:0:0:f5ff:fffe", "fc00::1", "fd00::1", "fe80::1", "fec0::1"),
    *("ff02::1", "nonsense", ""),
]
LOOPBACK = ["127.0.0.0/8", "::1/128"]


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with serving() as running:
        yield running


@pytest.fixture
def nobody(server: Server) -> Iterator[Server]:
    """The server, which must not be asked."""
    server.asked.clear()
    yield server
    assert server.asked == []


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The answers of a resolver, by name: each a list of addresses, or one list after the other."""
    addresses: dict[str, Any] = {}

    def resolve(host: str, port: int) -> Any:
        if host not in addresses:
            return real(host, port)
        addresses_of_host = addresses[host]
        return addresses_of_host.pop(0) if isinstance(addresses_of_host[0], list) else addresses_of_host

    real = network.resolve
    monkeypatch.setattr(network, "resolve", resolve)
    return addresses


@pytest.fixture
def allowed(settings: Settings) -> None:
    settings.OUTGOING_PRIVATE_NETWORKS = LOOPBACK


def get(base: str, path: str = "/fine", **options: Any) -> Answered:
    settings: dict[str, Any] = {"seconds": 5.0, **options}
    return send("GET", base + path, of=base, **settings)


def test_an_allowed_network_is_asked_and_answers(server: Server, allowed: None) -> None:
    answer = get(f"http://127.0.0.1:{server.port}")
    assert (answer.status, answer.body) == (200, b'{"all": "well"}')


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "2130706433",
        "0x7f000001",
        "0x7f.1",
        "0177.0.0.1",
        "017700000001",
        "127.1",
        "0",
        "0.0.0.0",  # noqa: S104
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "127。0。0。1",
        "①②⑦.0.0.1",
    ],
)
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_no_spelling_of_this_machine_is_asked(nobody: Any, scheme: str, host: str) -> None:
    with pytest.raises((Refused, Broken, Unreadable)) as refused:
        get(f"{scheme}://{host}:{nobody.port}")
    assert host not in str(refused.value)


@pytest.mark.parametrize(
    "target", ["127.0.0.1", "10.0.0.5", "192.168.1.1", "169.254.169.254", "::ffff:10.0.0.1", "fe80::1%lo"]
)
def test_a_name_that_leads_inside_is_not_asked(nobody: Any, names: Any, target: str) -> None:
    names["api.example.com"] = [target]
    with pytest.raises(Refused):
        get(f"https://api.example.com:{nobody.port}")


def test_one_private_address_among_public_ones_is_enough(nobody: Any, names: Any) -> None:
    names["api.example.com"] = ["8.8.8.8", "127.0.0.1"]
    with pytest.raises(Refused):
        get(f"https://api.example.com:{nobody.port}")


def test_a_name_that_changes_its_answer_is_connected_to_where_it_was_checked(
    server: Server, names: Any, settings: Settings
) -> None:
    """The second DNS answer would be the attack; it is never requested."""
    settings.OUTGOING_PRIVATE_NETWORKS = ["127.0.0.1/32"]
    server.asked.clear()
    with serving("127.0.0.2") as inside:
        names["api.example.com"] = [["127.0.0.1"], ["127.0.0.2"]]
        base = f"http://api.example.com:{server.port}"
        assert get(base).status == 200
        assert server.asked == [(f"api.example.com:{server.port}", "/fine", None)]
        assert names["api.example.com"] == [["127.0.0.2"]]  # once a connection
        assert inside.asked == []
    client._client.cache_clear()  # a new connection, and a new look
    with pytest.raises(Refused):
        get(base)
    assert len(server.asked) == 1


def test_the_system_really_turns_numbers_into_addresses() -> None:
    """Without this the test of spellings would show nothing."""
    for text in ("2130706433", "0x7f.1", "0177.0.0.1"):
        assert network.resolve(text, 80) == ["127.0.0.1"]


def test_tls_goes_by_the_name_although_the_address_is_connected_to(
    names: Any, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.OUTGOING_PRIVATE_NETWORKS = LOOPBACK
    certificate = make_certificate(tmp_path, "api.example.com")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "cert.pem"))
    client._client.cache_clear()
    names["api.example.com"] = names["other.example.com"] = ["127.0.0.1"]
    with serving(certificate=certificate) as server:
        assert get(f"https://api.example.com:{server.port}").status == 200
        assert server.names == ["api.example.com"]
        assert server.asked == [(f"api.example.com:{server.port}", "/fine", None)]
        with pytest.raises(Broken):
            get(f"https://other.example.com:{server.port}")  # the certificate is not for that name
    client._client.cache_clear()


def test_http_goes_to_allowed_networks_only(names: Any) -> None:
    names["api.example.com"] = ["8.8.8.8"]
    with pytest.raises(Refused):
        get("http://api.example.com", seconds=1.0)


@pytest.mark.parametrize("path", ["/to-metadata", "/to-another"])
def test_a_redirect_is_not_followed(server: Server, allowed: None, path: str) -> None:
    server.asked.clear()
    answer = get(f"http://127.0.0.1:{server.port}", path)
    assert answer.status in {302, 307}
    assert len(server.asked) == 1


@pytest.mark.parametrize("url", [
    "http://127.0.0.1:{port}@evil.example.com/fine",
    "http://127.0.0.2:{port}/fine",
    "https://127.0.0.1:{port}/fine",
    "http://127.0.0.1:1/fine",
    "http://127.0.0.1:port/fine",
    "file:///etc/passwd",
    "gopher://127.0.0.1:{port}/fine",
])  # fmt: skip
def test_the_key_goes_where_the_provider_is_configured_and_nowhere_else(nobody: Any, allowed: None, url: str) -> None:
    with pytest.raises(Refused):
        send("GET", url.format(port=nobody.port), of=f"http://127.0.0.1:{nobody.port}", seconds=1.0)


def test_an_endless_body_is_cut_off(server: Server, allowed: None) -> None:
    began = time.monotonic()
    with pytest.raises(Unreadable, match="longer than 200000 bytes"):
        get(f"http://127.0.0.1:{server.port}", "/endless", most_bytes=200_000)
    assert time.monotonic() - began < 60


@pytest.mark.parametrize("path", ["/endless", "/dripping-headers"])
def test_an_answer_that_does_not_end_is_not_waited_for(server: Server, allowed: None, path: str) -> None:
    began = time.monotonic()
    with pytest.raises(TimedOut, match=r"No response within 0\.3 seconds"):
        get(f"http://127.0.0.1:{server.port}", path, seconds=0.3, most_bytes=10**12)
    assert time.monotonic() - began < 60


def test_a_packed_answer_is_not_unpacked(server: Server, allowed: None) -> None:
    with pytest.raises(Unreadable, match="is compressed"):
        get(f"http://127.0.0.1:{server.port}", "/packed")


def test_what_is_no_http_is_a_broken_connection(server: Server, allowed: None) -> None:
    with pytest.raises(Broken):
        get(f"http://127.0.0.1:{server.port}", "/no-http")


def test_proxies_of_the_environment_are_not_asked(
    server: Server, allowed: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving() as proxy:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "HTTPS_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        client._client.cache_clear()
        assert get(f"http://127.0.0.1:{server.port}").status == 200
        assert proxy.asked == []
    client._client.cache_clear()


def test_the_proxy_of_the_house_is_given_names_and_no_numbers_of_this_house(settings: Settings) -> None:
    with socket.create_server(("127.0.0.1", 0)) as proxy:
        proxy.settimeout(5)
        settings.OUTGOING_PROXY = f"http://127.0.0.1:{proxy.getsockname()[1]}"
        with pytest.raises(Refused):
            get("https://10.0.0.1", seconds=0.3)
        with pytest.raises(TimedOut):
            get("https://api.example.com", seconds=0.3)
        connection, _ = proxy.accept()
        with connection:
            assert connection.recv(100).startswith(b"CONNECT api.example.com:443 HTTP/1.1")
    client._client.cache_clear()


def test_ipv6_loopback_when_it_is_allowed(allowed: None) -> None:
    if not socket.has_ipv6:
        pytest.skip("no IPv6")
    with serving("::1") as server:
        assert get(f"http://[::1]:{server.port}").status == 200


class TestAddresses:
    @pytest.mark.parametrize("text", ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"])
    def test_the_world_may_be_reached(self, text: str) -> None:
        assert may_reach(address(text), [])
        assert not may_reach(address(text), [], plain=True)

    @pytest.mark.parametrize("text", INSIDE)
    def test_the_inside_may_not(self, text: str) -> None:
        assert not may_reach(address(text), [])

    @pytest.mark.parametrize("ip", METADATA, ids=str)
    def test_metadata_may_not_whatever_is_allowed(self, ip: IPv4Address | IPv6Address) -> None:
        around = [ip_network("100.64.0.0/10"), ip_network("169.254.0.0/16"), ip_network("fd00::/8"),
                  ip_network("168.63.0.0/16"), ip_network("192.0.0.0/24")]  # fmt: skip
        assert not may_reach(ip, around)
        assert not may_reach(address(f"::ffff:{ip}"), around) or ":" in str(ip)

    @given(st.ip_addresses(v=4))
    def test_an_address_inside_another_counts_as_itself(self, ip: IPv4Address | IPv6Address) -> None:
        alone = may_reach(ip, [])
        assert may_reach(address(f"::ffff:{ip}"), []) == alone
        assert may_reach(address(str(ip_address((0x64FF9B << 96) + int(ip)))), []) == alone
        assert may_reach(address(str(ip_address((0x2002 << 112) + (int(ip) << 80)))), []) == alone

    @given(st.ip_addresses())
    def test_what_is_allowed_may_be_reached_without_tls_too(self, ip: IPv4Address | IPv6Address) -> None:
        parsed = address(str(ip))
        assert parsed
        if parsed not in METADATA:
            assert may_reach(parsed, [ip_network(parsed)], plain=True)
