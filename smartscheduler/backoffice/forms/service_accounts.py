"""Forms of service accounts and their keys."""

from typing import Any, ClassVar

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldAdminSelectWidget, UnfoldBooleanSwitchWidget

from smartscheduler.accounts.models import ServiceAccount
from smartscheduler.accounts.scopes import Scope
from smartscheduler.adminsite.service_forms import ServiceForm

DAYS = [(30, _("30 days")), (90, _("90 days")), (180, _("180 days")), (365, _("1 year"))]
OVERLAPS = [(0, _("End at once")), (1, _("1 hour")), (24, _("24 hours")), (168, _("7 days"))]


def days_field() -> forms.TypedChoiceField:
    return forms.TypedChoiceField(
        label=_("Key expires after"), coerce=int, choices=DAYS, initial=90, widget=UnfoldAdminSelectWidget
    )


class ServiceAccountForm(ServiceForm):
    scopes = forms.MultipleChoiceField(
        label=_("Scopes"),
        choices=[(scope.value, format_lazy("{}: {}", scope.value, scope.label)) for scope in Scope],
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text=_("A scope that writes includes reading the same records, names, contact data and exact places."),
        error_messages={"required": _("Choose at least one scope.")},
    )
    is_active = forms.BooleanField(
        label=_("Active"),
        required=False,
        widget=UnfoldBooleanSwitchWidget,
        help_text=_("Deactivating the account revokes all its keys."),
    )

    class Meta:
        model = ServiceAccount
        fields: ClassVar[list[str]] = ["name", "scopes", "is_active"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].required = True


class NewServiceAccountForm(ServiceAccountForm):
    is_active = None  # type: ignore[assignment]  # a new account is active
    days = days_field()

    class Meta:
        model = ServiceAccount
        fields: ClassVar[list[str]] = ["name", "scopes"]


class RotationForm(forms.Form):
    """A new key, and how long the present keys stay valid."""

    days = days_field()
    overlap_hours = forms.TypedChoiceField(
        label=_("Present keys stay valid for"),
        coerce=int,
        choices=OVERLAPS,
        initial=24,
        widget=UnfoldAdminSelectWidget,
        help_text=_("Use this time to give the new key to the program."),
    )
