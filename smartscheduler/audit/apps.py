from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "smartscheduler.audit"
    label = "audit"
    verbose_name = "Audit"
