"""The header of every page: places, search, menus."""

from typing import Any

from django import template
from django.template.context import RequestContext

from smartscheduler.accounts.permissions import Permission
from smartscheduler.adminsite import navigation
from smartscheduler.adminsite.permissions import may

register = template.Library()


@register.inclusion_tag("header/header.html", takes_context=True)
def product_header(context: RequestContext, *, live: bool = False) -> dict[str, Any]:
    """The header for the user of the request. `live`: the header of the board, with the state of the connection."""
    request = context["request"]
    return {
        "request": request,
        "live": live,
        "places": navigation.places(request),
        "menus": navigation.menus(request),
        "account": navigation.account(request),
        "may_add_jobs": may(request, Permission.ADD_JOBS),
        "may_search": may(request, Permission.VIEW_JOBS),
        "initials": "".join(word[0] for word in str(request.user).split()[:2]).upper(),
    }
