"""Forms that ask for passwords; none takes more than LONGEST_PASSWORD characters."""

from typing import Any

from django import forms
from django.contrib.auth.password_validation import password_validators_help_text_html
from unfold.forms import AdminOwnPasswordChangeForm, AdminPasswordChangeForm, AuthenticationForm
from unfold.widgets import UnfoldAdminPasswordWidget

from smartscheduler.accounts.password_validators import LONGEST_PASSWORD, TOO_LONG


class PasswordField(forms.CharField):
    """The length is checked by the server alone: `maxlength` would cut a longer one that is pasted, in silence."""

    def __init__(self, label: str, *, autocomplete: str = "current-password", **kwargs: Any) -> None:
        kwargs.setdefault("error_messages", {"max_length": TOO_LONG})
        super().__init__(
            label=label,
            strip=False,
            max_length=LONGEST_PASSWORD,
            widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": autocomplete}),
            **kwargs,
        )

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return {name: value for name, value in super().widget_attrs(widget).items() if name != "maxlength"}


def new_passwords() -> tuple[PasswordField, PasswordField]:
    """The field of a new password, with the rules, and the one in which it is typed again."""
    return (
        PasswordField("Password", autocomplete="new-password", help_text=password_validators_help_text_html()),
        PasswordField("Password (again)", autocomplete="new-password"),
    )


class SignInForm(AuthenticationForm):
    password = PasswordField("Password")


class OwnPasswordForm(AdminOwnPasswordChangeForm):
    old_password = PasswordField("Old password")
    new_password1, new_password2 = new_passwords()


class AccountPasswordForm(AdminPasswordChangeForm):
    password1, password2 = new_passwords()
