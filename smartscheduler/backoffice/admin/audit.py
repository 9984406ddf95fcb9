"""The audit in the admin: to be read, searched and taken out by administrators, and changed by nobody."""

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
from unfold.contrib.filters.admin import ChoicesDropdownFilter, DropdownFilter
from unfold.decorators import display

from smartscheduler.accounts.models import User
from smartscheduler.adminsite.changelists import ReadAdmin
from smartscheduler.adminsite.date_filters import DaysFilter
from smartscheduler.adminsite.html import badge, in_utc
from smartscheduler.audit.models import Act, AuditEntry
from smartscheduler.audit.services import filters_of, record
from smartscheduler.core.text import normalize_search
from smartscheduler.errors import InvalidInput
from smartscheduler.imports.export_views import FORMS, download

MOST_PEOPLE = 500
HEADINGS = ("at", "act", "reason", "who", "account", "address", "door", "where", "request_id", "details")
# Details that the list shows, and the words before them.
SPOKEN = {"what": "", "of": "of ", "format": "", "before": "was ", "role": "now ", "taken_at": "of "}
# What somebody has to look at, and what opens a door; the others are grey.
GRAVE = {Act.SIGN_IN_FAILED, Act.TOKEN_REUSED, Act.SECOND_FACTOR_FAILED, Act.SECOND_FACTOR_REMOVED}
NOTABLE = {Act.DATA_EXPORTED, Act.ROLE_CHANGED, Act.RECOVERY_CODE_USED, Act.PERSON_EXPORTED, Act.PERSON_ERASED}
COLOURS = dict.fromkeys(GRAVE, "failed") | dict.fromkeys(NOTABLE, "waiting")


class PersonFilter(DropdownFilter):
    """Whoever did something, or had something done to their account."""

    title, parameter_name = "person", "person"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(str(one.pk), str(one)) for one in User.objects.order_by("name", "email")[:MOST_PEOPLE]]

    def queryset(self, request: HttpRequest, queryset: QuerySet[AuditEntry]) -> QuerySet[AuditEntry]:
        known = {key for key, _ in self.lookup_choices}
        if self.value() not in known:
            return queryset
        return queryset.filter(Q(user=self.value()) | Q(about=self.value()))


class DayFilter(DaysFilter):
    title, name, moment = "day (UTC)", "at", "at"

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
    search_fields = ("name",)  # and what `search` looks at
    search_help_text = "Name or e-mail address of an account, or the address of a computer"
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
        """The entries as filters and search leave them; that they were taken out is one of the next."""
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
        """By the account, as it is called now, or by the whole address: both have an index or are soon read."""
        term = normalize_search(search_term)
        if not term:
            return queryset, False
        people = User.objects.filter(Q(name__icontains=term) | Q(email__icontains=term)).values("pk")
        found = Q(user__in=people) | Q(about__in=people)
        return queryset.filter(found | Q(address=term) if _is_address(term) else found), False

    @display(description="When (UTC)", ordering="id")
    def when(self, entry: AuditEntry) -> SafeString:
        return in_utc(entry.at)

    @display(description="Act", ordering="act")
    def act_badge(self, entry: AuditEntry) -> SafeString:
        return badge(COLOURS.get(Act(entry.act), ""), entry.get_act_display())

    @display(description="Who")
    def who(self, entry: AuditEntry) -> str:
        return entry.name or (f"nobody ({entry.door})" if entry.door in {"command", "task", "script"} else "–")

    @display(description="Account")
    def account(self, entry: AuditEntry) -> str:
        return entry.about_name or "–"

    @display(description="What")
    def what(self, entry: AuditEntry) -> str:
        return told(entry) or "–"

    @display(description="Details")
    def contents(self, entry: AuditEntry) -> SafeString | str:
        if not entry.details:
            return "–"
        return format_html('<pre class="event-data">{}</pre>', json.dumps(entry.details, indent=2, ensure_ascii=False))


def told(entry: AuditEntry) -> str:
    """Reason and details in one line; ids are left to the page of the entry."""
    parts = [entry.get_reason_display()] if entry.reason else []
    for name, value in entry.details.items():
        if isinstance(value, dict):
            parts += [f"{key}={one}" for key, one in value.items()]
        elif isinstance(value, int):
            parts.append(f"{value:,} {name}")
        elif name in SPOKEN:
            parts.append(f"{SPOKEN[name]}{value}")
    return " · ".join(parts)


def _cells(entries: QuerySet[AuditEntry]) -> Iterator[list[str]]:
    for one in entries.iterator(chunk_size=500):
        yield [
            one.at.isoformat(timespec="seconds"),
            *(one.act, one.reason, one.name, one.about_name, one.address or ""),
            *(one.door, one.place, one.request_id, json.dumps(one.details, ensure_ascii=False)),
        ]


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
