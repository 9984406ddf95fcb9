"""Field visibility by role: one table for the API, the admin, the WebSocket, files, history and searches.

Hidden fields are not removed: they are null in JSON and empty on pages and in files. Coordinates are moved to the
center of a grid cell of about 1 km, so that maps still work (smartscheduler.core.geo.blur). In free text, such as
reasons, phone numbers and email addresses are redacted. docs/privacy.md explains each entry.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, NoReturn

from django.db import models
from django.utils.translation import gettext_lazy as _

from smartscheduler.accounts.models import User
from smartscheduler.accounts.permissions import Permission
from smartscheduler.core.geo.blur import cell_center
from smartscheduler.core.observability.logging import impersonal
from smartscheduler.core.text import LazyText

CONTACTS, CUSTOMERS = Permission.VIEW_CONTACTS, Permission.VIEW_CUSTOMERS
# Text on record pages and in the history in place of a hidden value.
HIDDEN = _("(hidden)")


class FieldRule(NamedTuple):
    """The permission to see a field, and the function that redacts its value for other users."""

    permission: Permission
    shown: Callable[[Any], Any]


def hide(value: Any) -> None:
    return None


def blur_coordinate(value: Any) -> Any:
    """The coordinate of the center of its grid cell of about 1 km."""
    return None if value is None else cell_center(value)


# Parts of a stored score breakdown that do not depend on places, and those that do.
PLACELESS = ("rating_score", "availability_weight", "rating_weight", "distance_weight")
OF_PLACES = ("availability_score", "distance_score", "explanation")


def without_places(breakdown: Any) -> Any:
    """The stored score breakdown without values computed from exact places and without the explanation."""
    if not isinstance(breakdown, Mapping):
        return None
    return dict.fromkeys(OF_PLACES) | {name: breakdown.get(name) for name in PLACELESS}


# Figures of a plan that are computed from exact places.
OF_TRAVEL = ("miles", "mean_score", "worth", "bound")


def without_travel(figures: Any) -> Any:
    """Figures of a plan, at any depth, without those computed from exact places."""
    if not isinstance(figures, Mapping):
        return figures
    return {name: without_travel(value) for name, value in figures.items() if name not in OF_TRAVEL}


def without_reasons(scope: Any) -> Any:
    """The scope of a plan without the reasons why contractors are left out."""
    if not isinstance(scope, Mapping):
        return None
    return {**scope, "excluded": dict.fromkeys(scope.get("excluded", ()))}


def _place(permission: Permission) -> dict[str, FieldRule]:
    return {
        "address": FieldRule(permission, hide),
        "latitude": FieldRule(permission, blur_coordinate),
        "longitude": FieldRule(permission, blur_coordinate),
    }


FIELD_RULES: dict[str, dict[str, FieldRule]] = {
    "contractors.contractor": {
        "phone_number": FieldRule(CONTACTS, hide),
        "phone_e164": FieldRule(CONTACTS, hide),
        "email": FieldRule(CONTACTS, hide),
        **_place(CONTACTS),
    },
    "contractors.absence": {"note": FieldRule(CONTACTS, hide)},
    "contractors.rating": {"comment": FieldRule(CONTACTS, impersonal)},
    "customers.customer": {
        "name": FieldRule(CUSTOMERS, hide),
        "company": FieldRule(CUSTOMERS, hide),
        "email": FieldRule(CUSTOMERS, hide),
        "notes": FieldRule(CUSTOMERS, hide),
    },
    "customers.customerphone": {
        "number": FieldRule(CUSTOMERS, hide),
        "extension": FieldRule(CUSTOMERS, hide),
    },
    "customers.customeraddress": _place(CUSTOMERS),
    "jobs.job": {
        "customer": FieldRule(CUSTOMERS, hide),
        "customer_address": FieldRule(CUSTOMERS, hide),
        "customer_name": FieldRule(CUSTOMERS, hide),
        "customer_phone": FieldRule(CUSTOMERS, hide),
        "customer_phone_e164": FieldRule(CUSTOMERS, hide),
        "special_requirements": FieldRule(CUSTOMERS, hide),
        "cancel_reason": FieldRule(CUSTOMERS, impersonal),
        **_place(CUSTOMERS),
    },
    "assignments.assignment": {
        "cancel_reason": FieldRule(CUSTOMERS, impersonal),
        "override_reason": FieldRule(CONTACTS, impersonal),
        "window_break_reason": FieldRule(CONTACTS, impersonal),
        # Computed from exact places at the time of booking.
        "score": FieldRule(CONTACTS, hide),
        "score_breakdown": FieldRule(CONTACTS, without_places),
        "rank": FieldRule(CONTACTS, hide),
        "candidates_considered": FieldRule(CONTACTS, hide),
        "candidates_exact": FieldRule(CONTACTS, hide),
    },
    # Computed from exact places at the time of the plan.
    "planning.plan": {
        "worth": FieldRule(CONTACTS, hide),
        "bound": FieldRule(CONTACTS, hide),
        "progress": FieldRule(CONTACTS, without_travel),
        "figures": FieldRule(CONTACTS, without_travel),
        "scope": FieldRule(CONTACTS, without_reasons),
        # Which bookings no longer hold depends on exact places.
        "conflicts": FieldRule(CONTACTS, hide),
    },
    "planning.planitem": dict.fromkeys(
        (
            *("score", "rank", "candidates_considered", "candidates_exact", "travel", "worth"),
            *("miles_before", "miles_after", "stale_reason", "suggestion"),
        ),
        FieldRule(CONTACTS, hide),
    )
    | {"score_breakdown": FieldRule(CONTACTS, without_places)},
    "planning.planmiss": dict.fromkeys(("sentence", "numbers"), FieldRule(CONTACTS, hide)),
    "notifications.mail": {
        "recipient": FieldRule(CONTACTS, hide),
        "error": FieldRule(CONTACTS, impersonal),
        "reason": FieldRule(CUSTOMERS, impersonal),
    },
    "notifications.customermessage": {
        "recipient": FieldRule(CUSTOMERS, hide),
        "subject": FieldRule(CUSTOMERS, hide),
        "body": FieldRule(CUSTOMERS, hide),
        "error": FieldRule(CUSTOMERS, impersonal),
    },
    "accounts.user": {"email": FieldRule(CONTACTS, hide)},
}


def can_see(user: Any, permission: Permission) -> bool:
    """Whether `user` has `permission`. An anonymous user has none."""
    return isinstance(user, User) and user.allows(permission)


def sees_everything(user: Any) -> bool:
    return can_see(user, CONTACTS) and can_see(user, CUSTOMERS)


def name_of(user: User | None, reader: Any) -> str | None:
    """How `reader` sees an account beside its work: the email address, or the name alone. None without either."""
    if user is None:
        return None
    return user.email if can_see(reader, CONTACTS) else user.name or None


def hidden_fields(label: str, user: Any) -> dict[str, FieldRule]:
    """Rules of the fields of a model (`app.model` in lower case) that are hidden from `user`, by field name."""
    return {name: rule for name, rule in FIELD_RULES.get(label, {}).items() if not can_see(user, rule.permission)}


def visible_values(label: str, values: Mapping[str, Any], user: Any) -> dict[str, Any]:
    """The values by field name, redacted for `user`."""
    rules = hidden_fields(label, user)
    return {name: rules[name].shown(value) if name in rules else value for name, value in values.items()}


def redact_record(record: models.Model, user: Any, *, instead: LazyText = "") -> models.Model:
    """Redact a record and its loaded relations in place for `user`. The record can no longer be saved.

    `instead` replaces hidden values that are not empty. For pages and files; computations from places use blurred
    places without this function (smartscheduler.core.geo.blur).
    """
    if not sees_everything(user):
        _redact(record, user, instead, set())
    return record


def _redact(record: models.Model, user: Any, instead: LazyText, visited: set[int]) -> None:
    """Redact a record and its loaded relations. A relation loaded from both ends is a cycle, hence `visited`."""
    visited.add(id(record))
    for name, rule in hidden_fields(record._meta.label_lower, user).items():
        if name in record.__dict__:
            shown = rule.shown(record.__dict__[name])
            setattr(record, name, (str(instead) if record.__dict__[name] else "") if shown is None else shown)
            record.__dict__.update(save=_never, seen_by=user)
    for other in record._state.fields_cache.values():
        if isinstance(other, models.Model) and other is not user and id(other) not in visited:
            _redact(other, user, instead, visited)


def seen_by(record: models.Model) -> Any:
    """The user for whom a record was redacted; None if it was not."""
    return record.__dict__.get("seen_by")


def _never(*args: Any, **kwargs: Any) -> NoReturn:
    raise RuntimeError("This record was redacted for a user and cannot be saved.")
