"""What uvicorn serves: Django over HTTP, the event socket over WebSocket."""

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
    """Set this process up for requests in many threads; once, before the first of them opens a connection."""
    database = settings.DATABASES["default"]
    # Here every request has a thread of its own: a connection kept by its thread would never be used again.
    database["CONN_MAX_AGE"] = 0
    database["OPTIONS"]["pool"] = settings.DATABASE_POOL
    # One slow question must not hold a connection that others wait for.
    database["OPTIONS"]["options"] += settings.DATABASE_WEB_OPTION
    # What has been imported stays: the garbage collector need not look at it again and again.
    gc.collect()
    gc.freeze()
    # A thread that comes back from the database waits so long for the loop of the sockets, at every query.
    sys.setswitchinterval(0.001)


async def lifespan(scope: Any, receive: Any, send: Any) -> None:
    """The server's start and stop: importing this module leaves the settings as they are."""
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
