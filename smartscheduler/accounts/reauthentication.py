"""Reauthentication: the password of the signed-in user, asked for again where a stolen session must not suffice."""

from django.contrib.auth import authenticate
from django.core.exceptions import ValidationError
from django.http import HttpRequest

WRONG = "This is not your password."


def check_password_of(request: HttpRequest, password: str) -> None:
    """Raise ValidationError unless it is the password of the account that is signed in.

    It goes through `authenticate`, so that wrong ones are counted, written down and lock the account as at sign-in.
    """
    if authenticate(request, username=request.user.get_username(), password=password) != request.user:
        raise ValidationError(WRONG, code="password_incorrect")
