from django.apps import AppConfig


class CareConfig(AppConfig):
    name = "smartscheduler.ops"
    label = "ops"
