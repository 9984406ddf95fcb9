"""One HTTP request to a provider, and its whole answer."""

import time
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

import httpcore2
import httpx2
from django.conf import settings

from smartscheduler.core.outbound.addresses import Network, address, allowed_networks, may_reach, origin
from smartscheduler.core.outbound.errors import Broken, Refused, TimedOut, Unreadable
from smartscheduler.core.outbound.network import CheckedBackend, deadline

MOST_BYTES = 8 * 1024 * 1024
MOST_CONNECTIONS = 20


class Answered(NamedTuple):
    """Status, headers and body of an answer, whatever the status; a redirect is an answer, and nobody follows it."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def send(
    method: str, url: str, *, of: str, seconds: float, most_bytes: int = MOST_BYTES, headers: Any = None, **options: Any
) -> Answered:
    """Send one request, and read the answer to its end, within `seconds`.

    `of` is the configured address of the provider, and `url` must be there: a key goes to nobody else. Raises Refused,
    TimedOut, Broken, Unreadable.
    """
    _check_place(url, of)
    client = _client(allowed_networks(), settings.OUTGOING_PROXY)
    # What is packed may be a thousand times as long as it looks.
    told = {**(headers or {}), "Accept-Encoding": "identity"}
    token = deadline.set(time.monotonic() + seconds)
    try:
        with client.stream(method, url, headers=told, timeout=seconds, **options) as response:
            return Answered(response.status_code, response.headers, _body(response, most_bytes))
    except (TimedOut, httpx2.TimeoutException):
        raise TimedOut(f"No answer within {seconds:g} seconds.") from None
    except httpx2.NetworkError as error:
        raise Broken(f"The connection failed ({error}).") from None
    except (httpx2.HTTPError, httpx2.InvalidURL, ValueError) as error:
        raise Unreadable(f"The answer cannot be read ({type(error).__name__}).") from None
    finally:
        deadline.reset(token)


def _check_place(url: str, of: str) -> None:
    try:
        inside = origin(url) == origin(of)
    except (ValueError, KeyError):
        inside = False
    if not inside:
        raise Refused("It is not where the provider is configured to be.")


def _body(response: httpx2.Response, most: int) -> bytes:
    if response.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise Unreadable("The answer is packed, although it was asked not to be.")
    body = bytearray()
    for chunk in response.iter_raw():
        body += chunk
        if len(body) > most:
            raise Unreadable(f"The answer is longer than {most} bytes.")
    return bytes(body)


@lru_cache(maxsize=8)
def _client(networks: tuple[Network, ...], proxy: str) -> httpx2.Client:
    """The environment's proxies and passwords are not for us; only its certificates (SSL_CERT_FILE) are."""
    return httpx2.Client(transport=CheckedTransport(networks, proxy), follow_redirects=False, trust_env=False)


class CheckedTransport(httpx2.BaseTransport):
    """httpx2 over connections whose addresses are checked: https to the world, http to allowed networks only.

    With a proxy it is that proxy which looks names up and decides where they may lead; numbers are still checked here.
    """

    def __init__(self, networks: tuple[Network, ...], proxy: str = "") -> None:
        context = httpx2.create_ssl_context()
        self._networks, self._through_proxy = networks, bool(proxy)
        plain = CheckedBackend(networks, plain=True)
        self._plain = httpcore2.ConnectionPool(network_backend=plain, max_connections=MOST_CONNECTIONS)
        if proxy:
            self._secure: httpcore2.ConnectionPool = httpcore2.HTTPProxy(
                **_parts(proxy), ssl_context=context, max_connections=MOST_CONNECTIONS
            )
        else:
            checked = CheckedBackend(networks, plain=False)
            self._secure = httpcore2.ConnectionPool(
                ssl_context=context, network_backend=checked, max_connections=MOST_CONNECTIONS
            )

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        url = request.url
        if self._through_proxy and (number := address(url.host)) and not may_reach(number, self._networks):
            raise Refused("Its address is none that may be asked.")
        pool = self._plain if url.scheme == "http" else self._secure
        target = httpcore2.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path)
        asked = httpcore2.Request(
            request.method, target, headers=request.headers.raw, content=request.stream, extensions=request.extensions
        )
        try:
            given = pool.handle_request(asked)
        except httpcore2.TimeoutException:
            raise httpx2.ReadTimeout("time-out", request=request) from None
        except (httpcore2.NetworkError, httpcore2.ProtocolError, httpcore2.ProxyError) as error:
            raise httpx2.NetworkError(type(error).__name__, request=request) from None
        return httpx2.Response(given.status, headers=given.headers, stream=_Stream(given), extensions=given.extensions)

    def close(self) -> None:
        self._plain.close()
        self._secure.close()


def _parts(proxy: str) -> dict[str, Any]:
    found = httpx2.Proxy(proxy)
    bare = httpcore2.URL(scheme=found.url.raw_scheme, host=found.url.raw_host, port=found.url.port, target=b"/")
    return {"proxy_url": bare, "proxy_auth": found.raw_auth}


class _Stream(httpx2.SyncByteStream):
    def __init__(self, given: httpcore2.Response) -> None:
        self._given = given

    def __iter__(self) -> Iterator[bytes]:
        try:
            yield from self._given.iter_stream()
        except httpcore2.TimeoutException:
            raise httpx2.ReadTimeout("time-out") from None
        except (httpcore2.NetworkError, httpcore2.ProtocolError) as error:
            raise httpx2.NetworkError(type(error).__name__) from None

    def close(self) -> None:
        self._given.close()
