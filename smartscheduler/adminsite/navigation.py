"""Places of the header and its menus, limited to the pages that the user's role permits."""

from typing import Any, NamedTuple

from django.http import HttpRequest
from django.urls import reverse, reverse_lazy
from django.utils.translation import gettext_lazy as _

from smartscheduler.accounts.permissions import Permission
from smartscheduler.adminsite.permissions import may

BOARD = "/"


def page(name: str) -> Any:
    return reverse_lazy(f"admin:{name}")


# Title, URL, and the required permission. The same order on every page.
PLACES = [
    (_("Board"), BOARD, Permission.VIEW_JOBS),
    (_("Jobs"), page("jobs_job_changelist"), Permission.VIEW_JOBS),
    (_("Customers"), page("customers_customer_changelist"), Permission.VIEW_JOBS),
    (_("Contractors"), page("contractors_contractor_changelist"), Permission.VIEW_CONTRACTORS),
    (_("Assignments"), page("assignments_assignment_changelist"), Permission.VIEW_JOBS),
    (_("Reports"), reverse_lazy("reports"), Permission.VIEW_REPORTS),
]
RECORDS = [
    (_("Home"), page("index"), Permission.VIEW_JOBS),
    (_("Plans"), page("planning_plan_changelist"), Permission.VIEW_PLANS),
    (_("Imports"), page("imports_importrun_changelist"), Permission.ADD_CONTRACTORS),
    (_("History"), reverse_lazy("history"), Permission.VIEW_JOBS),
    (_("Events"), page("events_outboxevent_changelist"), Permission.VIEW_EVENTS),
    (_("Messages to contractors"), page("notifications_mail_changelist"), Permission.VIEW_ASSIGNMENTS),
    (_("Messages to customers"), page("notifications_customermessage_changelist"), Permission.VIEW_ASSIGNMENTS),
]
SETTINGS = [
    (_("Scheduling rules"), page("rules_rulesversion_changelist"), Permission.MANAGE_SETTINGS),
    (_("Message templates"), page("notifications_messagetemplate_changelist"), Permission.MANAGE_SETTINGS),
    (_("Road distances"), reverse_lazy("roads"), Permission.MANAGE_SETTINGS),
    (_("Explanations"), reverse_lazy("words"), Permission.MANAGE_SETTINGS),
    (_("Personal data"), reverse_lazy("personal-data"), Permission.MANAGE_PERSONAL_DATA),
    (_("Users"), page("accounts_user_changelist"), Permission.MANAGE_USERS),
    (_("Service accounts"), page("accounts_serviceaccount_changelist"), Permission.MANAGE_USERS),
    (_("Audit"), page("audit_auditentry_changelist"), Permission.VIEW_AUDIT),
]
HELP = [
    (_("Keyboard shortcuts"), "#shortcuts", Permission.VIEW_JOBS),
    (_("Take the tour"), f"{BOARD}#tour", Permission.VIEW_EVENTS),
    (_("Documentation"), reverse_lazy("documentation"), Permission.VIEW_JOBS),
    (_("API docs"), "/api/v1/docs/", Permission.VIEW_JOBS),
]
ACCOUNT = [
    (_("My settings"), reverse_lazy("my-settings")),
    (_("Change password"), page("password_change")),
    (_("Second factor"), reverse_lazy("second-factor")),
    (_("Active sign-ins"), reverse_lazy("sign-ins")),
]


class Link(NamedTuple):
    """A link of the header. `current`: the page that is shown belongs to it."""

    title: Any
    url: str
    current: bool


def places(request: HttpRequest) -> list[Link]:
    return _links(request, PLACES)


def menus(request: HttpRequest) -> list[tuple[Any, list[Link]]]:
    """Groups of the menu “More”, each with its title; groups without a permitted page are left out."""
    groups = [(_("Records"), RECORDS), (_("Settings"), SETTINGS), (_("Help"), HELP)]
    return [(title, links) for title, group in groups if (links := _links(request, group))]


def account(request: HttpRequest) -> list[Link]:
    """Pages of the user's own account."""
    return [_link(request, title, url) for title, url in ACCOUNT]


def _links(request: HttpRequest, group: list[tuple[Any, Any, Permission]]) -> list[Link]:
    return [_link(request, title, url) for title, url, permission in group if may(request, permission)]


def _link(request: HttpRequest, title: Any, url: Any) -> Link:
    address = str(url)
    # The URLs of all other pages begin with that of the board or of the home page.
    begins = address not in {BOARD, reverse("admin:index")} and request.path.startswith(address)
    current = begins or request.path == address
    return Link(title, address, current)
