"""The ASGI application: Django over HTTP and the event socket over WebSocket."""

import gc
import os
import sys
from typing import Any

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "smartscheduler.settings")

django_application = get_asgi_application()  # sets Django up; everything below may import models

from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from channels.security.websocket import WebsocketDenier  # noqa: E402
from django.conf import settings  # noqa: E402
from django.urls import path, re_path  # noqa: E402

from smartscheduler.accounts.websocket_auth import account_of_session  # noqa: E402
from smartscheduler.core.http.body_limit import Limits  # noqa: E402
from smartscheduler.core.http.proxy_headers import behind_proxies  # noqa: E402
from smartscheduler.events.sockets.consumer import EventsConsumer  # noqa: E402


def become_web_process() -> None:
    """Configure this process for requests in many threads. Call it once, before the first database connection."""
    database = settings.DATABASES["default"]
    # Each request runs in its own thread, so a connection kept for the thread would never be reused.
    database["CONN_MAX_AGE"] = 0
    database["OPTIONS"]["pool"] = settings.DATABASE_POOL
    # A slow query must not occupy a pooled connection that other requests wait for.
    database["OPTIONS"]["options"] += settings.DATABASE_WEB_OPTION
    # Exclude all imported modules from garbage collection, which would scan them again and again.
    gc.collect()
    gc.freeze()
    # After each query a thread waits up to this interval for the interpreter lock of the event loop (default 5 ms).
    sys.setswitchinterval(0.001)


async def lifespan(scope: Any, receive: Any, send: Any) -> None:
    """The ASGI lifespan. Settings change at startup here, not when the module is imported."""
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            become_web_process()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return


# The stubs of Django know only routes to views; those of Channels need routes to applications.
events: Any = EventsConsumer.as_asgi()
elsewhere: Any = WebsocketDenier.as_asgi()
sockets: list[Any] = [path("ws/events/", events), re_path(r"", elsewhere)]

application = behind_proxies(
    ProtocolTypeRouter(
        {
            "http": Limits(django_application, account_of_session),
            "lifespan": lifespan,
            "websocket": URLRouter(sockets),
        }
    )
)
