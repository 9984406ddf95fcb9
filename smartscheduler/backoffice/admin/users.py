"""Accounts in the admin: administrators make them, give a role, and switch them off."""

from typing import Any

from django.conf import settings
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.forms import Form
from django.http import HttpRequest
from django.utils.safestring import SafeString
from unfold.decorators import display

from smartscheduler.accounts.models import User
from smartscheduler.accounts.permissions import Permission
from smartscheduler.accounts.second_factor.services import remove
from smartscheduler.accounts.services import keep_account
from smartscheduler.adminsite.changelists import ListAdmin
from smartscheduler.adminsite.history.views import HistoryAdmin
from smartscheduler.adminsite.html import badge
from smartscheduler.adminsite.permissions import person
from smartscheduler.adminsite.record_actions import RecordAction, RecordAdmin
from smartscheduler.backoffice.forms.accounts import AccountForm, NewAccountForm
from smartscheduler.backoffice.forms.password import AccountPasswordForm

REMOVE_SECOND_FACTOR = RecordAction(
    name="remove-second-factor",
    label="Remove second factor",
    icon="lock_open",
    question="Remove the second factor of {0}? Do it for somebody who has lost telephone and recovery codes, "
    "and whom you have seen or called back.",
    done="The second factor of {0} is removed.",
    run=lambda user, actor: remove(user=user, actor=actor),
    allowed=lambda actor, user: actor.allows(Permission.MANAGE_USERS) and actor.pk != user.pk,
    possible=lambda user: user.second_factor_at is not None,
    form=lambda user: Form,
    consequences=lambda user: [
        "Authenticator and recovery codes no longer work.",
        "All sessions and tokens of this account end.",
        "The next sign-in sets up another one."
        if user.role in settings.SECOND_FACTOR_REQUIRED
        else "The password alone signs in, until another one is set up.",
    ],
    danger=True,
)


@admin.register(User)
class UserAdmin(HistoryAdmin, RecordAdmin, DjangoUserAdmin, ListAdmin):
    record_actions = (REMOVE_SECOND_FACTOR,)
    form, add_form, change_password_form = AccountForm, NewAccountForm, AccountPasswordForm
    list_display = ("email", "name", "role_badge", "is_active", "second_factor_badge", "last_login")
    list_filter = ("role", "is_active", ("second_factor_at", admin.EmptyFieldListFilter))
    search_fields = ("email", "name")
    ordering = ("email",)
    filter_horizontal = ()
    actions = None
    readonly_fields = ("last_login", "date_joined", "second_factor_at")
    fieldsets = (
        (None, {"fields": ("email", "name", "password")}),
        ("What this person may do", {"fields": ("role", "is_active", "sign_out")}),
        ("Dates", {"fields": (("last_login", "date_joined"), "second_factor_at")}),
    )
    add_fieldsets = ((None, {"fields": ("email", "name", "role", "is_active", "password1", "password2")}),)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        form.acting = person(request)  # type: ignore[attr-defined]  # the class is made anew for every request
        return form

    @display(description="Second factor", ordering="second_factor_at")
    def second_factor_badge(self, user: User) -> SafeString:
        if user.lacks_second_factor:
            return badge("failed", "missing")
        return badge("active", "on") if user.second_factor_at else badge("", "off")

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        keep_account(obj, sign_out=bool(form.cleaned_data.get("sign_out")))

    @display(description="Role", ordering="role")
    def role_badge(self, user: User) -> SafeString:
        return badge(user.role, user.get_role_display())
