from django.apps import AppConfig
from django.conf import settings


class SmartSchedulerConfig(AppConfig):
    name = "smartscheduler"
    label = "smartscheduler"
    verbose_name = "SmartScheduler"

    def ready(self) -> None:
        """Check the settings in every process, and import the Celery application so that tasks are sent with it."""
        from smartscheduler import celery  # noqa: F401
        from smartscheduler.ops import checks

        checks.refuse_bad_settings()
        self._observe()

    def _observe(self) -> None:
        """Start tracing and error reports where they are configured; their libraries are optional."""
        if settings.OTEL_EXPORTER_OTLP_ENDPOINT:
            from smartscheduler.core.observability.tracing import otlp, record_with

            record_with(otlp.OpenTelemetry())
        if settings.SENTRY_DSN:
            from smartscheduler.core.observability import sentry

            sentry.start(settings.SENTRY_DSN)
