"""One HTTP request to a provider: time-outs, a limit of size, and every failure as one of `errors`."""

import json
import re
import time
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

import httpx2
from django.conf import settings

from recommendations.travel.errors import Nonsense, Rejected, TryAgain

MOST_BYTES = 8 * 1024 * 1024
LOOPBACK = {"127.0.0.1", "localhost", "::1"}


@lru_cache(maxsize=8)
def _client(seconds: float, through_proxies: bool) -> httpx2.Client:
    # No redirects: the key goes to nobody else.
    return httpx2.Client(timeout=seconds, follow_redirects=False, trust_env=through_proxies)


def ask(method: str, url: str, **options: Any) -> tuple[int, Any]:
    """The status and the JSON of an answer that is no error of the server's.

    Raises TryAgain for 429, 5xx and broken connections, Nonsense for what is no JSON; other statuses are the caller's.
    """
    seconds = settings.TRAVEL_TIMEOUT_SECONDS
    client = _client(seconds, urlsplit(url).hostname not in LOOPBACK)
    try:
        with client.stream(method, url, **options) as response:
            # The client's own limit begins anew with every byte.
            body = _read(response, time.monotonic() + 2 * seconds)
    except httpx2.TimeoutException:
        raise TryAgain(f"No answer within {seconds:g} seconds.") from None
    except httpx2.TransportError as error:
        raise TryAgain(f"The connection failed ({type(error).__name__}).") from None
    except (httpx2.DecodingError, httpx2.InvalidURL) as error:
        raise Nonsense(f"The answer cannot be read ({type(error).__name__}).") from None
    status = response.status_code
    if status == 429 or status >= 500:
        raise TryAgain(f"HTTP {status}.", wait_of(response.headers.get("Retry-After")))
    return status, _parsed(status, body)


def _read(response: httpx2.Response, deadline: float) -> bytes:
    body = bytearray()
    for chunk in response.iter_bytes():
        body += chunk
        if len(body) > MOST_BYTES:
            raise Nonsense(f"The answer is longer than {MOST_BYTES} bytes.")
        if time.monotonic() > deadline:
            raise TryAgain("The answer did not end in time.")
    return bytes(body)


def _parsed(status: int, body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        if status < 400:
            raise Nonsense("The answer is no JSON.") from None
        return None


def wait_of(header: str | None) -> float | None:
    """Retry-After in seconds from now: a number, or a date."""
    if not header:
        return None
    if re.fullmatch(r"\s*\d+(\.\d+)?\s*", header):
        return float(header)
    try:
        return max(0.0, (parsedate_to_datetime(header) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError):
        return None


def reject(status: int, reason: str) -> None:
    """Raise Rejected for a status that is no success; `reason` is the provider's own code, and no more of its text."""
    if not 200 <= status < 300:
        raise Rejected(f"HTTP {status}{f': {reason}' if reason else ''}.")
