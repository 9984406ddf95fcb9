from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules
from django.utils.translation import gettext_lazy as _


class EventsConfig(AppConfig):
    name = "smartscheduler.events"
    label = "events"
    verbose_name = _("Domain events")

    def ready(self) -> None:
        from smartscheduler.events import outbox  # noqa: F401  (connects the receiver)

        # Import the events of all apps, so that every process knows every event type.
        autodiscover_modules("events")
