from django.apps import AppConfig


class HistoryConfig(AppConfig):
    name = "smartscheduler.history"
    label = "history"

    def ready(self) -> None:
        from smartscheduler.history.session_context import install

        install()
