from django.apps import AppConfig


class ExchangeConfig(AppConfig):
    name = "smartscheduler.exchange"
    label = "imports"
    verbose_name = "Import and export"
