"""Addresses for people who read an email: absolute, below the setting PUBLIC_URL."""

from django.conf import settings


def absolute(path: str) -> str:
    return f"{settings.PUBLIC_URL}{path}"
