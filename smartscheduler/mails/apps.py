from django.apps import AppConfig


class MailsConfig(AppConfig):
    name = "smartscheduler.mails"
    label = "notifications"
    verbose_name = "Mails"
