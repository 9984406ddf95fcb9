"""Errors on their way to a Sentry: what broke and where, and nothing about people. Needs the extra `observability`."""

from typing import Any

import sentry_sdk
import structlog
from sentry_sdk.integrations.logging import LoggingIntegration

from smartscheduler import __version__
from smartscheduler.core.observability import tracing
from smartscheduler.core.observability.logging import impersonal

# Of a request only these; its query, body, cookies and headers hold what people write and who they are.
OF_THE_REQUEST = ("method", "url")


def start(dsn: str) -> None:
    """Send what goes wrong in this process to the project of `dsn`."""
    sentry_sdk.init(
        dsn=dsn,
        release=f"smartscheduler@{__version__}",
        send_default_pii=False,
        include_local_variables=False,
        max_request_body_size="never",
        max_breadcrumbs=0,
        before_send=without_people,  # type: ignore[arg-type]  # an event is a dict
        # The API's own handler reports what it did not foresee; a line of the log would be a second report.
        integrations=[LoggingIntegration(event_level=None)],
    )


def without_people(event: dict[str, Any], hint: dict[str, Any]) -> dict[str, Any]:
    """The event with ids to find it by in the log, and without everything about people."""
    user, request = event.pop("user", None) or {}, event.pop("request", None) or {}
    event.pop("breadcrumbs", None)
    event.pop("extra", None)
    cleaned: dict[str, Any] = impersonal(event)
    cleaned["request"] = {name: impersonal(request[name]) for name in OF_THE_REQUEST if name in request}
    if "id" in user:
        cleaned["user"] = {"id": user["id"]}
    bound = structlog.contextvars.get_contextvars()
    ids = {"request_id": bound.get("request_id"), "trace_id": tracing.trace_id()}
    cleaned["tags"] = {**cleaned.get("tags", {}), **{name: value for name, value in ids.items() if value}}
    return cleaned
