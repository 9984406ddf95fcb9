from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    name = "smartscheduler.notifications"
    label = "notifications"
    verbose_name = "Mails"
