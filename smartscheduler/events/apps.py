from django.apps import AppConfig


class EventsConfig(AppConfig):
    name = "smartscheduler.events"
    label = "events"
    verbose_name = "Domain events"

    def ready(self) -> None:
        from smartscheduler.events import receivers  # noqa: F401  (connects them)
