from django.apps import AppConfig


class BackofficeConfig(AppConfig):
    name = "smartscheduler.backoffice"
    label = "backoffice"
    verbose_name = "Back office"
