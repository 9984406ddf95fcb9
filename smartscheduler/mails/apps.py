from django.apps import AppConfig


class MailsConfig(AppConfig):
    name = "smartscheduler.mails"
    label = "mails"
    verbose_name = "Mails"
