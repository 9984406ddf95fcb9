from django.apps import AppConfig


class LeasesConfig(AppConfig):
    name = "smartscheduler.leases"
    label = "leases"
