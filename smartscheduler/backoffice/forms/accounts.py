"""Forms of the account pages in the admin."""

from typing import TYPE_CHECKING, Any, ClassVar
from uuid import UUID

from django import forms
from django.contrib.auth.forms import BaseUserCreationForm
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.forms import UserChangeForm
from unfold.widgets import UnfoldAdminRadioSelectWidget, UnfoldBooleanSwitchWidget

from smartscheduler.accounts.models import User
from smartscheduler.accounts.permissions import Role
from smartscheduler.accounts.reauthentication import check_password_of
from smartscheduler.backoffice.forms.password import PasswordField, new_passwords
from smartscheduler.core.db.text_fields import LineFormField
from smartscheduler.core.formatting import Clock

if TYPE_CHECKING:
    UserCreationForm = BaseUserCreationForm[User]
else:
    UserCreationForm = BaseUserCreationForm


class NewAccountForm(UserCreationForm):
    password1, password2 = new_passwords()

    class Meta:
        model = User
        fields = ("email", "name", "role", "is_active")


class AccountForm(UserChangeForm):
    """Form of an existing account. `acting` is the signed-in administrator, who cannot lock out their own account."""

    acting: ClassVar[User | None] = None
    sign_out = forms.BooleanField(
        label=_("sign out everywhere"),
        required=False,
        widget=UnfoldBooleanSwitchWidget,
        help_text=_(
            "Ends all sessions and tokens of this account when you save. Deactivating the account also ends them."
        ),
    )

    class Meta:
        model = User
        fields = ("email", "name", "password", "role", "is_active", "clock")

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        if self.acting and self.instance.pk == self.acting.pk:
            if not values.get("is_active", True):
                self.add_error("is_active", gettext("You cannot deactivate your own account."))
            if values.get("role", Role.ADMINISTRATOR) != Role.ADMINISTRATOR:
                self.add_error("role", gettext("You cannot remove your own administrator role."))
        return values


class ClockForm(forms.Form):
    """How times of day are written for the user."""

    clock = forms.ChoiceField(
        label=_("Times of day"),
        choices=Clock.choices,
        widget=UnfoldAdminRadioSelectWidget,
        help_text=_("Used on all pages, in lists, and on the live board. Emails to contractors use the 12-hour clock."),
    )


CHOOSE = _("Choose an entry from the list.")


class EndForm(forms.Form):
    """Choice of the sign-in to end: its id, or `others`. Asks for the password because the session may be stolen."""

    OTHERS = "others"
    signing = LineFormField(max_length=36, error_messages={"required": CHOOSE})
    password = PasswordField(_("Your password"))

    def __init__(self, *args: Any, request: HttpRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request = request

    def clean_signing(self) -> UUID | str:
        sign_in = self.cleaned_data["signing"]
        try:
            return str(sign_in) if sign_in == self.OTHERS else UUID(sign_in)
        except ValueError:
            raise forms.ValidationError(CHOOSE) from None

    def clean_password(self) -> str:
        password = str(self.cleaned_data["password"])
        check_password_of(self.request, password)
        return password
