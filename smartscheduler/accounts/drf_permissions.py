"""Permission check of all API views."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

# Required permission of an action that is open to every account.
SIGNED_IN = None


class RolePermission(BasePermission):
    """Checks the view's `required_permissions`: action or lower-case method → Permission or SIGNED_IN.

    An action without an entry is denied for all users.
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
        return required[action] is SIGNED_IN or request.user.allows(required[action])
