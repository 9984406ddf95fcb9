"""Roles and their permissions: one table for the API, the admin and the WebSocket."""

from enum import StrEnum

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from smartscheduler.core.text import LazyText


class Role(models.TextChoices):
    COORDINATOR = "coordinator", _("Coordinator")
    MANAGER = "manager", _("Manager")
    ADMINISTRATOR = "administrator", _("Administrator")


# The role of service accounts, whose permissions follow from their scopes (accounts.scopes). Users cannot be given it.
SERVICE = "service"


def any_role() -> list[tuple[str, LazyText]]:
    """The roles of users and that of service accounts, as choices."""
    return [*Role.choices, (SERVICE, _("Service account"))]


class Permission(StrEnum):
    VIEW_CONTRACTORS = "contractors.view"
    ADD_CONTRACTORS = "contractors.add"
    CHANGE_CONTRACTORS = "contractors.change"
    DEACTIVATE_CONTRACTORS = "contractors.deactivate"
    RESTORE_CONTRACTORS = "contractors.restore"
    VIEW_CONTACTS = "contractors.view_contact"
    VIEW_JOBS = "jobs.view"
    ADD_JOBS = "jobs.add"
    CHANGE_JOBS = "jobs.change"
    CANCEL_JOBS = "jobs.cancel"
    PROMISE_WINDOW = "jobs.promise_window"
    VIEW_CUSTOMERS = "jobs.view_customer"
    VIEW_ASSIGNMENTS = "assignments.view"
    ASSIGN = "assignments.assign"
    BREAK_WINDOW = "assignments.break_window"
    RECOMMEND = "recommendations.view"
    VIEW_PLANS = "plans.view"
    MAKE_PLANS = "plans.make"
    VIEW_REPORTS = "reports.view"
    VIEW_EVENTS = "events.view"
    MANAGE_USERS = "users.manage"
    MANAGE_SETTINGS = "settings.manage"
    MANAGE_PERSONAL_DATA = "personal_data.manage"
    VIEW_METRICS = "metrics.view"
    VIEW_AUDIT = "audit.view"


P = Permission
# Personal and contact data (accounts.visibility).
PERSONAL = frozenset({P.VIEW_CONTACTS, P.VIEW_CUSTOMERS})
_VIEWING = {P.VIEW_CONTRACTORS, P.VIEW_JOBS, P.VIEW_ASSIGNMENTS, P.VIEW_EVENTS, P.RECOMMEND, P.VIEW_PLANS}
PERMISSIONS: dict[str, frozenset[Permission]] = {
    Role.COORDINATOR: frozenset(
        _VIEWING
        | PERSONAL
        | {P.ADD_CONTRACTORS, P.CHANGE_CONTRACTORS, P.DEACTIVATE_CONTRACTORS}
        | {P.ADD_JOBS, P.CHANGE_JOBS, P.CANCEL_JOBS, P.PROMISE_WINDOW, P.ASSIGN, P.MAKE_PLANS}
    ),
    Role.MANAGER: frozenset(_VIEWING | {P.VIEW_REPORTS}),
    Role.ADMINISTRATOR: frozenset(Permission),
    # Not a role of accounts: clients with settings.METRICS_TOKEN.
    "monitoring": frozenset({P.VIEW_METRICS}),
}


def permissions_of(role: str) -> frozenset[Permission]:
    """Permissions of a role; none for an unknown role. Managers see personal data only if the settings allow it."""
    permissions = PERMISSIONS.get(role, frozenset())
    if role == Role.MANAGER and settings.MANAGERS_SEE_PERSONAL_DATA:
        return permissions | PERSONAL
    return permissions


# Django's permission names, as used by the admin, and the permissions that they need.
DJANGO_PERMISSIONS: dict[str, Permission] = {
    "contractors.view_contractor": Permission.VIEW_CONTRACTORS,
    "contractors.add_contractor": Permission.ADD_CONTRACTORS,
    "contractors.change_contractor": Permission.CHANGE_CONTRACTORS,
    "contractors.delete_contractor": Permission.DEACTIVATE_CONTRACTORS,
    "contractors.view_workinghours": Permission.VIEW_CONTRACTORS,
    "contractors.add_workinghours": Permission.CHANGE_CONTRACTORS,
    "contractors.change_workinghours": Permission.CHANGE_CONTRACTORS,
    "contractors.delete_workinghours": Permission.CHANGE_CONTRACTORS,
    "contractors.view_absence": Permission.VIEW_CONTRACTORS,
    "contractors.add_absence": Permission.CHANGE_CONTRACTORS,
    "contractors.change_absence": Permission.CHANGE_CONTRACTORS,
    "contractors.delete_absence": Permission.CHANGE_CONTRACTORS,
    "contractors.view_rating": Permission.VIEW_CONTRACTORS,
    "customers.view_customer": Permission.VIEW_JOBS,
    "customers.add_customer": Permission.ADD_JOBS,
    "customers.change_customer": Permission.CHANGE_JOBS,
    "customers.view_customerphone": Permission.VIEW_JOBS,
    "customers.add_customerphone": Permission.CHANGE_JOBS,
    "customers.change_customerphone": Permission.CHANGE_JOBS,
    "customers.delete_customerphone": Permission.CHANGE_JOBS,
    "customers.view_customeraddress": Permission.VIEW_JOBS,
    "customers.add_customeraddress": Permission.CHANGE_JOBS,
    "customers.change_customeraddress": Permission.CHANGE_JOBS,
    "customers.delete_customeraddress": Permission.CHANGE_JOBS,
    "customers.view_preference": Permission.VIEW_JOBS,
    "customers.add_preference": Permission.CHANGE_JOBS,
    "customers.change_preference": Permission.CHANGE_JOBS,
    "customers.delete_preference": Permission.CHANGE_JOBS,
    "jobs.view_job": Permission.VIEW_JOBS,
    "jobs.add_job": Permission.ADD_JOBS,
    "jobs.change_job": Permission.CHANGE_JOBS,
    "assignments.view_assignment": Permission.VIEW_ASSIGNMENTS,
    "assignments.change_assignment": Permission.ASSIGN,
    "events.view_outboxevent": Permission.VIEW_EVENTS,
    "imports.view_importrun": Permission.ADD_CONTRACTORS,
    "imports.add_importrun": Permission.ADD_CONTRACTORS,
    "notifications.view_mail": Permission.VIEW_ASSIGNMENTS,
    "notifications.view_customermessage": Permission.VIEW_ASSIGNMENTS,
    "notifications.view_messagetemplate": Permission.MANAGE_SETTINGS,
    "notifications.change_messagetemplate": Permission.MANAGE_SETTINGS,
    "planning.view_plan": Permission.VIEW_PLANS,
    "planning.add_plan": Permission.MAKE_PLANS,
    "rules.view_rulesversion": Permission.MANAGE_SETTINGS,
    "rules.add_rulesversion": Permission.MANAGE_SETTINGS,
    "audit.view_auditentry": Permission.VIEW_AUDIT,
    "accounts.view_user": Permission.MANAGE_USERS,
    "accounts.add_user": Permission.MANAGE_USERS,
    "accounts.change_user": Permission.MANAGE_USERS,
    "accounts.view_servicekey": Permission.MANAGE_USERS,
    "accounts.view_serviceaccount": Permission.MANAGE_USERS,
    "accounts.add_serviceaccount": Permission.MANAGE_USERS,
    "accounts.change_serviceaccount": Permission.MANAGE_USERS,
}
