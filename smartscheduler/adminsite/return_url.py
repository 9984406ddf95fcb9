"""Going back to where one came from: the address that a page was given as `?next=`."""

from urllib.parse import urlencode

from django.http import HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme

NEXT = "next"


def way_back(request: HttpRequest, otherwise: str) -> str:
    """The path in `next` when it is one of this site; else `otherwise`."""
    wanted = request.POST.get(NEXT) or request.GET.get(NEXT) or ""
    is_path = wanted.startswith("/") and wanted.isprintable()
    return wanted if is_path and url_has_allowed_host_and_scheme(wanted, allowed_hosts=None) else otherwise


def returning(url: str, to: str) -> str:
    """`url` with the way back `to`."""
    return f"{url}{'&' if '?' in url else '?'}{urlencode({NEXT: to})}"
