"""Admin pages limited to the fields that the user may see (accounts.visibility)."""

from typing import Any

from django.db.models.constants import LOOKUP_SEP
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from smartscheduler.accounts.models import User
from smartscheduler.accounts.visibility import FIELD_RULES, HIDDEN, redact_record, sees_everything
from smartscheduler.adminsite.permissions import person

RULED_FIELDS = {name for fields in FIELD_RULES.values() for name in fields}


class VisibleFieldsAdmin(ModelAdmin):
    """ModelAdmin whose lists and pages omit or blur values that the user may not see."""

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """The record with hidden values redacted. Use `whole` for computations."""
        record = self.whole(request, object_id, from_field)
        return None if record is None else self.redact_record(record, person(request), instead=str(HIDDEN))

    def whole(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """The unredacted record, or None."""
        return super().get_object(request, object_id, from_field)

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        changelist = super().get_changelist_instance(request)
        for record in changelist.result_list:
            self.redact_record(record, person(request))
        return changelist

    def redact_record(self, record: Any, reader: User, *, instead: str = "") -> Any:
        return redact_record(record, reader, instead=instead)

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Refuse lookups on hidden fields: Django accepts any model field in the query string."""
        if RULED_FIELDS & set(lookup.split(LOOKUP_SEP)) and not sees_everything(person(request)):
            return False
        return super().lookup_allowed(lookup, value, request)
