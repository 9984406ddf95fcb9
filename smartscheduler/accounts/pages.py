"""Pages of one's own account: where one is signed in, and another password."""

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth.views import PasswordChangeView
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from smartscheduler.accounts.forms import EndForm
from smartscheduler.accounts.password_forms import OwnPasswordForm
from smartscheduler.accounts.signings import end, end_all, signings_of
from smartscheduler.backoffice.people import person


@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def sign_ins(request: HttpRequest) -> HttpResponse:
    """Every session and token of the person who asks; one of them, or all others, ends by its button."""
    user, here = person(request), request.session.session_key
    form = EndForm(request.POST or None, request=request)
    if request.method == "POST" and form.is_valid():
        signing = form.cleaned_data["signing"]
        if signing == EndForm.OTHERS:
            end_all(user, but=here)
            messages.success(request, "You are signed in here, and nowhere else.")
        elif any(one.id == signing and one.is_this for one in signings_of(user, here=here)):
            messages.error(request, "That is this browser: use “Log out” instead.")
        elif end(user, signing):
            messages.success(request, "Signed out there.")
        else:
            messages.info(request, "That had ended already.")
        return redirect("sign-ins")
    context = {
        **admin.site.each_context(request),
        "title": "Where you are signed in",
        "form": form,
        "signings": signings_of(user, here=here),
        "others": EndForm.OTHERS,
        "idle_minutes": settings.SESSION_IDLE_MINUTES,
        "longest_hours": settings.SESSION_LONGEST_HOURS,
    }
    return TemplateResponse(request, "admin/accounts/sign_ins.html", context)


def password_change(request: HttpRequest) -> HttpResponseBase:
    """GET asks for the old and the new password, POST sets it. It stands before the admin's own page."""
    request.current_app = admin.site.name  # for the template, which is of the admin
    return PasswordChangeView.as_view(
        form_class=OwnPasswordForm,
        success_url=reverse("admin:password_change_done"),
        extra_context=admin.site.each_context(request),
    )(request)
