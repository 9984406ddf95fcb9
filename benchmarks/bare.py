"""Minimal fan-out for comparison: a consumer that forwards group messages, without log, permissions, and order."""

import os
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "smartscheduler.settings")

from channels.generic.websocket import AsyncWebsocketConsumer
from channels.routing import ProtocolTypeRouter, URLRouter
from django.core.asgi import get_asgi_application
from django.urls import re_path

GROUP = "bare"


class BareConsumer(AsyncWebsocketConsumer):
    async def connect(self) -> None:
        await self.channel_layer.group_add(GROUP, self.channel_name)
        await self.accept()

    async def bare_event(self, message: dict[str, Any]) -> None:
        await self.send(text_data=message["text"])


# Django's type stubs allow only views in routes, but Channels routes to applications.
consumer: Any = BareConsumer.as_asgi()
routes: list[Any] = [re_path("", consumer)]
application = ProtocolTypeRouter({"http": get_asgi_application(), "websocket": URLRouter(routes)})
