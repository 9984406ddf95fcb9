from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "smartscheduler.accounts"
    label = "accounts"

    def ready(self) -> None:
        from smartscheduler.accounts import axes_hooks, receivers, session_store  # noqa: F401  (log, audit, sessions)
