"""Reauthentication: ask for the password again where a stolen session must not be sufficient."""

from django.contrib.auth import authenticate
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

WRONG = _("This is not your password.")


def check_password_of(request: HttpRequest, password: str) -> None:
    """Raise ValidationError unless `password` is the password of the signed-in account.

    Uses `authenticate`, so that wrong passwords are counted, audited and lock the account as at sign-in.
    """
    if authenticate(request, username=request.user.get_username(), password=password) != request.user:
        raise ValidationError(WRONG, code="password_incorrect")
