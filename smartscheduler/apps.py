from django.apps import AppConfig


class SmartSchedulerConfig(AppConfig):
    name = "smartscheduler"
    label = "smartscheduler"
    verbose_name = "SmartScheduler"

    def ready(self) -> None:
        """Refuse bad settings in every process, and make our Celery application the one tasks are sent with."""
        from smartscheduler import celery, checks  # noqa: F401

        checks.refuse_bad_settings()
