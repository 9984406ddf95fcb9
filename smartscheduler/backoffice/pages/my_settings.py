"""Page where users choose how the product writes times of day for them."""

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from smartscheduler.accounts.services import choose_clock
from smartscheduler.adminsite.permissions import person
from smartscheduler.backoffice.forms.accounts import ClockForm
from smartscheduler.core.formatting import Clock


@require_http_methods(["GET", "HEAD", "POST"])
def my_settings(request: HttpRequest) -> HttpResponse:
    """GET: show the settings of the user. POST: save them."""
    user = person(request)
    form = ClockForm(request.POST or None, initial={"clock": user.clock})
    if request.method == "POST" and form.is_valid():
        choose_clock(user, Clock(form.cleaned_data["clock"]))
        messages.success(request, gettext("Your settings were saved."))
        return redirect("my-settings")
    context = {**admin.site.each_context(request), "title": gettext("My settings"), "form": form}
    return TemplateResponse(request, "admin/accounts/my_settings.html", context)
