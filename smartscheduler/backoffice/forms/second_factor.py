"""Forms of the second factor pages."""

from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextInputWidget

from smartscheduler.accounts.reauthentication import check_password_of
from smartscheduler.backoffice.forms.password import PasswordField
from smartscheduler.core.db.text_fields import LineFormField

EITHER = _("The six digits from your authenticator app, or one of your recovery codes.")
# Browsers can fill in one-time codes. Autocorrection would corrupt a recovery code.
ATTRIBUTES = {
    "autocomplete": "one-time-code",
    "autocapitalize": "none",
    "autocorrect": "off",
    "spellcheck": "false",
    "maxlength": 20,
}


class CodeForm(forms.Form):
    code = LineFormField(
        label=_("Code"), max_length=20, help_text=EITHER, widget=UnfoldAdminTextInputWidget(attrs=ATTRIBUTES)
    )


class FirstCodeForm(forms.Form):
    """The first code of a new authenticator, which has no recovery codes yet."""

    code = LineFormField(
        label=_("Code"),
        max_length=20,
        help_text=_("The six digits that your authenticator app shows now."),
        widget=UnfoldAdminTextInputWidget(attrs={**ATTRIBUTES, "inputmode": "numeric"}),
    )


class WithPassword(forms.Form):
    """Password field before the code: the session may be stolen. A wrong password counts toward the sign-in limits."""

    field_order = ("password", "code")
    password = PasswordField(_("Password"))

    def __init__(self, *args: Any, request: HttpRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request = request

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        check_password_of(self.request, password)
        return password


class SetUpForm(WithPassword, FirstCodeForm):
    """First code of a new authenticator, and the password, for users who are already signed in."""


class SwitchOffForm(WithPassword, CodeForm):
    """Password and code, to switch off the second factor."""
