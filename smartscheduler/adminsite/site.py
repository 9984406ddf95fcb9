"""The admin site of the product."""

from typing import Any

from django.db.models.base import ModelBase
from django.urls import path
from unfold.sites import UnfoldAdminSite

from smartscheduler.adminsite.entry_previews import read_date

# Admin pages of these models would show the keys and codes of second factors. Administrators do not need them: the
# account has an action that removes a lost second factor.
APPS_WITHOUT_PAGES = frozenset({"otp_static", "otp_totp"})


class BackofficeSite(UnfoldAdminSite):
    """Unfold's site without its sidebar, and without the pages that libraries register for models with secrets."""

    # The header has the same places on the board and in the back-office.
    enable_nav_sidebar = False

    def get_urls(self) -> list[Any]:
        return [path("read-date/", self.admin_view(read_date), name="read-date"), *super().get_urls()]

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        models: Any = [model_or_iterable] if isinstance(model_or_iterable, ModelBase) else model_or_iterable
        shown = [model for model in models if model._meta.app_label not in APPS_WITHOUT_PAGES]
        super().register(shown, admin_class, **options)
