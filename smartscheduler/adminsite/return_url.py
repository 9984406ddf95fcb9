"""Return URL of a page: the parameter `?next=`."""

from urllib.parse import urlencode

from django.http import HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme

NEXT = "next"


def way_back(request: HttpRequest, otherwise: str) -> str:
    """The path in `next` if it belongs to this site, else `otherwise`. Prevents open redirects."""
    target = request.POST.get(NEXT) or request.GET.get(NEXT) or ""
    is_path = target.startswith("/") and target.isprintable()
    return target if is_path and url_has_allowed_host_and_scheme(target, allowed_hosts=None) else otherwise


def returning(url: str, to: str) -> str:
    """`url` with the return URL `to`."""
    return f"{url}{'&' if '?' in url else '?'}{urlencode({NEXT: to})}"
