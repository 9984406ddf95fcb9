from django.apps import AppConfig, apps
from django.utils.translation import gettext_lazy as _


class NotificationsConfig(AppConfig):
    name = "smartscheduler.notifications"
    label = "notifications"
    verbose_name = _("Messages")

    def ready(self) -> None:
        from smartscheduler.notifications import receivers  # noqa: F401  (connects them)

        if apps.is_installed("anymail"):
            from smartscheduler.notifications import bounces  # noqa: F401  (connects it)
