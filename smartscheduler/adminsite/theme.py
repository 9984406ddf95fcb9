"""Settings of django-unfold: titles, colors, scripts, and the source of the sidebar.

Imported by the settings, so this module must not import apps.
"""

from typing import Any

from django.templatetags.static import static
from django.utils.translation import gettext_lazy as _

UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "SmartScheduler",
    "SITE_HEADER": "SmartScheduler",
    "SITE_SUBHEADER": _("Who, when, and why"),
    "SITE_URL": "/",
    "ACCOUNT": {"navigation": "smartscheduler.adminsite.navigation.account"},
    "SITE_SYMBOL": "event_available",
    "SHOW_VIEW_ON_SITE": False,
    "DASHBOARD_CALLBACK": "smartscheduler.backoffice.home.view.context",
    # Django's log has no changes made through the API. `HistoryAdmin` adds a button to the complete history.
    "SHOW_HISTORY": False,
    "STYLES": [lambda request: static("backoffice.css")],
    "SCRIPTS": [lambda request: static("backoffice.js"), lambda request: static("shortcuts.js")],
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("icon.svg")},
    ],
    "COLORS": {
        "primary": {
            "50": "#eff6ff",
            "100": "#dbeafe",
            "200": "#bfdbfe",
            "300": "#93c5fd",
            "400": "#60a5fa",
            "500": "#3b82f6",
            "600": "#1d4ed8",
            "700": "#1e40af",
            "800": "#1e3a8a",
            "900": "#172554",
            "950": "#0f172a",
        }
    },
    "SIDEBAR": {
        "show_search": False,
        "show_all_applications": False,
        "navigation": "smartscheduler.adminsite.navigation.navigation",
    },
}
