from django.apps import AppConfig


class CareConfig(AppConfig):
    name = "smartscheduler.care"
    label = "ops"
