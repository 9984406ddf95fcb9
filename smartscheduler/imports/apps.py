from django.apps import AppConfig


class ImportsConfig(AppConfig):
    name = "smartscheduler.imports"
    label = "imports"
    verbose_name = "Import and export"
