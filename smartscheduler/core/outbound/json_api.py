"""One HTTP request to a provider, and every failure as one of `errors`."""

import json
import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from smartscheduler.core.outbound.client import send
from smartscheduler.core.outbound.errors import Broken, Refused, TimedOut, Unreadable
from smartscheduler.core.outbound.provider_errors import Nonsense, Rejected, TryAgain


def exchange(base: str, method: str, path: str, *, seconds: float, **options: Any) -> tuple[int, Any]:
    """The status and the JSON of an answer that is no error of the server's.

    Raises TryAgain for 429, 5xx and broken connections, Nonsense for what is no JSON, Rejected for an address that may
    not be asked; other statuses are the caller's.
    """
    try:
        found = send(method, base.rstrip("/") + path, of=base, seconds=seconds, **options)
    except (TimedOut, Broken) as error:
        raise TryAgain(str(error)) from None
    except Unreadable as error:
        raise Nonsense(str(error)) from None
    except Refused as error:
        raise Rejected(str(error)) from None
    if found.status == 429 or found.status >= 500:
        raise TryAgain(f"HTTP {found.status}.", wait_of(found.headers.get("Retry-After")))
    return found.status, _parsed(found.status, found.body)


def _parsed(status: int, body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        if 200 <= status < 300:
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
