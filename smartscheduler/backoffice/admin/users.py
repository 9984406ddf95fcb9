"""Admin of accounts: create them, assign roles, deactivate them, remove a second factor."""

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.db.models import QuerySet
from django.forms import Form
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from smartscheduler.accounts.models import User
from smartscheduler.accounts.permissions import SERVICE, Permission
from smartscheduler.accounts.second_factor.services import remove
from smartscheduler.accounts.services import keep_account
from smartscheduler.adminsite.changelists import ListAdmin
from smartscheduler.adminsite.history.views import HistoryAdmin
from smartscheduler.adminsite.html import badge, in_utc
from smartscheduler.adminsite.permissions import person
from smartscheduler.adminsite.record_actions import RecordAction, RecordAdmin
from smartscheduler.backoffice.forms.accounts import AccountForm, NewAccountForm
from smartscheduler.backoffice.forms.password import AccountPasswordForm

REMOVE_SECOND_FACTOR = RecordAction(
    name="remove-second-factor",
    label=_("Remove second factor"),
    icon="lock_open",
    question=_(
        "Remove the second factor of {0}? Do this only if the user has lost both the phone and the recovery codes, "
        "and you have verified the user's identity in person or by calling back."
    ),
    done=_("The second factor of {0} was removed."),
    run=lambda user, actor: remove(user=user, actor=actor),
    allowed=lambda actor, user: actor.allows(Permission.MANAGE_USERS) and actor.pk != user.pk,
    possible=lambda user: user.second_factor_at is not None,
    form=lambda user: Form,
    consequences=lambda user: [
        gettext("The authenticator and the recovery codes stop working."),
        gettext("All sessions and tokens of this account end."),
        gettext("The user must set up a new second factor at the next sign-in.")
        if user.role in settings.SECOND_FACTOR_REQUIRED
        else gettext("The user signs in with the password alone until a new second factor is set up."),
    ],
    danger=True,
)


if TYPE_CHECKING:
    AccountAdmin = DjangoUserAdmin[User]
else:
    AccountAdmin = DjangoUserAdmin


@admin.register(User)
class UserAdmin(HistoryAdmin, RecordAdmin, AccountAdmin, ListAdmin):
    record_actions = (REMOVE_SECOND_FACTOR,)
    form, add_form, change_password_form = AccountForm, NewAccountForm, AccountPasswordForm
    list_display = ("email", "name", "role_badge", "is_active", "second_factor_badge", "last_sign_in")
    list_filter = ("role", "is_active", ("second_factor_at", admin.EmptyFieldListFilter))
    search_fields = ("email", "name")
    ordering = ("email",)
    filter_horizontal = ()
    actions = None
    readonly_fields = ("last_sign_in", "joined", "second_factor_since")
    fieldsets = (
        (None, {"fields": ("email", "name", "password")}),
        (_("Permissions"), {"fields": ("role", "is_active", "sign_out")}),
        (_("Display"), {"fields": ("clock",)}),
        (_("Dates"), {"fields": (("last_sign_in", "joined"), "second_factor_since")}),
    )
    add_fieldsets = ((None, {"fields": ("email", "name", "role", "is_active", "password1", "password2")}),)

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        """Users only: service accounts have their own pages."""
        return super().get_queryset(request).exclude(role=SERVICE)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        form.acting = person(request)  # type: ignore[attr-defined]  # the class is created per request
        return form

    @display(description=_("Last sign-in"), ordering="last_login")
    def last_sign_in(self, user: User) -> SafeString | str:
        return in_utc(user.last_login) if user.last_login else "–"

    @display(description=_("Date joined"))
    def joined(self, user: User) -> SafeString:
        return in_utc(user.date_joined)

    @display(description=_("Second factor since"))
    def second_factor_since(self, user: User) -> SafeString | str:
        return in_utc(user.second_factor_at) if user.second_factor_at else "–"

    @display(description=_("Second factor"), ordering="second_factor_at")
    def second_factor_badge(self, user: User) -> SafeString:
        if user.lacks_second_factor:
            return badge("failed", gettext("missing"))
        return badge("active", gettext("on")) if user.second_factor_at else badge("", gettext("off"))

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        keep_account(obj, sign_out=bool(form.cleaned_data.get("sign_out")))

    @display(description=_("Role"), ordering="role")
    def role_badge(self, user: User) -> SafeString:
        return badge(user.role, user.get_role_display())
