"""Forms of the account pages in the admin."""

from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.contrib.auth.forms import BaseUserCreationForm
from django.http import HttpRequest
from unfold.forms import UserChangeForm
from unfold.widgets import UnfoldBooleanSwitchWidget

from smartscheduler.accounts.models import User
from smartscheduler.accounts.permissions import Role
from smartscheduler.accounts.reauthentication import check_password_of
from smartscheduler.backoffice.forms.password import PasswordField, new_passwords
from smartscheduler.core.db.text_fields import LineFormField


class NewAccountForm(BaseUserCreationForm):
    password1, password2 = new_passwords()

    class Meta:
        model = User
        fields = ("email", "name", "role", "is_active")


class AccountForm(UserChangeForm):
    """`acting` is the person at the keyboard, who may not lock themselves out."""

    acting: ClassVar[User | None] = None
    sign_out = forms.BooleanField(
        label="sign out everywhere",
        required=False,
        widget=UnfoldBooleanSwitchWidget,
        help_text="Ends every session and token of this account when you save. Switching it off does so as well.",
    )

    class Meta:
        model = User
        fields = ("email", "name", "password", "role", "is_active")

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        if self.acting and self.instance.pk == self.acting.pk:
            if not values.get("is_active", True):
                self.add_error("is_active", "You cannot switch off your own account.")
            if values.get("role", Role.ADMINISTRATOR) != Role.ADMINISTRATOR:
                self.add_error("role", "You cannot take your own administrator role away.")
        return values


CHOOSE = "Choose one of the list."


class EndForm(forms.Form):
    """Which of one's own signings-in shall end: its id, or all others. With the password: sessions get stolen."""

    OTHERS = "others"
    signing = LineFormField(max_length=36, error_messages={"required": CHOOSE})
    password = PasswordField("Your password")

    def __init__(self, *args: Any, request: HttpRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request = request

    def clean_signing(self) -> UUID | str:
        given = self.cleaned_data["signing"]
        try:
            return str(given) if given == self.OTHERS else UUID(given)
        except ValueError:
            raise forms.ValidationError(CHOOSE) from None

    def clean_password(self) -> str:
        password = str(self.cleaned_data["password"])
        check_password_of(self.request, password)
        return password
