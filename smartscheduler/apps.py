from django.apps import AppConfig


class SmartSchedulerConfig(AppConfig):
    name = "smartscheduler"
    label = "smartscheduler"
    verbose_name = "SmartScheduler"
