from django.apps import AppConfig


class TravelConfig(AppConfig):
    name = "smartscheduler.travel"
    label = "travel"
    verbose_name = "Road distances"
