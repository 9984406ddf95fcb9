"""The sender of all emails, from the setting EMAIL_FROM."""

from email.utils import parseaddr

from django.conf import settings


def sender_address() -> str:
    return parseaddr(settings.DEFAULT_FROM_EMAIL)[1]


def sender_name() -> str:
    """The display name; without one, the domain."""
    name, address = parseaddr(settings.DEFAULT_FROM_EMAIL)
    return name or address.partition("@")[2]


def sender_domain() -> str:
    """The domain in ASCII (IDNA), as required in headers."""
    return sender_address().partition("@")[2].encode("idna").decode()
