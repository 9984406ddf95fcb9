"""Sign-in pages: first the password, then the second factor for accounts that have or need one."""

from typing import TYPE_CHECKING, Any, NamedTuple

from django.conf import settings
from django.contrib import admin
from django.contrib.auth.views import LoginView
from django.forms import TextInput
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

from smartscheduler.accounts.models import User
from smartscheduler.accounts.permissions import Role
from smartscheduler.accounts.second_factor.pending_login import enter, halfway, stop_halfway
from smartscheduler.accounts.second_factor.services import CodeRefused, check
from smartscheduler.accounts.services import LOGINS
from smartscheduler.adminsite.return_url import returning, way_back
from smartscheduler.adminsite.service_forms import show_refusal
from smartscheduler.audit.models import Act
from smartscheduler.backoffice.forms import password
from smartscheduler.backoffice.forms.second_factor import CodeForm
from smartscheduler.core.db.text_fields import SignInNameField


class SignInForm(password.SignInForm):
    username = SignInNameField(
        widget=TextInput(attrs={"autofocus": True, "autocapitalize": "none", "autocomplete": "username"})
    )


class PasswordView(LoginView):
    """Django's sign-in page. When a second step follows, the session is not signed in yet."""

    template_name = "admin/login.html"
    authentication_form = SignInForm

    def form_valid(self, form: Any) -> HttpResponse:
        user: User = form.get_user()
        if user.second_factor_at is None and not user.lacks_second_factor:
            return super().form_valid(form)
        stop_halfway(self.request, user)
        step = "sign-in-code" if user.second_factor_at else "sign-in-set-up"
        return redirect(returning(reverse(step), self.get_success_url()))


class DemoLogin(NamedTuple):
    """One of the demo logins, for a button of the sign-in page."""

    email: str
    password: str
    role: "StrOrPromise"
    may: str


def demo_logins() -> list[DemoLogin]:
    """The demo logins for the sign-in page; none in production, where `ensure_logins` creates none either."""
    if not (settings.DEBUG and settings.DEMO):
        return []
    may = {
        Role.COORDINATOR: gettext("Ranks and books jobs, changes contractors"),
        Role.MANAGER: gettext("Watches the board and the reports"),
        Role.ADMINISTRATOR: gettext("Does all of that, and manages users and settings"),
    }
    present = set(User.objects.filter(email__in=LOGINS, is_active=True).values_list("email", flat=True))
    emails = {role: email for email, (_name, role) in LOGINS.items() if email in present}
    return [
        DemoLogin(emails[role], settings.DEMO_PASSWORD, role.label, text)
        for role, text in may.items()
        if role in emails
    ]


@never_cache
def sign_in(request: HttpRequest) -> HttpResponseBase:
    """GET: show the form. POST: check the password. Replaces Django's sign-in page at the same URL."""
    if request.method == "GET" and admin.site.has_permission(request):
        return redirect("admin:index")
    context = {
        **admin.site.each_context(request),
        "title": gettext("Sign in"),
        "app_path": request.get_full_path(),
        "demo_logins": demo_logins(),
    }
    return PasswordView.as_view(extra_context=context)(request)


@never_cache
@sensitive_post_parameters("code")
def sign_in_code(request: HttpRequest) -> HttpResponse:
    """Second step. GET: ask for the code. POST: check it and sign in. After a time-out, start again at the password."""
    onward = way_back(request, settings.LOGIN_REDIRECT_URL)
    user = halfway(request)
    if user is None or user.second_factor_at is None:
        return redirect(returning(reverse("admin:login"), onward))
    form = CodeForm(request.POST if request.method == "POST" else None)
    form.fields["code"].widget.attrs["autofocus"] = True
    if request.method == "POST" and form.is_valid():
        try:
            check(user, form.cleaned_data["code"], failed=Act.SIGN_IN_FAILED)
        except CodeRefused as refusal:
            show_refusal(form, refusal)
        else:
            enter(request, user)
            return redirect(onward)
    context = {
        **admin.site.each_context(request),
        "title": gettext("Enter your code"),
        "form": form,
        "again": returning(reverse("admin:login"), onward),
    }
    return TemplateResponse(request, "admin/second_factor/code.html", context)
