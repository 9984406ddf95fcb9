"""What uvicorn serves: Django over HTTP, the event socket over WebSocket."""

import gc
import os
import sys
from typing import Any

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "smartscheduler.settings")

from django.conf import settings

# Here every request has a thread of its own: a connection kept by its thread would never be used again.
settings.DATABASES["default"]["CONN_MAX_AGE"] = 0
settings.DATABASES["default"]["OPTIONS"]["pool"] = settings.DATABASE_POOL
# One slow question must not hold a connection that others wait for.
settings.DATABASES["default"]["OPTIONS"]["options"] += settings.DATABASE_WEB_OPTION
django_application = get_asgi_application()  # sets Django up; everything below may import models

from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from channels.security.websocket import WebsocketDenier  # noqa: E402
from django.urls import path, re_path  # noqa: E402

from smartscheduler.accounts.websocket_auth import account_of_session  # noqa: E402
from smartscheduler.core.http.body_limit import Limits  # noqa: E402
from smartscheduler.core.http.proxy_headers import behind_proxies  # noqa: E402
from smartscheduler.events.sockets.consumer import EventsConsumer  # noqa: E402

# What has been imported stays: the garbage collector need not look at it again and again.
gc.collect()
gc.freeze()
# A thread that comes back from the database waits so long for the loop of the sockets, at every query.
sys.setswitchinterval(0.001)


async def lifespan(scope: Any, receive: Any, send: Any) -> None:
    """Nothing to start, nothing to stop: a web process keeps no state."""
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return


application = behind_proxies(
    ProtocolTypeRouter(
        {
            "http": Limits(django_application, account_of_session),
            "lifespan": lifespan,
            "websocket": URLRouter(
                [
                    path("ws/events/", EventsConsumer.as_asgi()),
                    re_path(r"", WebsocketDenier.as_asgi()),
                ]
            ),
        }
    )
)
