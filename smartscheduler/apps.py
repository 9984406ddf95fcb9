from django.apps import AppConfig
from django.conf import settings


class SmartSchedulerConfig(AppConfig):
    name = "smartscheduler"
    label = "smartscheduler"
    verbose_name = "SmartScheduler"

    def ready(self) -> None:
        """Refuse bad settings in every process, and make our Celery application the one tasks are sent with."""
        from smartscheduler import celery  # noqa: F401
        from smartscheduler import checks

        checks.refuse_bad_settings()
        self._observe()

    def _observe(self) -> None:
        """Traces and errors for those who want them; the libraries are imported for nobody else."""
        if settings.OTEL_EXPORTER_OTLP_ENDPOINT:
            from smartscheduler.tracing import export, record_with

            record_with(export.OpenTelemetry())
        if settings.SENTRY_DSN:
            from smartscheduler import sentry

            sentry.start(settings.SENTRY_DSN)
