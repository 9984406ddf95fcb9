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


class FieldRule(NamedTuple):
    """The permission that it takes to see a field, and what others see of its value."""

    permission: Permission
    shown: Callable[[Any], Any]


def hide(value: Any) -> None:
    return None


def blur_coordinate(value: Any) -> Any:
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


def _place(permission: Permission) -> dict[str, FieldRule]:
    return {
        "address": FieldRule(permission, hide),
        "latitude": FieldRule(permission, blur_coordinate),
        "longitude": FieldRule(permission, blur_coordinate),
    }


FIELD_RULES: dict[str, dict[str, FieldRule]] = {
    "contractors.contractor": {
        "phone_number": FieldRule(CONTACTS, hide),
        "email": FieldRule(CONTACTS, hide),
        **_place(CONTACTS),
    },
    "contractors.absence": {"note": FieldRule(CONTACTS, hide)},
    "contractors.rating": {"comment": FieldRule(CONTACTS, impersonal)},
    "jobs.job": {
        "customer_name": FieldRule(CUSTOMERS, hide),
        "customer_phone": FieldRule(CUSTOMERS, hide),
        "special_requirements": FieldRule(CUSTOMERS, hide),
        "cancel_reason": FieldRule(CUSTOMERS, impersonal),
        **_place(CUSTOMERS),
    },
    "assignments.assignment": {
        "cancel_reason": FieldRule(CUSTOMERS, impersonal),
        "override_reason": FieldRule(CONTACTS, impersonal),
        # As worked out from the exact places when it was booked.
        "score": FieldRule(CONTACTS, hide),
        "score_breakdown": FieldRule(CONTACTS, without_places),
        "rank": FieldRule(CONTACTS, hide),
        "candidates_considered": FieldRule(CONTACTS, hide),
        "candidates_exact": FieldRule(CONTACTS, hide),
    },
    "notifications.mail": {
        "recipient": FieldRule(CONTACTS, hide),
        "error": FieldRule(CONTACTS, impersonal),
        "reason": FieldRule(CUSTOMERS, impersonal),
    },
    "accounts.user": {"email": FieldRule(CONTACTS, hide)},
}


def can_see(user: Any, permission: Permission) -> bool:
    """Whether `user` has `permission`; an anonymous reader has none."""
    return isinstance(user, User) and user.allows(permission)


def sees_everything(user: Any) -> bool:
    return can_see(user, CONTACTS) and can_see(user, CUSTOMERS)


def hidden_fields(label: str, user: Any) -> dict[str, FieldRule]:
    """The fields of a model (`app.model` in lower case) of which `user` does not see the values, with what is shown."""
    return {name: rule for name, rule in FIELD_RULES.get(label, {}).items() if not can_see(user, rule.permission)}


def visible_values(label: str, values: Mapping[str, Any], user: Any) -> dict[str, Any]:
    """Values by the names of the fields, as `user` may see them."""
    rules = hidden_fields(label, user)
    return {name: rules[name].shown(value) if name in rules else value for name, value in values.items()}


def redact_record(record: models.Model, user: Any, *, instead: str = "") -> models.Model:
    """The record as `user` may see it, with what it has loaded of others; it can no longer be saved.

    `instead` stands where there is something that is hidden.

    For pages and files. What is computed from a place uses the blurred one by itself (smartscheduler.core.geo.blur).
    """
    if sees_everything(user):
        return record
    for name, rule in hidden_fields(record._meta.label_lower, user).items():
        if name in record.__dict__:
            shown = rule.shown(record.__dict__[name])
            setattr(record, name, (instead if record.__dict__[name] else "") if shown is None else shown)
            record.__dict__.update(save=_never, seen_by=user)
    for other in record._state.fields_cache.values():
        if isinstance(other, models.Model) and other is not user:
            redact_record(other, user, instead=instead)
    return record


def seen_by(record: models.Model) -> Any:
    """For whom a record was cut down; None when it was not."""
    return record.__dict__.get("seen_by")


def _never(*args: Any, **kwargs: Any) -> NoReturn:
    raise RuntimeError("This record has been cut down to what somebody may see; it cannot be saved.")
