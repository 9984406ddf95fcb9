from django.apps import AppConfig


class IdempotencyConfig(AppConfig):
    name = "smartscheduler.idempotency"
    label = "idempotency"
