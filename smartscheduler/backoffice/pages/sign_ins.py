"""The page on which people see where they are signed in, and end it."""

from django.conf import settings
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from smartscheduler.accounts.active_sign_ins import active_sign_ins_of, revoke, revoke_all
from smartscheduler.adminsite.permissions import person
from smartscheduler.backoffice.forms.accounts import EndForm


@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def sign_ins(request: HttpRequest) -> HttpResponse:
    """Every session and token of the person who asks; one of them, or all others, ends by its button."""
    user, here = person(request), request.session.session_key
    form = EndForm(request.POST or None, request=request)
    if request.method == "POST" and form.is_valid():
        signing = form.cleaned_data["signing"]
        if signing == EndForm.OTHERS:
            revoke_all(user, but=here)
            messages.success(request, "You are signed in here, and nowhere else.")
        elif any(one.id == signing and one.is_this for one in active_sign_ins_of(user, here=here)):
            messages.error(request, "That is this browser: use “Log out” instead.")
        elif revoke(user, signing):
            messages.success(request, "Signed out there.")
        else:
            messages.info(request, "That had ended already.")
        return redirect("sign-ins")
    context = {
        **admin.site.each_context(request),
        "title": "Where you are signed in",
        "form": form,
        "signings": active_sign_ins_of(user, here=here),
        "others": EndForm.OTHERS,
        "idle_minutes": settings.SESSION_IDLE_MINUTES,
        "longest_hours": settings.SESSION_LONGEST_HOURS,
    }
    return TemplateResponse(request, "admin/accounts/sign_ins.html", context)
