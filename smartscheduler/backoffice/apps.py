from django.apps import AppConfig
from django.contrib.admin import apps as admin


class BackofficeConfig(AppConfig):
    name = "smartscheduler.backoffice"
    label = "adminsite"
    verbose_name = "Back-office"


class AdminConfig(admin.AdminConfig):
    """Django's admin with the site of the product."""

    default = False
    default_site = "smartscheduler.backoffice.site.BackofficeSite"
