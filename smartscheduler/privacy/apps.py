from django.apps import AppConfig


class PrivacyConfig(AppConfig):
    name = "smartscheduler.privacy"
    label = "privacy"
    verbose_name = "Personal data"
