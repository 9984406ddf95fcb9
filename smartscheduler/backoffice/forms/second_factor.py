"""What the pages of the second factor ask for."""

from typing import Any

from django import forms
from django.http import HttpRequest
from unfold.widgets import UnfoldAdminTextInputWidget

from smartscheduler.accounts.reauthentication import check_password_of
from smartscheduler.backoffice.forms.password import PasswordField
from smartscheduler.core.db.text_fields import LineFormField

EITHER = "Six digits of your authenticator, or one of your recovery codes."
# One-time codes are offered by browsers; corrected spelling would break them.
ATTRIBUTES = {
    "autocomplete": "one-time-code",
    "autocapitalize": "none",
    "autocorrect": "off",
    "spellcheck": "false",
    "maxlength": 20,
}


class CodeForm(forms.Form):
    code = LineFormField(
        label="Code", max_length=20, help_text=EITHER, widget=UnfoldAdminTextInputWidget(attrs=ATTRIBUTES)
    )


class FirstCodeForm(forms.Form):
    """The first code of a new authenticator, which has no recovery codes yet."""

    code = LineFormField(
        label="Code",
        max_length=20,
        help_text="Six digits that the authenticator shows now.",
        widget=UnfoldAdminTextInputWidget(attrs={**ATTRIBUTES, "inputmode": "numeric"}),
    )


class WithPassword(forms.Form):
    """Asks for the password first: a session may be stolen. A wrong one counts toward the limits of signing in."""

    field_order = ("password", "code")
    password = PasswordField("Password")

    def __init__(self, *args: Any, request: HttpRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request = request

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        check_password_of(self.request, password)
        return password


class SetUpForm(WithPassword, FirstCodeForm):
    """The first code, from a page that a session alone has opened."""


class SwitchOffForm(WithPassword, CodeForm):
    """A code, and the password."""
