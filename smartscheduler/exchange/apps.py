from django.apps import AppConfig


class ExchangeConfig(AppConfig):
    name = "smartscheduler.exchange"
    label = "exchange"
    verbose_name = "Import and export"
