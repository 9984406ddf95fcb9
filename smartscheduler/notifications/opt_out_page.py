"""The public page with which a customer turns off emails. GET changes nothing: mail scanners follow links."""

from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from customers.models import Customer
from smartscheduler.errors import InvalidTransition
from smartscheduler.notifications import services
from smartscheduler.notifications.opt_out_links import PARAMETER, LinkInvalid, customer_of
from smartscheduler.notifications.sender import sender_name
from smartscheduler.notifications.standard_texts import OPT_OUT_PAGE


# Mail programs send the POST of RFC 8058 without a page before it. The signed token takes the place of the CSRF token.
@csrf_exempt
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def opt_out(request: HttpRequest) -> HttpResponse:
    """GET: a page with a button. POST: turn off emails, also when that is repeated."""
    token = request.GET.get(PARAMETER, "")
    try:
        customer = Customer.objects.select_related("merged_into").get(pk=customer_of(token))
        target = customer.merged_into or customer
        if request.method == "POST":
            target = services.opt_out(customer_id=target.pk)
    except (LinkInvalid, Customer.DoesNotExist, InvalidTransition):
        return _page(request, "en", None)
    return _page(request, target.language, target.accepts_emails)


def _page(request: HttpRequest, language: str, accepts_emails: bool | None) -> HttpResponse:
    """`accepts_emails`: None for a link that is not valid."""
    context = {
        "language": language,
        "texts": OPT_OUT_PAGE[language],
        "sender": sender_name(),
        "accepts_emails": accepts_emails,
        "is_valid": accepts_emails is not None,
    }
    status = HTTPStatus.OK if accepts_emails is not None else HTTPStatus.NOT_FOUND
    return render(request, "customers/opt_out.html", context, status=status)
