"""Permission check of all API views."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from smartscheduler.accounts.permissions import Permission

# Required permission of an action that is open to every account.
SIGNED_IN = None


class RolePermission(BasePermission):
    """Checks the view's `required_permissions`: action or lower-case method → Permission, several, or SIGNED_IN.

    Of several permissions, all are required. An action without an entry is denied for all users.
    """

    message = _("Your role does not allow this.")

    def has_permission(self, request: Request, view: Any) -> bool:
        if not request.user.is_authenticated:
            return False
        method = (request.method or "").lower()
        if not hasattr(view, method) or method == "options":
            return True  # DRF answers 405 next
        required = view.required_permissions
        action = getattr(view, "action", None) or method
        if action not in required:
            return False
        permissions = required[action]
        if permissions is SIGNED_IN:
            return True
        if isinstance(permissions, Permission):
            permissions = (permissions,)
        return all(map(request.user.allows, permissions))
