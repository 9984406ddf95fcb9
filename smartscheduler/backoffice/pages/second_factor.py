"""Pages where users manage their own second factor: status, setup, new recovery codes, switching it off."""

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth import update_session_auth_hash
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from smartscheduler.accounts.models import User
from smartscheduler.accounts.second_factor import recovery_codes, totp_keys
from smartscheduler.accounts.second_factor.pending_login import enter, halfway, stop_halfway
from smartscheduler.accounts.second_factor.services import renew_codes, set_up, switch_off
from smartscheduler.adminsite.permissions import person
from smartscheduler.adminsite.return_url import returning, way_back
from smartscheduler.adminsite.service_forms import show_refusal
from smartscheduler.backoffice.forms.second_factor import CodeForm, FirstCodeForm, SetUpForm, SwitchOffForm
from smartscheduler.errors import InvalidInput

# Session entry for the new key. The key is stored in the database only after a valid code has proved it.
NEW_KEY = "second_factor_key"
HIDDEN = sensitive_post_parameters("code", "password")


@never_cache
def second_factor(request: HttpRequest) -> HttpResponse:
    """Status of the second factor, with links to the other pages."""
    user = person(request)
    context = {
        **_context(request, gettext("Second factor")),
        "since": user.second_factor_at,
        "codes_left": recovery_codes.left(user),
        "required": user.role in settings.SECOND_FACTOR_REQUIRED,
    }
    return TemplateResponse(request, "admin/second_factor/status.html", context)


@never_cache
@HIDDEN
def second_factor_set_up(request: HttpRequest) -> HttpResponse:
    """GET: show a new key. POST: check the password and the first code, then show the recovery codes."""
    user = person(request)
    if user.second_factor_at:
        return redirect("second-factor")

    def done(form: Form) -> list[str]:
        here = request.session.session_key
        codes = set_up(user=user, key=_key(request), code=form.cleaned_data["code"], here=here)
        # This session continues under a new key. All others were opened with the password alone, so they end.
        update_session_auth_hash(request, user)
        return codes

    form = SetUpForm(request.POST if request.method == "POST" else None, request=request)
    return _set_up_page(request, user, form, done, onward=reverse("second-factor"), layout="admin/base_site.html")


@never_cache
@HIDDEN
def sign_in_set_up(request: HttpRequest) -> HttpResponse:
    """Second step of the first sign-in for a role that requires a second factor: set it up, then sign in."""
    onward = way_back(request, settings.LOGIN_REDIRECT_URL)
    user = halfway(request)
    if user is None or not user.lacks_second_factor:
        return redirect(returning(reverse("admin:login"), onward))

    def done(form: Form) -> list[str]:
        codes = set_up(user=user, key=_key(request), code=form.cleaned_data["code"])
        enter(request, user)
        return codes

    form = FirstCodeForm(request.POST if request.method == "POST" else None)
    return _set_up_page(request, user, form, done, onward=onward, layout="unfold/layouts/unauthenticated.html")


def _set_up_page(
    request: HttpRequest, user: User, form: Form, done: Callable[[Form], list[str]], *, onward: str, layout: str
) -> HttpResponse:
    key = _key(request)
    if request.method == "POST" and form.is_valid() and (codes := _tried(form, done)):
        request.session.pop(NEW_KEY, None)
        return _codes_page(request, user, codes, onward)
    address = totp_keys.address(user, key)
    context = {
        **_context(request, gettext("Set up the second factor")),
        "layout": layout,
        "alone": layout != "admin/base_site.html",
        "form": form,
        "key": totp_keys.as_text(key),
        "address": address,
        "picture": totp_keys.picture(address),
    }
    return TemplateResponse(request, "admin/second_factor/set_up.html", context)


@never_cache
@HIDDEN
def second_factor_codes(request: HttpRequest) -> HttpResponse:
    """GET: ask for a code. POST: show new recovery codes. The previous codes stop working."""
    user = person(request)
    form = CodeForm(request.POST if request.method == "POST" else None)
    if user.second_factor_at is None:
        return redirect("second-factor")

    def done(form: Form) -> list[str]:
        return renew_codes(user=user, code=form.cleaned_data["code"])

    if request.method == "POST" and form.is_valid() and (codes := _tried(form, done)):
        return _codes_page(request, user, codes, reverse("second-factor"))
    return _form_page(request, gettext("New recovery codes"), form, "codes")


@never_cache
@HIDDEN
def second_factor_off(request: HttpRequest) -> HttpResponse:
    """GET: ask for password and code. POST: check them and remove the second factor."""
    user = person(request)
    form = SwitchOffForm(request.POST if request.method == "POST" else None, request=request)
    here = request.session.session_key
    if user.second_factor_at is None:
        return redirect("second-factor")

    def done(form: Form) -> User:
        return switch_off(user=user, code=form.cleaned_data["code"], here=here)

    if request.method == "POST" and form.is_valid() and _tried(form, done):
        return _go_on_without(request, user)
    required = user.role in settings.SECOND_FACTOR_REQUIRED
    title = gettext("Set up another authenticator") if required else gettext("Switch off the second factor")
    return _form_page(request, title, form, "another" if required else "off")


def _go_on_without(request: HttpRequest, user: User) -> HttpResponse:
    """Continue without the second factor. A role that requires one is signed out until a new one is set up."""
    if user.lacks_second_factor:
        stop_halfway(request, user)
        return redirect(returning(reverse("sign-in-set-up"), reverse("second-factor")))
    update_session_auth_hash(request, user)
    messages.success(request, gettext("The second factor is off. You now sign in with your password alone."))
    return redirect("second-factor")


def _tried(form: Form, act: Callable[[Form], Any]) -> Any:
    """The result of `act`, or None after a refusal, which is added to the errors of the form."""
    try:
        return act(form)
    except InvalidInput as refusal:
        show_refusal(form, refusal)
        return None


def _key(request: HttpRequest) -> str:
    """The key that this session is setting up. It stays the same when the page is reloaded."""
    return str(request.session.setdefault(NEW_KEY, totp_keys.new_key()))


def _form_page(request: HttpRequest, title: str, form: Form, act: str) -> HttpResponse:
    context = {**_context(request, title), "form": form, "act": act, "back": reverse("second-factor")}
    return TemplateResponse(request, "admin/second_factor/change.html", context)


def _codes_page(request: HttpRequest, user: User, codes: list[str], onward: str) -> HttpResponse:
    """The only page that shows the recovery codes; the database has only their hashes."""
    title = gettext("SmartScheduler: recovery codes of {email}").format(email=user.email)
    text = "\n".join([title, gettext("Each code works once."), "", *codes, ""])
    context = {
        **_context(request, gettext("Recovery codes")),
        "codes": codes,
        "file": f"data:text/plain;charset=utf-8,{quote(text)}",
        "onward": onward,
    }
    return TemplateResponse(request, "admin/second_factor/codes.html", context)


def _context(request: HttpRequest, title: str) -> dict[str, Any]:
    return {**admin.site.each_context(request), "title": title}
