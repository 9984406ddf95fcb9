"""Which fields a role does not see: one table for the API, the admin, the WebSocket, files, history and searches.

A field that is hidden stays where it is: null in JSON, empty on pages and in files, a coordinate at the center of its
cell of about a kilometer, so that maps still work (smartscheduler.core.geo.blur). In words that people write, such as
reasons, telephone numbers and mail addresses are blotted out. docs/privacy.md says why each of them is here.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, NoReturn

from django.db import models

from smartscheduler.accounts.models import User
from smartscheduler.accounts.permissions import Permission
from smartscheduler.core.geo.blur import cell_center
from smartscheduler.core.observability.logging import impersonal

CONTACTS, CUSTOMERS = Permission.VIEW_CONTACTS, Permission.VIEW_CUSTOMERS
# What stands on the page of a record, and in history, for a value that is there and not shown.
HIDDEN = "(hidden)"


class Limit(NamedTuple):
    """The permission that it takes to see a field, and what others see of its value."""

    permission: Permission
    shown: Callable[[Any], Any]


def nothing(value: Any) -> None:
    return None


def roughly(value: Any) -> Any:
    """A coordinate at the center of its cell of about a kilometer."""
    return None if value is None else cell_center(value)


# What is kept of a decision: what no place decides, and the rest.
PLACELESS = ("rating_score", "availability_weight", "rating_weight", "distance_weight")
OF_PLACES = ("availability_score", "distance_score", "explanation")


def without_places(breakdown: Any) -> Any:
    """The kept breakdown of a decision without what was worked out from exact places, and the sentence about it."""
    if not isinstance(breakdown, Mapping):
        return None
    return dict.fromkeys(OF_PLACES) | {name: breakdown.get(name) for name in PLACELESS}


def _place(permission: Permission) -> dict[str, Limit]:
    return {
        "address": Limit(permission, nothing),
        "latitude": Limit(permission, roughly),
        "longitude": Limit(permission, roughly),
    }


LIMITS: dict[str, dict[str, Limit]] = {
    "contractors.contractor": {
        "phone_number": Limit(CONTACTS, nothing),
        "email": Limit(CONTACTS, nothing),
        **_place(CONTACTS),
    },
    "contractors.absence": {"note": Limit(CONTACTS, nothing)},
    "contractors.rating": {"comment": Limit(CONTACTS, impersonal)},
    "jobs.job": {
        "customer_name": Limit(CUSTOMERS, nothing),
        "customer_phone": Limit(CUSTOMERS, nothing),
        "special_requirements": Limit(CUSTOMERS, nothing),
        "cancel_reason": Limit(CUSTOMERS, impersonal),
        **_place(CUSTOMERS),
    },
    "assignments.assignment": {
        "cancel_reason": Limit(CUSTOMERS, impersonal),
        "override_reason": Limit(CONTACTS, impersonal),
        # As worked out from the exact places when it was booked.
        "score": Limit(CONTACTS, nothing),
        "score_breakdown": Limit(CONTACTS, without_places),
        "rank": Limit(CONTACTS, nothing),
        "candidates_considered": Limit(CONTACTS, nothing),
        "candidates_exact": Limit(CONTACTS, nothing),
    },
    "notifications.mail": {
        "recipient": Limit(CONTACTS, nothing),
        "error": Limit(CONTACTS, impersonal),
        "reason": Limit(CUSTOMERS, impersonal),
    },
    "accounts.user": {"email": Limit(CONTACTS, nothing)},
}


def may_see(user: Any, permission: Permission) -> bool:
    """Whether `user` may see what `permission` protects; somebody unknown may not."""
    return isinstance(user, User) and user.allows(permission)


def sees_everything(user: Any) -> bool:
    return may_see(user, CONTACTS) and may_see(user, CUSTOMERS)


def limits_for(label: str, user: Any) -> dict[str, Limit]:
    """The fields of a model (`app.model` in lower case) of which `user` does not see the values, with what is shown."""
    return {name: limit for name, limit in LIMITS.get(label, {}).items() if not may_see(user, limit.permission)}


def limited(label: str, values: Mapping[str, Any], user: Any) -> dict[str, Any]:
    """Values by the names of the fields, as `user` may see them."""
    limits = limits_for(label, user)
    return {name: limits[name].shown(value) if name in limits else value for name, value in values.items()}


def limit(record: models.Model, user: Any, *, instead: str = "") -> models.Model:
    """The record as `user` may see it, with what it has loaded of others; it can no longer be saved.

    `instead` stands where there is something that is hidden.

    For pages and files. What is computed from a place uses the blurred one by itself (smartscheduler.core.geo.blur).
    """
    if sees_everything(user):
        return record
    for name, one in limits_for(record._meta.label_lower, user).items():
        if name in record.__dict__:
            shown = one.shown(record.__dict__[name])
            setattr(record, name, (instead if record.__dict__[name] else "") if shown is None else shown)
            record.__dict__.update(save=_never, seen_by=user)
    for other in record._state.fields_cache.values():
        if isinstance(other, models.Model) and other is not user:
            limit(other, user, instead=instead)
    return record


def seen_by(record: models.Model) -> Any:
    """For whom a record was cut down; None when it was not."""
    return record.__dict__.get("seen_by")


def _never(*args: Any, **kwargs: Any) -> NoReturn:
    raise RuntimeError("This record has been cut down to what somebody may see; it cannot be saved.")
