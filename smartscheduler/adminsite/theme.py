"""Settings of django-unfold: titles, colors, and scripts. The header of the product replaces Unfold's sidebar.

Imported by the settings, so this module must not import apps.
"""

from typing import Any

from django.templatetags.static import static
from django.utils.translation import gettext_lazy as _

WEIGHTS = ("50", *(str(hundred) for hundred in range(100, 1000, 100)), "950")
UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "SmartScheduler",
    "SITE_HEADER": "SmartScheduler",
    "SITE_SUBHEADER": _("Who, when, and why"),
    "SITE_URL": "/",
    "SHOW_VIEW_ON_SITE": False,
    "DASHBOARD_CALLBACK": "smartscheduler.backoffice.home.view.context",
    # Django's log has no changes made through the API. `HistoryAdmin` adds a button to the complete history.
    "SHOW_HISTORY": False,
    "STYLES": [lambda request: static("header.css"), lambda request: static("backoffice.css")],
    "SCRIPTS": [lambda request: static("header.js"), lambda request: static("backoffice.js")],
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("icon.svg")},
    ],
    # The values are in frontend/shared/tokens.css, for the board too.
    "COLORS": {"primary": {weight: f"var(--brand-{weight})" for weight in WEIGHTS}},
}
