from django.apps import AppConfig
from django.contrib.admin import apps as admin
from django.utils.translation import gettext_lazy as _


class AdminSiteConfig(AppConfig):
    name = "smartscheduler.adminsite"
    label = "adminsite"
    verbose_name = _("Back office")


class AdminConfig(admin.AdminConfig):
    """Django's admin with the site of the product."""

    default = False
    default_site = "smartscheduler.adminsite.site.BackofficeSite"
