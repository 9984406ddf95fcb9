from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "smartscheduler.accounts"
    label = "accounts"

    def ready(self) -> None:
        from smartscheduler.accounts import lockouts, receivers  # noqa: F401  (they write the log and the audit)
