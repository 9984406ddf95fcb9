from django.apps import AppConfig


class OpsConfig(AppConfig):
    name = "smartscheduler.ops"
    label = "ops"
