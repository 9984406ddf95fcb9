from django.apps import AppConfig


class DashboardConfig(AppConfig):
    name = "smartscheduler.dashboard"
    label = "dashboard"
