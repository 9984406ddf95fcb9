from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class EventsConfig(AppConfig):
    name = "smartscheduler.events"
    label = "events"
    verbose_name = "Domain events"

    def ready(self) -> None:
        from smartscheduler.events import outbox  # noqa: F401  (connects them)

        # Every process knows every type of event, whatever else it imports.
        autodiscover_modules("events")
