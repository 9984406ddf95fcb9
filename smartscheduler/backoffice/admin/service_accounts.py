"""Admin of service accounts: create them, choose their scopes, create, rotate and revoke their keys."""

from collections.abc import Sequence
from typing import Any, cast

from django.contrib import admin, messages
from django.db.models import Max, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from smartscheduler.accounts.models import ServiceAccount, ServiceKey
from smartscheduler.accounts.permissions import Permission
from smartscheduler.accounts.service_accounts import (
    NewKey,
    change_service_account,
    create_service_account,
    revoke_key,
    rotate_key,
)
from smartscheduler.adminsite import registry
from smartscheduler.adminsite.buttons import Weight
from smartscheduler.adminsite.changelists import ListAdmin
from smartscheduler.adminsite.history.views import HistoryAdmin
from smartscheduler.adminsite.html import badge, in_utc
from smartscheduler.adminsite.permissions import person
from smartscheduler.adminsite.record_actions import RecordAdmin
from smartscheduler.adminsite.registry import ViewButton, record_url
from smartscheduler.adminsite.service_forms import ServiceAdmin, show_refusal
from smartscheduler.backoffice.forms.service_accounts import NewServiceAccountForm, RotationForm, ServiceAccountForm
from smartscheduler.core.db.transactions import domain_transaction
from smartscheduler.core.ids import parse_id
from smartscheduler.errors import DomainError, InvalidTransition


@admin.register(ServiceAccount)
class ServiceAccountAdmin(RecordAdmin, ServiceAdmin, HistoryAdmin, ListAdmin):
    form = ServiceAccountForm
    change_form_before_template = None  # type: ignore[assignment]  # accounts have no version
    list_display = ("name", "active_badge", "scope_names", "last_use", "key_expiry")
    list_filter = ("is_active",)
    search_fields = ("name",)
    ordering = ("name",)
    actions = None
    fields = ("name", "scopes", "is_active")
    empty_text = _("Accounts of programs that use the API are listed here. Each has keys in place of a password.")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        valid = Q(service_keys__revoked_at=None, service_keys__expires_at__gt=timezone.now())
        accounts: QuerySet[Any] = super().get_queryset(request)
        rows: QuerySet[Any] = accounts.annotate(
            used_at=Max("service_keys__last_used_at"), valid_until=Max("service_keys__expires_at", filter=valid)
        )
        return rows

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        if obj is None:
            kwargs["form"] = NewServiceAccountForm
        return super().get_form(request, obj, change, **kwargs)

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        """One button: the page after a new account shows its key, whatever comes next."""
        context |= {"show_save_and_add_another": False, "show_save_and_continue": False}
        return super().render_change_form(request, context, *args, **kwargs)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.fields if obj else ("name", "scopes", "days")

    @domain_transaction
    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        # Accounts have no version: the last form wins.
        self.write(request, form, formsets, change=change)
        form.instance.refresh_from_db()

    def write(self, request: HttpRequest, form: Any, formsets: Sequence[Any], *, change: bool) -> None:
        if change:
            change_service_account(account_id=form.instance.pk, actor=person(request), **form.cleaned_data)
            return
        created = create_service_account(actor=person(request), **form.cleaned_data)
        form.instance.pk = created.key.account_id
        request.new_key = created  # type: ignore[attr-defined]

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: str | None = None) -> HttpResponse:
        """Show the key in this response, the only place that has it. A redirect would have to store it."""
        return keys_page(request, obj, self, new=request.new_key)  # type: ignore[attr-defined]

    @display(description=_("Status"), ordering="is_active")
    def active_badge(self, account: ServiceAccount) -> SafeString:
        return badge("active", gettext("active")) if account.is_active else badge("inactive", gettext("inactive"))

    @display(description=_("Scopes"))
    def scope_names(self, account: ServiceAccount) -> str:
        return ", ".join(account.scopes)

    @display(description=_("Last use"), ordering="used_at")
    def last_use(self, account: Any) -> SafeString | str:
        return in_utc(account.used_at) if account.used_at else "–"

    @display(description=_("Key expires"), ordering="valid_until")
    def key_expiry(self, account: Any) -> SafeString | str:
        return in_utc(account.valid_until) if account.valid_until else badge("failed", gettext("no valid key"))


@registry.record_view(
    ServiceAccount,
    "keys",
    permission=Permission.MANAGE_USERS,
    button=ViewButton(label=_("Keys"), icon="key", main=True, weight=Weight.LEADING),
)
def keys(request: HttpRequest, account: ServiceAccount, model_admin: RecordAdmin) -> HttpResponse:
    """GET: the keys of the account. POST: revoke the key `revoke`, or create a key, which this answer alone shows."""
    if request.method != "POST":
        return keys_page(request, account, model_admin)
    if revoked := parse_id(request.POST.get("revoke", "")):
        _revoke(request, account, revoked)
        return redirect(record_url(account, "keys"))
    form = RotationForm(request.POST)
    if form.is_valid():
        try:
            created = rotate_key(account_id=account.pk, actor=person(request), **form.cleaned_data)
        except DomainError as refusal:
            show_refusal(form, refusal)
        else:
            return keys_page(request, account, model_admin, new=created)
    return keys_page(request, account, model_admin, form)


def _revoke(request: HttpRequest, account: ServiceAccount, key_id: Any) -> None:
    try:
        key = revoke_key(account_id=account.pk, key_id=key_id, actor=person(request))
    except (ServiceKey.DoesNotExist, InvalidTransition):
        messages.info(request, gettext("This key has already ended."))
    else:
        messages.success(request, gettext("The key {key} was revoked.").format(key=key))


def keys_page(
    request: HttpRequest,
    account: ServiceAccount,
    model_admin: RecordAdmin,
    form: RotationForm | None = None,
    *,
    new: NewKey | None = None,
) -> HttpResponse:
    """The keys of the account, with a form for a new one. `new`: the key to show once."""
    context = {
        **model_admin.admin_site.each_context(request),
        "title": gettext("Keys"),
        "subtitle": str(account),
        "opts": model_admin.opts,
        "original": account,
        "here": record_url(account, "keys"),
        "back": record_url(account, "change"),
        "keys": ServiceKey.objects.filter(account=account),
        "form": form or RotationForm(),
        "new": new,
        "media": model_admin.media,
    }
    return cast(HttpResponse, TemplateResponse(request, "admin/accounts/service_keys.html", context))
