"""Read-only admin of the audit log: list, search and export for administrators."""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from ipaddress import ip_address
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter, DropdownFilter
from unfold.decorators import display

from smartscheduler.accounts.models import User
from smartscheduler.adminsite.changelists import ReadAdmin
from smartscheduler.adminsite.date_filters import DaysFilter
from smartscheduler.adminsite.html import badge, in_utc
from smartscheduler.audit.models import Act, AuditEntry
from smartscheduler.audit.services import filters_of, record
from smartscheduler.core.formatting import local_time
from smartscheduler.core.text import normalize_search
from smartscheduler.errors import InvalidInput
from smartscheduler.imports.export_views import FORMS, download

MOST_PEOPLE = 500
HEADINGS = ("at", "act", "reason", "who", "account", "address", "door", "where", "request_id", "details")
# Details that the list shows, with their texts. All others are on the page of the entry.
DETAIL_TEXTS = {
    "what": "{value}",
    "of": _("for {value}"),
    "format": "{value}",
    "before": _("previously {value}"),
    "role": _("now {value}"),
    "scopes": _("now {value}"),
    "key": "{value}",
    "taken_at": _("taken {value}"),
}
# Colors of the badges: red for possible attacks, yellow for changes of access and for exports, gray for the rest.
GRAVE = {Act.SIGN_IN_FAILED, Act.TOKEN_REUSED, Act.SECOND_FACTOR_FAILED, Act.SECOND_FACTOR_REMOVED}
NOTABLE = {Act.DATA_EXPORTED, Act.ROLE_CHANGED, Act.RECOVERY_CODE_USED, Act.PERSON_EXPORTED, Act.PERSON_ERASED}
NOTABLE |= {Act.SCOPES_CHANGED, Act.KEY_CREATED, Act.KEY_REVOKED}
COLORS = dict.fromkeys(GRAVE, "failed") | dict.fromkeys(NOTABLE, "waiting")


class PersonFilter(DropdownFilter):
    """Entries by the acting user or by the account that was changed."""

    title, parameter_name = _("person"), "person"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(str(user.pk), str(user)) for user in User.objects.order_by("name", "email")[:MOST_PEOPLE]]

    def queryset(self, request: HttpRequest, queryset: QuerySet[AuditEntry]) -> QuerySet[AuditEntry]:
        known = {key for key, _ in self.lookup_choices}
        if self.value() not in known:
            return queryset
        return queryset.filter(Q(user=self.value()) | Q(about=self.value()))


class DayFilter(DaysFilter):
    title, name, moment = _("day (UTC)"), "at", "at"

    def queryset(self, request: HttpRequest, queryset: QuerySet[AuditEntry]) -> QuerySet[AuditEntry]:
        first, last = (self.form.cleaned_data.get(name) for name in self._ends)
        queryset = queryset.filter(at__gte=_midnight(first)) if first else queryset
        return queryset.filter(at__lt=_midnight(last) + timedelta(days=1)) if last else queryset


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadAdmin):
    list_display = ("when", "act_badge", "who", "account", "address", "what")
    list_display_links = ("when",)
    list_filter = (("act", ChoicesDropdownFilter), PersonFilter, DayFilter)
    list_filter_submit = True
    show_facets = admin.ShowFacets.NEVER
    ordering = ("-id",)
    search_fields = ("name",)  # shows the search box; `search` decides what is searched
    search_help_text = _("Name or email address of an account, or an IP address")
    actions = None
    list_before_template = "admin/audit/list_head.html"
    fields = readonly_fields = (
        *("when", "act_badge", "reason", "who", "account", "address"),
        *("door", "place", "request_id", "contents"),
    )

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.export_view)
        return [path("export.<str:form>", view, name="audit_export"), *super().get_urls()]

    def export_view(self, request: HttpRequest, form: str) -> HttpResponseBase:
        """Export the filtered entries as a file. The export itself is recorded in the audit log."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        if form not in FORMS:
            raise Http404
        try:
            entries = self.listed(request)
        except InvalidInput as refusal:
            return self.back_to_list(request, refusal)
        rows, filters = entries.order_by().count(), filters_of(request.GET)
        record(Act.DATA_EXPORTED, what="audit", rows=rows, format=form, filters=filters)
        return download(f"audit-{timezone.now():%Y-%m-%d}", form, HEADINGS, _cells(entries))

    def search(
        self, request: HttpRequest, queryset: QuerySet[AuditEntry], search_term: str
    ) -> tuple[QuerySet[AuditEntry], bool]:
        """Match current names and addresses of accounts, or a complete IP address. Both are fast on long logs."""
        term = normalize_search(search_term)
        if not term:
            return queryset, False
        people = User.objects.filter(Q(name__icontains=term) | Q(email__icontains=term)).values("pk")
        by_account = Q(user__in=people) | Q(about__in=people)
        return queryset.filter(by_account | Q(address=term) if _is_address(term) else by_account), False

    @display(description=_("When"), ordering="id")
    def when(self, entry: AuditEntry) -> SafeString:
        return in_utc(entry.at)

    @display(description=_("Action"), ordering="act")
    def act_badge(self, entry: AuditEntry) -> SafeString:
        return badge(COLORS.get(Act(entry.act), ""), entry.get_act_display())

    @display(description=_("User"))
    def who(self, entry: AuditEntry) -> str:
        if entry.name:
            return entry.name
        if entry.door in {"command", "task", "script"}:
            return gettext("No user ({source})").format(source=entry.door)
        return "–"

    @display(description=_("Account"))
    def account(self, entry: AuditEntry) -> str:
        return entry.about_name or "–"

    @display(description=_("Summary"))
    def what(self, entry: AuditEntry) -> str:
        return summarize(entry) or "–"

    @display(description=_("Details"))
    def contents(self, entry: AuditEntry) -> SafeString | str:
        if not entry.details:
            return "–"
        return format_html('<pre class="event-data">{}</pre>', json.dumps(entry.details, indent=2, ensure_ascii=False))


def summarize(entry: AuditEntry) -> str:
    """Reason and details in one line, without ids."""
    parts = [entry.get_reason_display()] if entry.reason else []
    for name, value in entry.details.items():
        if isinstance(value, dict):
            parts += [f"{key}={item}" for key, item in value.items()]
        elif isinstance(value, int):
            parts.append(f"{value:,} {name}")
        elif name in DETAIL_TEXTS:
            text = local_time(datetime.fromisoformat(value), UTC) if name == "taken_at" else value
            parts.append(str(DETAIL_TEXTS[name]).format(value=text))
    return " · ".join(parts)


def _cells(entries: QuerySet[AuditEntry]) -> Iterator[list[str]]:
    for entry in entries.iterator(chunk_size=500):
        yield [
            entry.at.isoformat(timespec="seconds"),
            *(entry.act, entry.reason, entry.name, entry.about_name, entry.address or ""),
            *(entry.door, entry.place, entry.request_id, json.dumps(entry.details, ensure_ascii=False)),
        ]


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
