"""HTTP client for requests to providers, with checked addresses, a total time limit, and a size limit."""

import time
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

import httpcore2
import httpx2
from django.conf import settings
from django.utils.translation import gettext

from smartscheduler.core.outbound.addresses import Network, address, allowed_networks, may_reach, origin
from smartscheduler.core.outbound.errors import Broken, Refused, TimedOut, Unreadable
from smartscheduler.core.outbound.network import CheckedBackend, deadline

MOST_BYTES = 8 * 1024 * 1024
MOST_CONNECTIONS = 20


class Answered(NamedTuple):
    """Status, headers, and body of a response with any status. Redirects are not followed."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def send(
    method: str, url: str, *, of: str, seconds: float, most_bytes: int = MOST_BYTES, headers: Any = None, **options: Any
) -> Answered:
    """Send one request and read the whole response within `seconds`.

    `of` is the configured URL of the provider. `url` must have the same origin, so that the API key is never sent to
    another host. Raises Refused, TimedOut, Broken, Unreadable.
    """
    _check_place(url, of)
    client = _client(allowed_networks(), settings.OUTGOING_PROXY)
    # A compressed body could expand to a thousand times its size.
    all_headers = {**(headers or {}), "Accept-Encoding": "identity"}
    token = deadline.set(time.monotonic() + seconds)
    try:
        with client.stream(method, url, headers=all_headers, timeout=seconds, **options) as response:
            return Answered(response.status_code, response.headers, _body(response, most_bytes))
    except (TimedOut, httpx2.TimeoutException):
        raise TimedOut(gettext("No response within {seconds} seconds.").format(seconds=f"{seconds:g}")) from None
    except httpx2.NetworkError as error:
        raise Broken(gettext("The connection failed ({error}).").format(error=error)) from None
    except (httpx2.HTTPError, httpx2.InvalidURL, ValueError) as error:
        message = gettext("The response cannot be read ({error}).")
        raise Unreadable(message.format(error=type(error).__name__)) from None
    finally:
        deadline.reset(token)


def _check_place(url: str, of: str) -> None:
    try:
        inside = origin(url) == origin(of)
    except (ValueError, KeyError):
        inside = False
    if not inside:
        raise Refused(gettext("The URL does not belong to the configured provider."))


def _body(response: httpx2.Response, most: int) -> bytes:
    if response.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise Unreadable(gettext("The response is compressed, although compression was not accepted."))
    body = bytearray()
    for chunk in response.iter_raw():
        body += chunk
        if len(body) > most:
            raise Unreadable(gettext("The response is longer than {most} bytes.").format(most=most))
    return bytes(body)


@lru_cache(maxsize=8)
def _client(networks: tuple[Network, ...], proxy: str) -> httpx2.Client:
    """A client that ignores the proxies and passwords of the environment, but honors SSL_CERT_FILE."""
    return httpx2.Client(transport=CheckedTransport(networks, proxy), follow_redirects=False, trust_env=False)


class CheckedTransport(httpx2.BaseTransport):
    """httpx2 transport with checked addresses: https to public addresses, http only to allowed networks.

    With a proxy, the proxy resolves host names and restricts them; literal IP addresses are still checked here.
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
            raise Refused(gettext("Connections to this address are not allowed."))
        pool = self._plain if url.scheme == "http" else self._secure
        target = httpcore2.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path)
        request_core = httpcore2.Request(
            request.method, target, headers=request.headers.raw, content=request.stream, extensions=request.extensions
        )
        try:
            response = pool.handle_request(request_core)
        except httpcore2.TimeoutException:
            raise httpx2.ReadTimeout("time-out", request=request) from None
        except (httpcore2.NetworkError, httpcore2.ProtocolError, httpcore2.ProxyError) as error:
            raise httpx2.NetworkError(type(error).__name__, request=request) from None
        return httpx2.Response(
            response.status, headers=response.headers, stream=_Stream(response), extensions=response.extensions
        )

    def close(self) -> None:
        self._plain.close()
        self._secure.close()


def _parts(proxy: str) -> dict[str, Any]:
    parsed = httpx2.Proxy(proxy)
    bare = httpcore2.URL(scheme=parsed.url.raw_scheme, host=parsed.url.raw_host, port=parsed.url.port, target=b"/")
    return {"proxy_url": bare, "proxy_auth": parsed.raw_auth}


class _Stream(httpx2.SyncByteStream):
    def __init__(self, response: httpcore2.Response) -> None:
        self._response = response

    def __iter__(self) -> Iterator[bytes]:
        try:
            yield from self._response.iter_stream()
        except httpcore2.TimeoutException:
            raise httpx2.ReadTimeout("time-out") from None
        except (httpcore2.NetworkError, httpcore2.ProtocolError) as error:
            raise httpx2.NetworkError(type(error).__name__) from None

    def close(self) -> None:
        self._response.close()
