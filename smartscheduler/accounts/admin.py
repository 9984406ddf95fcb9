"""Accounts in the admin: administrators make them, give a role, and switch them off."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.http import HttpRequest
from django.utils.safestring import SafeString
from unfold.decorators import display
from unfold.forms import AdminPasswordChangeForm

from smartscheduler.accounts.forms import AccountForm, NewAccountForm
from smartscheduler.accounts.models import User
from smartscheduler.backoffice.display import badge
from smartscheduler.backoffice.lists import ListAdmin
from smartscheduler.backoffice.people import person
from smartscheduler.history.pages import HistoryAdmin


@admin.register(User)
class UserAdmin(HistoryAdmin, DjangoUserAdmin, ListAdmin):
    form, add_form, change_password_form = AccountForm, NewAccountForm, AdminPasswordChangeForm
    list_display = ("email", "name", "role_badge", "is_active", "last_login")
    list_filter = ("role", "is_active")
    search_fields = ("email", "name")
    ordering = ("email",)
    filter_horizontal = ()
    actions = None
    readonly_fields = ("last_login", "date_joined")
    fieldsets = (
        (None, {"fields": ("email", "name", "password")}),
        ("What this person may do", {"fields": ("role", "is_active")}),
        ("Dates", {"fields": (("last_login", "date_joined"),)}),
    )
    add_fieldsets = ((None, {"fields": ("email", "name", "role", "is_active", "password1", "password2")}),)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        form.acting = person(request)  # type: ignore[attr-defined]  # the class is made anew for every request
        return form

    @display(description="Role", ordering="role")
    def role_badge(self, user: User) -> SafeString:
        return badge(user.role, user.get_role_display())
