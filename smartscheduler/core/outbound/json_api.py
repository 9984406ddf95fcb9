"""JSON requests to providers, with failures as ProviderError."""

import json
import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from django.utils.translation import gettext

from smartscheduler.core.outbound.client import send
from smartscheduler.core.outbound.errors import Broken, Refused, TimedOut, Unreadable
from smartscheduler.core.outbound.provider_errors import Nonsense, Rejected, TryAgain


def exchange(base: str, method: str, path: str, *, seconds: float, **options: Any) -> tuple[int, Any]:
    """Send a request and return the status and the parsed JSON.

    Raises TryAgain for 429, 5xx, and broken connections, Nonsense for invalid JSON, and Rejected for an address that is
    not allowed. The caller handles other statuses.
    """
    try:
        answer = send(method, base.rstrip("/") + path, of=base, seconds=seconds, **options)
    except (TimedOut, Broken) as error:
        raise TryAgain(str(error)) from None
    except Unreadable as error:
        raise Nonsense(str(error)) from None
    except Refused as error:
        raise Rejected(str(error)) from None
    if answer.status == 429 or answer.status >= 500:
        raise TryAgain(status_text(answer.status), wait_of(answer.headers.get("Retry-After")))
    return answer.status, _parsed(answer.status, answer.body)


def _parsed(status: int, body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        if 200 <= status < 300:
            raise Nonsense(gettext("The response is not JSON.")) from None
        return None


def wait_of(header: str | None) -> float | None:
    """Retry-After, a number or a date, in seconds from now; None without a valid value."""
    if not header:
        return None
    if re.fullmatch(r"\s*\d+(\.\d+)?\s*", header):
        return float(header)
    try:
        return max(0.0, (parsedate_to_datetime(header) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError):
        return None


def reject(status: int, reason: str) -> None:
    """Raise Rejected unless the status is 2xx. `reason` is the error code of the provider, never its message."""
    if not 200 <= status < 300:
        raise Rejected(status_text(status, reason))


def status_text(status: int, reason: str = "") -> str:
    """The message for a status of HTTP, with the error code of the provider if there is one."""
    message = gettext("HTTP {status}: {reason}.") if reason else gettext("HTTP {status}.")
    return message.format(status=status, reason=reason)
