"""User of a request, and permission checks."""

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from smartscheduler.accounts.models import User
from smartscheduler.accounts.permissions import Permission


def person(request: HttpRequest) -> User:
    """The signed-in user. Raises PermissionDenied for an anonymous request."""
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user


def may(request: HttpRequest, permission: Permission) -> bool:
    """Whether the user's role has `permission`."""
    return isinstance(request.user, User) and request.user.allows(permission)


def require(request: HttpRequest, permission: Permission) -> None:
    """Raise PermissionDenied unless the user's role has `permission`."""
    if not may(request, permission):
        raise PermissionDenied
