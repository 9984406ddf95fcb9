"""Forms of the account pages in the admin."""

from typing import Any, ClassVar

from django.contrib.auth.forms import BaseUserCreationForm
from unfold.forms import UserChangeForm
from unfold.widgets import UnfoldAdminPasswordWidget

from smartscheduler.accounts.models import User
from smartscheduler.accounts.policy import Role


class LowerCaseEmail:
    """Addresses are kept in lower case, so that two of them never differ in case alone."""

    cleaned_data: dict[str, Any]

    def clean_email(self) -> str:
        return str(self.cleaned_data["email"]).strip().lower()


class NewAccountForm(LowerCaseEmail, BaseUserCreationForm):
    class Meta:
        model = User
        fields = ("email", "name", "role", "is_active")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("password1", "password2"):
            self.fields[name].widget = UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"})


class AccountForm(LowerCaseEmail, UserChangeForm):
    """`acting` is the person at the keyboard, who may not lock themselves out."""

    acting: ClassVar[User | None] = None

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
