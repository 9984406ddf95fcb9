"""Page where signed-in users change their own password."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.views import PasswordChangeView
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from smartscheduler.accounts.active_sign_ins import revoke_all
from smartscheduler.accounts.reauthentication import check_password_of
from smartscheduler.backoffice.forms import password


class OwnPasswordForm(password.OwnPasswordForm):
    """Password form that counts wrong current passwords toward the sign-in limits."""

    def __init__(self, *args: Any, request: HttpRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request = request

    def clean_old_password(self) -> str:
        password: str = self.cleaned_data["old_password"]
        check_password_of(self.request, password)
        return password


class OwnPasswordView(PasswordChangeView):
    """Django's password page with `OwnPasswordForm`. A change ends all other sessions and tokens of the user."""

    form_class = OwnPasswordForm
    template_name = "registration/password_change_form.html"
    success_url = reverse_lazy("admin:password_change_done")

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "request": self.request}

    def form_valid(self, form: Any) -> HttpResponse:
        response = super().form_valid(form)
        revoke_all(form.user, but=self.request.session.session_key)
        return response


@never_cache
@sensitive_post_parameters("old_password", "new_password1", "new_password2")
def own_password(request: HttpRequest) -> HttpResponseBase:
    """GET: show the form. POST: change the password. Replaces Django's page at the same URL."""
    request.current_app = admin.site.name  # resolves the `admin:` URLs of the template
    return OwnPasswordView.as_view(extra_context=admin.site.each_context(request))(request)
