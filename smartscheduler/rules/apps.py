from django.apps import AppConfig


class RulesConfig(AppConfig):
    name = "smartscheduler.rules"
    label = "rules"
    verbose_name = "Scheduling rules"
