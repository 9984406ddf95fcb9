from django.apps import AppConfig


class ExchangeConfig(AppConfig):
    name = "smartscheduler.imports"
    label = "imports"
    verbose_name = "Import and export"
