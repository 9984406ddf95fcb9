from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "smartscheduler.accounts"
    label = "accounts"

    def ready(self) -> None:
        from smartscheduler.accounts import lockouts  # noqa: F401  (its receivers write the log)
