"""The policy's table, asked by every view of the API."""

from typing import Any

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

# Where any account will do, whatever its role.
SIGNED_IN = None


class RolePermission(BasePermission):
    """Reads the view's `required_permissions`: action (or method, in lower case) → Permission or SIGNED_IN.

    What is not in the map is denied to everybody.
    """

    message = "Your role does not allow this."

    def has_permission(self, request: Request, view: Any) -> bool:
        if not request.user.is_authenticated:
            return False
        method = (request.method or "").lower()
        if not hasattr(view, method) or method == "options":
            return True  # on its way to a 405
        required = view.required_permissions
        action = getattr(view, "action", None) or method
        if action not in required:
            return False
        return required[action] is SIGNED_IN or request.user.allows(required[action])
