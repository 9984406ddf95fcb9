from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "smartscheduler.accounts"
    label = "accounts"

    def ready(self) -> None:
        from smartscheduler.accounts import lockouts, receivers, sessions  # noqa: F401  (log, audit, sessions)
