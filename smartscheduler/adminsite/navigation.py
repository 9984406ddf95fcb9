"""The side bar: what the person's role may see, and nothing else."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse_lazy

from smartscheduler.accounts.models import User
from smartscheduler.accounts.permissions import Permission


def page(name: str) -> Any:
    return reverse_lazy(f"admin:{name}")


# Title, symbol, address, and the permission it needs.
WORK = [
    ("Home", "home", page("index"), Permission.VIEW_JOBS),
    ("Live board", "monitoring", "/", Permission.VIEW_JOBS),
    ("Jobs", "assignment", page("jobs_job_changelist"), Permission.VIEW_JOBS),
    ("Assignments", "event_available", page("assignments_assignment_changelist"), Permission.VIEW_JOBS),
    ("Contractors", "engineering", page("contractors_contractor_changelist"), Permission.VIEW_CONTRACTORS),
    ("Reports", "bar_chart", reverse_lazy("reports"), Permission.VIEW_REPORTS),
]
SYSTEM = [
    ("Imports", "upload_file", page("imports_importrun_changelist"), Permission.ADD_CONTRACTORS),
    ("History", "history", reverse_lazy("history"), Permission.VIEW_JOBS),
    ("Events", "stream", page("events_outboxevent_changelist"), Permission.VIEW_EVENTS),
    ("Mails", "mail", page("notifications_mail_changelist"), Permission.VIEW_ASSIGNMENTS),
    ("Scheduling rules", "tune", page("rules_rulesversion_changelist"), Permission.MANAGE_SETTINGS),
    ("Road distances", "route", reverse_lazy("roads"), Permission.MANAGE_SETTINGS),
    ("Explanations", "chat", reverse_lazy("words"), Permission.MANAGE_SETTINGS),
    ("Personal data", "shield_person", reverse_lazy("personal-data"), Permission.MANAGE_PERSONAL_DATA),
    ("Users", "group", page("accounts_user_changelist"), Permission.MANAGE_USERS),
    ("Audit", "policy", page("audit_auditentry_changelist"), Permission.VIEW_AUDIT),
    ("API docs", "api", "/api/v1/docs/", Permission.VIEW_JOBS),
    ("Keyboard shortcuts", "keyboard", "#shortcuts", Permission.VIEW_JOBS),
]
# Not a page of the back-office, or of no page of its own.
NEVER_ACTIVE = {"/", "#shortcuts"}


def account(request: HttpRequest) -> list[dict[str, Any]]:
    """What the menu of one's own account leads to."""
    return [
        {"title": "Change password", "link": page("password_change")},
        {"title": "Second factor", "link": reverse_lazy("second-factor")},
        {"title": "Where you are signed in", "link": reverse_lazy("sign-ins")},
    ]


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """Unfold's side bar for the person who asks; empty before signing in."""
    if not isinstance(request.user, User):
        return []
    groups = {"Work": WORK, "System": SYSTEM}
    return [
        {
            "title": title,
            "separator": title == "System",
            "items": [
                {"title": name, "icon": icon, "link": link, **({"active": False} if link in NEVER_ACTIVE else {})}
                for name, icon, link, permission in items
                if request.user.allows(permission)
            ],
        }
        for title, items in groups.items()
    ]
