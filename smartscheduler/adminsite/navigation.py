"""Sidebar and account menu, limited to the pages that the user's role permits."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from smartscheduler.accounts.models import User
from smartscheduler.accounts.permissions import Permission


def page(name: str) -> Any:
    return reverse_lazy(f"admin:{name}")


# Title, icon, URL, and the required permission.
WORK = [
    (_("Home"), "home", page("index"), Permission.VIEW_JOBS),
    (_("Live board"), "monitoring", "/", Permission.VIEW_JOBS),
    (_("Jobs"), "assignment", page("jobs_job_changelist"), Permission.VIEW_JOBS),
    (_("Assignments"), "event_available", page("assignments_assignment_changelist"), Permission.VIEW_JOBS),
    (_("Contractors"), "engineering", page("contractors_contractor_changelist"), Permission.VIEW_CONTRACTORS),
    (_("Reports"), "bar_chart", reverse_lazy("reports"), Permission.VIEW_REPORTS),
]
SYSTEM = [
    (_("Imports"), "upload_file", page("imports_importrun_changelist"), Permission.ADD_CONTRACTORS),
    (_("History"), "history", reverse_lazy("history"), Permission.VIEW_JOBS),
    (_("Events"), "stream", page("events_outboxevent_changelist"), Permission.VIEW_EVENTS),
    (_("Messages"), "mail", page("notifications_mail_changelist"), Permission.VIEW_ASSIGNMENTS),
    (_("Scheduling rules"), "tune", page("rules_rulesversion_changelist"), Permission.MANAGE_SETTINGS),
    (_("Road distances"), "route", reverse_lazy("roads"), Permission.MANAGE_SETTINGS),
    (_("Explanations"), "chat", reverse_lazy("words"), Permission.MANAGE_SETTINGS),
    (_("Personal data"), "shield_person", reverse_lazy("personal-data"), Permission.MANAGE_PERSONAL_DATA),
    (_("Users"), "group", page("accounts_user_changelist"), Permission.MANAGE_USERS),
    (_("Audit"), "policy", page("audit_auditentry_changelist"), Permission.VIEW_AUDIT),
    (_("API docs"), "api", "/api/v1/docs/", Permission.VIEW_JOBS),
    (_("Keyboard shortcuts"), "keyboard", "#shortcuts", Permission.VIEW_JOBS),
]
# Links that are never highlighted: not a back-office page, or a dialog on any page.
NEVER_ACTIVE = {"/", "#shortcuts"}


def account(request: HttpRequest) -> list[dict[str, Any]]:
    """Unfold's account menu."""
    return [
        {"title": gettext("My settings"), "link": reverse_lazy("my-settings")},
        {"title": gettext("Change password"), "link": page("password_change")},
        {"title": gettext("Second factor"), "link": reverse_lazy("second-factor")},
        {"title": gettext("Active sign-ins"), "link": reverse_lazy("sign-ins")},
    ]


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """Unfold's sidebar for the user of the request; empty before sign-in."""
    if not isinstance(request.user, User):
        return []
    groups = [(gettext("Work"), WORK), (gettext("System"), SYSTEM)]
    return [
        {
            "title": title,
            "separator": items is SYSTEM,
            "items": [
                {"title": name, "icon": icon, "link": link, **({"active": False} if link in NEVER_ACTIVE else {})}
                for name, icon, link, permission in items
                if request.user.allows(permission)
            ],
        }
        for title, items in groups
    ]
