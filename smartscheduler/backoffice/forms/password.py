"""Password fields and forms, limited to LONGEST_PASSWORD characters."""

from typing import Any

from django import forms
from django.contrib.auth.password_validation import password_validators_help_text_html
from django.utils.translation import gettext_lazy as _
from unfold.forms import AdminOwnPasswordChangeForm, AdminPasswordChangeForm, AuthenticationForm
from unfold.widgets import UnfoldAdminPasswordWidget

from smartscheduler.accounts.password_validators import LONGEST_PASSWORD, TOO_LONG
from smartscheduler.core.text import LazyText


class PasswordField(forms.CharField):
    """Password field whose length only the server checks: `maxlength` would silently truncate a pasted password."""

    def __init__(self, label: LazyText, *, autocomplete: str = "current-password", **kwargs: Any) -> None:
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
    """Fields for a new password, with its rules as help text, and for its confirmation."""
    return (
        PasswordField(_("Password"), autocomplete="new-password", help_text=password_validators_help_text_html()),
        PasswordField(_("Password (again)"), autocomplete="new-password"),
    )


class SignInForm(AuthenticationForm):
    password = PasswordField(_("Password"))


class OwnPasswordForm(AdminOwnPasswordChangeForm):
    old_password = PasswordField(_("Current password"))
    new_password1, new_password2 = new_passwords()


class AccountPasswordForm(AdminPasswordChangeForm):
    password1, password2 = new_passwords()
