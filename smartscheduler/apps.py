from django.apps import AppConfig
from django.conf import settings


class SmartSchedulerConfig(AppConfig):
    name = "smartscheduler"
    label = "smartscheduler"
    verbose_name = "SmartScheduler"

    def ready(self) -> None:
        """Refuse bad settings in every process, and make our Celery application the one tasks are sent with."""
        from smartscheduler import celery  # noqa: F401
        from smartscheduler.ops import checks

        checks.refuse_bad_settings()
        self._observe()

    def _observe(self) -> None:
        """Traces and errors for those who want them; the libraries are imported for nobody else."""
        if settings.OTEL_EXPORTER_OTLP_ENDPOINT:
            from smartscheduler.core.observability.tracing import otlp, record_with

            record_with(otlp.OpenTelemetry())
        if settings.SENTRY_DSN:
            from smartscheduler.core.observability import sentry

            sentry.start(settings.SENTRY_DSN)
