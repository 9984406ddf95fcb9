"""Page where users see their active sign-ins and end them."""

from django.conf import settings
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from smartscheduler.accounts.active_sign_ins import active_sign_ins_of, revoke, revoke_all
from smartscheduler.adminsite.permissions import person
from smartscheduler.backoffice.forms.accounts import EndForm


@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def sign_ins(request: HttpRequest) -> HttpResponse:
    """GET: list the sessions and tokens of the user. POST: end one of them, or all others."""
    user, here = person(request), request.session.session_key
    form = EndForm(request.POST or None, request=request)
    if request.method == "POST" and form.is_valid():
        signing = form.cleaned_data["signing"]
        if signing == EndForm.OTHERS:
            revoke_all(user, but=here)
            messages.success(request, gettext("All other sign-ins were ended. You are still signed in here."))
        elif any(active.id == signing and active.is_this for active in active_sign_ins_of(user, here=here)):
            messages.error(request, gettext("This is your current browser. To sign out here, use “Sign out”."))
        elif revoke(user, signing):
            messages.success(request, gettext("The sign-in was ended."))
        else:
            messages.info(request, gettext("This sign-in had already ended."))
        return redirect("sign-ins")
    context = {
        **admin.site.each_context(request),
        "title": gettext("Active sign-ins"),
        "form": form,
        "signings": active_sign_ins_of(user, here=here),
        "others": EndForm.OTHERS,
        "idle_minutes": settings.SESSION_IDLE_MINUTES,
        "longest_hours": settings.SESSION_LONGEST_HOURS,
    }
    return TemplateResponse(request, "admin/accounts/sign_ins.html", context)
