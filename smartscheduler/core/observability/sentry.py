"""Error reports to Sentry without personal data. Needs the extra `observability`."""

from typing import Any

import sentry_sdk
import structlog
from sentry_sdk.integrations.logging import LoggingIntegration

from smartscheduler import __version__
from smartscheduler.core.observability import tracing
from smartscheduler.core.observability.logging import impersonal

# Query strings, bodies, cookies, and headers contain personal data and are never sent.
OF_THE_REQUEST = ("method", "url")


def start(dsn: str) -> None:
    """Report errors of this process to the Sentry project of `dsn`."""
    sentry_sdk.init(
        dsn=dsn,
        release=f"smartscheduler@{__version__}",
        send_default_pii=False,
        include_local_variables=False,
        max_request_body_size="never",
        max_breadcrumbs=0,
        before_send=without_people,  # type: ignore[arg-type]  # an event is a dict
        # The exception handler of the API reports unexpected errors; reports of log lines would be duplicates.
        integrations=[LoggingIntegration(event_level=None)],
    )


def without_people(event: dict[str, Any], hint: dict[str, Any]) -> dict[str, Any]:
    """Hook of Sentry: remove personal data, and add the request and trace ids."""
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
