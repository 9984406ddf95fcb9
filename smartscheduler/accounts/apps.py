from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "smartscheduler.accounts"
    label = "accounts"
