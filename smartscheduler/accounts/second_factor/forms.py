"""What the pages of the second factor ask for."""

from django import forms
from unfold.widgets import UnfoldAdminTextInputWidget

from smartscheduler.accounts.password_forms import PasswordField

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
    code = forms.CharField(
        label="Code", max_length=20, help_text=EITHER, widget=UnfoldAdminTextInputWidget(attrs=ATTRIBUTES)
    )


class FirstCodeForm(forms.Form):
    """The first code of a new authenticator, which has no recovery codes yet."""

    code = forms.CharField(
        label="Code",
        max_length=20,
        help_text="Six digits that the authenticator shows now.",
        widget=UnfoldAdminTextInputWidget(attrs={**ATTRIBUTES, "inputmode": "numeric"}),
    )


class SwitchOffForm(CodeForm):
    field_order = ("password", "code")
    password = PasswordField("Password")
