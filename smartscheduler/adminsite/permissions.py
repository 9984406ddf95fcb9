"""The person at the keyboard."""

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from smartscheduler.accounts.models import User
from smartscheduler.accounts.permissions import Permission


def person(request: HttpRequest) -> User:
    """Who is signed in. Raises PermissionDenied when nobody is."""
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user


def may(request: HttpRequest, permission: Permission) -> bool:
    """Whether the person's role carries `permission`."""
    return isinstance(request.user, User) and request.user.allows(permission)


def require(request: HttpRequest, permission: Permission) -> None:
    """Raise PermissionDenied unless the person's role carries `permission`."""
    if not may(request, permission):
        raise PermissionDenied
