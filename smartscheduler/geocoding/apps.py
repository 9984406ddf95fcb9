from django.apps import AppConfig


class GeocodingConfig(AppConfig):
    name = "smartscheduler.geocoding"
    label = "geocoding"
