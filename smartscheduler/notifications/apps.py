from django.apps import AppConfig


class MailsConfig(AppConfig):
    name = "smartscheduler.notifications"
    label = "notifications"
    verbose_name = "Mails"
