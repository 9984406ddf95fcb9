from django.apps import AppConfig


class BackofficeConfig(AppConfig):
    name = "smartscheduler.backoffice"
    label = "adminsite"
    verbose_name = "Back-office"
